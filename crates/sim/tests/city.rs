//! Synthetic cities: repeatable, in order, complete.

use doorstep_sim::city::{CityPlan, city};
use doorstep_sim::event::{Kind, SimEvent};
use doorstep_sim::write_events;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn plan(seed: u64) -> CityPlan {
    CityPlan {
        seed,
        couriers: 30,
        deliveries_per_courier: 12,
        days: 2,
        first_day: "2026-03-07".parse().unwrap(),
        zone: "America/Los_Angeles".parse().unwrap(),
        market: "sf".into(),
        currency: "USD".into(),
    }
}

fn bytes(seed: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_events(&mut bytes, city(plan(seed))).unwrap();
    bytes
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    assert_eq!(bytes(1), bytes(1));
    assert_ne!(bytes(1), bytes(2));
}

#[test]
fn events_come_in_the_order_in_which_they_happen_and_under_their_own_names() {
    let events: Vec<SimEvent> = city(plan(3)).collect();
    assert!(events.is_sorted_by_key(|event| event.at));
    let names: BTreeSet<&str> = events.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(names.len(), events.len());
}

#[test]
fn every_lifecycle_is_whole() {
    let mut lives: BTreeMap<String, Vec<Kind>> = BTreeMap::new();
    let mut shifts: BTreeMap<String, Vec<Kind>> = BTreeMap::new();
    for event in city(plan(4)) {
        let of = match event.kind {
            Kind::Online | Kind::Offline => &mut shifts,
            _ => &mut lives,
        };
        of.entry(event.subject).or_default().push(event.kind);
    }
    assert_eq!(lives.len(), 30 * 12 * 2);
    use Kind::{Assigned, Cancelled, Delivered, Failed, PickedUp, Requested, Returned, Unassigned};
    let courses: [&[Kind]; 4] = [
        &[Requested, Assigned, PickedUp, Delivered],
        &[Requested, Assigned, Cancelled],
        &[Requested, Assigned, PickedUp, Failed, Returned],
        &[Requested, Assigned, Unassigned, Assigned, PickedUp, Delivered],
    ];
    for course in courses {
        assert!(lives.values().any(|life| life == course), "{course:?} never happens");
    }
    assert!(lives.values().all(|life| courses.contains(&life.as_slice())));
    let two_days = [Kind::Online, Kind::Offline, Kind::Online, Kind::Offline];
    assert!(shifts.len() == 30 && shifts.values().all(|shift| *shift == two_days));
}

#[test]
fn a_day_has_rush_hours() {
    let zone = plan(5).zone;
    let mut by_hour = [0_u32; 24];
    for event in city(plan(5)).filter(|event| event.kind == Kind::Requested) {
        let since_midnight = event.at.0 - zone.midnight(zone.day(event.at)).0;
        by_hour[usize::try_from(since_midnight / 3_600_000_000).unwrap()] += 1;
    }
    let busy = by_hour[12] + by_hour[18];
    let quiet = by_hour[8] + by_hour[15];
    assert!(busy > 2 * quiet, "{by_hour:?}");
    // The second day has 23 hours, so that its last requests come in the first hour of a third.
    assert_eq!(by_hour[1..6], [0; 5], "{by_hour:?}");
}

#[test]
fn a_stream_is_lazy() {
    let endless = CityPlan { couriers: 10, deliveries_per_courier: 100, days: 30_000, ..plan(6) };
    assert_eq!(city(endless).take(1_000).count(), 1_000);
}
