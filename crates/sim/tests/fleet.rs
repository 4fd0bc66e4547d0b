//! Fleets: repeatable, plausible, in order; and with dirt, nothing lost.

use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_domain::tracking::{Ping, Position};
use doorstep_sim::fleet::{Fleet, FleetPlan, fleet, name};
use proptest::prelude::*;
use std::collections::BTreeMap;

const BEGAN: Micros = Micros(1_700_000_000 * SECOND_US);

fn plan(seed: u64) -> FleetPlan {
    FleetPlan {
        seed,
        couriers: 40,
        center: Position { lat_e7: 377_700_000, lng_e7: -1_224_300_000 },
        every_us: 3 * SECOND_US,
        dirt_bp: 0,
    }
}

/// Everything that a fleet tells in its first rounds, in order.
fn told(fleet: &Fleet, rounds: u64) -> Vec<(u32, Ping)> {
    let mut told = Vec::new();
    for number in 0..rounds * u64::from(fleet.plan().couriers) {
        fleet.tell(BEGAN, number, |courier, ping| told.push((courier, ping)));
    }
    told
}

/// Metres between two places that are near each other.
fn metres(a: Position, b: Position) -> f64 {
    let degrees = |e7: i32| f64::from(e7) / 1e7;
    let parallel = degrees(a.lat_e7).to_radians().cos();
    let north = degrees(b.lat_e7 - a.lat_e7) * 111_195.0;
    let east = degrees(b.lng_e7 - a.lng_e7) * 111_195.0 * parallel;
    north.hypot(east)
}

#[test]
fn the_same_seed_tells_the_same() {
    let dirty = |seed| fleet(FleetPlan { dirt_bp: 500, ..plan(seed) });
    assert_eq!(told(&dirty(1), 30), told(&dirty(1), 30));
    assert_ne!(told(&dirty(1), 30), told(&dirty(2), 30));
}

#[test]
fn without_dirt_everybody_is_told_of_once_a_round_and_in_order() {
    let fleet = fleet(plan(3));
    let told = told(&fleet, 5);
    assert_eq!(told.len(), 5 * 40);
    assert!(told.is_sorted_by_key(|(_, ping)| ping.at));
    for round in told.chunks(40) {
        assert!(round.iter().map(|(courier, _)| *courier).eq(0..40));
        let last = round.last().unwrap().1.at;
        assert!(last.0 - round[0].1.at.0 < 3 * SECOND_US);
    }
}

#[test]
fn couriers_drive_turn_and_rest() {
    let fleet = fleet(plan(4));
    let (mut resting, mut driving, mut turns) = (0, 0, 0);
    for courier in 0..40 {
        let pings: Vec<Ping> =
            (0..1_200).map(|s| fleet.ping(courier, BEGAN.plus(s * SECOND_US))).collect();
        for pair in pings.windows(2) {
            let step_m = metres(pair[0].position, pair[1].position);
            let said_m = pair.iter().map(|ping| f64::from(ping.speed_cm_s.unwrap()) / 100.0);
            let said_m = said_m.fold(0.0, f64::max);
            // Within a second a courier may set off or turn; otherwise it moves as it says.
            assert!(step_m < 20.0 && step_m <= said_m + 0.1, "{step_m} m, said {said_m} m");
            *(if step_m < 0.01 { &mut resting } else { &mut driving }) += 1;
            turns += usize::from(pair[0].heading_cdeg != pair[1].heading_cdeg);
        }
    }
    assert!(resting > 4_000 && driving > 20_000, "{resting} {driving}");
    // Two turns within each of two drives, and some at their ends.
    assert!((120..400).contains(&turns), "{turns}");
}

#[test]
fn what_dirt_holds_back_is_told_later_and_nothing_is_lost() {
    let clean = fleet(plan(5));
    let dirty = fleet(FleetPlan { dirt_bp: 1_000, ..plan(5) });
    let mut times: BTreeMap<(u32, Micros), usize> = BTreeMap::new();
    let (mut behind, mut newest, mut jumps) = (0, BTreeMap::new(), 0);
    for (courier, ping) in told(&dirty, 200) {
        *times.entry((courier, ping.at)).or_default() += 1;
        let newest = newest.entry(courier).or_insert(ping.at);
        behind += usize::from(ping.at < *newest);
        *newest = ping.at.max(*newest);
        jumps += usize::from(metres(ping.position, clean.ping(courier, ping.at).position) > 1.0);
    }
    // What is late in the last rounds is told after them.
    for (courier, ping) in told(&clean, 200 - 20) {
        assert!(times.contains_key(&(courier, ping.at)), "courier {courier} at {}", ping.at);
    }
    let twice = times.values().filter(|times| **times == 2).count();
    // A tenth of 8,000 pings, a quarter of them each; late and swapped ones both come behind.
    for (what, count, expected) in
        [("twice", twice, 200), ("jumps", jumps, 200), ("behind", behind, 400)]
    {
        assert!((expected * 7 / 10..expected * 13 / 10).contains(&count), "{what}: {count}");
    }
}

#[test]
fn names_are_those_of_the_city() {
    assert_eq!(name(0).as_str(), "courier-1");
}

proptest! {
    /// Any courier of any seed is somewhere on the map at any time, and never moves faster than a
    /// courier can, wherever the city is.
    #[test]
    fn every_step_is_plausible(
        seed: u64,
        courier in 0..1_000_000_u32,
        at_s in -1_000_000_000_i64..4_000_000_000,
        step_s in 1..120_i64,
        lat_e7 in -850_000_000..850_000_000_i32,
        lng_e7 in -1_700_000_000..1_700_000_000_i32,
    ) {
        let center = Position { lat_e7, lng_e7 };
        let fleet = fleet(FleetPlan { center, couriers: 1_000_000, ..plan(seed) });
        let at = Micros(at_s * SECOND_US);
        let there = |at| fleet.ping(courier, at);
        let (from, to) = (there(at), there(at.plus(step_s * SECOND_US)));
        let away_m = metres(center, from.position);
        prop_assert!(away_m < 15_000.0, "{away_m} m from the centre");
        // The parallels of the city's edge differ from the centre's where it lies near a pole.
        let step_m = metres(from.position, to.position) * 0.97;
        prop_assert!(step_m < 20.0 * step_s as f64, "{step_m} m in {step_s} s");
    }

    /// Rounds follow each other without a gap, and a courier's pings are `every_us` apart.
    #[test]
    fn pings_are_due_evenly(couriers in 1..2_000_000_u32, number in 0..10_000_000_000_u64) {
        let fleet = fleet(FleetPlan { couriers, ..plan(1) });
        let due = fleet.due_us(number);
        prop_assert!(due <= fleet.due_us(number + 1));
        let before = fleet.due_before(due);
        prop_assert!(before <= number && fleet.due_us(before) >= due);
        prop_assert!(before == 0 || fleet.due_us(before - 1) < due);
        prop_assert_eq!(fleet.due_us(number + u64::from(couriers)) - due, 3 * SECOND_US);
    }
}
