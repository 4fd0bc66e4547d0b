//! The tracker: newest wins, markets take turns, a start finds everything again.

use super::{appends, block, noon, ping, registers, tracker};
use crate::world::{World, delivery, event};
use doorstep_domain::tracking::Ping;
use doorstep_live::CourierState;
use doorstep_server::dead_letters::{About, Letter};
use doorstep_server::tracking::snapshot::TRACKER;
use doorstep_server::tracking::tracker::turns::Budget;
use doorstep_server::tracking::tracker::{Tracker, catch_up};
use doorstep_server::tracking::view;
use doorstep_server::wire::PINGS;
use doorstep_store::cursor::{self, CursorId};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::json;

fn position(world: &World, courier: &str) -> Option<Ping> {
    world.app.live.position(courier).map(|seen| seen.ping)
}

fn committed(world: &World, partition: u32) -> i64 {
    let id = CursorId { consumer: TRACKER, topic: PINGS, partition };
    world.app.store.read(|tx| cursor::load(tx, id)).unwrap().next_offset
}

/// A3: pings that arrive in any order leave the courier where the newest says.
#[test]
fn the_newest_ping_wins_in_whatever_order_they_come() {
    let world = World::new();
    let (early, late) = (ping(37.77, -122.42, 0), ping(37.78, -122.42, 60));
    appends(&world, "sf", 0, block(&[("anna", late), ("bea", early)]));
    appends(&world, "sf", 0, block(&[("anna", early), ("bea", late)]));
    let mut tracker = tracker(&world);
    catch_up(&world.app, &mut tracker).unwrap();
    assert_eq!(position(&world, "anna"), Some(late));
    assert_eq!(position(&world, "bea"), Some(late));
    let [applied, stale, implausible] = world.app.tracked.progress.pings();
    assert_eq!((applied + stale, implausible), (4, 0));
}

/// A5: a block that cannot be read is kept with where it stands; those around it are applied.
#[test]
fn a_block_that_cannot_be_read_is_a_dead_letter_and_the_rest_goes_on() {
    let world = World::new();
    let there = ping(37.77, -122.42, 0);
    let mut half = block(&[("anna", there), ("bea", there)]);
    half.truncate(half.len() - 1);
    appends(&world, "sf", 1, block(&[("carl", there)]));
    appends(&world, "sf", 1, b"no block at all".to_vec());
    appends(&world, "sf", 1, half);
    appends(&world, "\u{1}", 1, block(&[("eve", there)]));
    appends(&world, "sf", 1, block(&[("dora", there)]));
    catch_up(&world.app, &mut tracker(&world)).unwrap();
    for (courier, seen) in
        [("anna", true), ("bea", false), ("carl", true), ("dora", true), ("eve", false)]
    {
        assert_eq!(position(&world, courier).is_some(), seen, "{courier}");
    }
    let letters = world.app.log.read(About::Pings.topic(), 0, 0, 100, 1 << 20).unwrap();
    let letters: Vec<_> =
        letters.iter().map(|entry| Letter::decode(&entry.value).unwrap().header).collect();
    let mut stand: Vec<_> = letters
        .iter()
        .map(|header| (header.topic.as_deref().unwrap(), header.partition, header.offset))
        .collect();
    stand.sort_unstable();
    assert_eq!(stand, [1, 2, 3].map(|offset| (PINGS, Some(1), Some(offset))));
}

/// A8: beside a market at twenty-five times its rate, which the tracker cannot keep up with, the
/// other one's pings are on the map in the step they come; nothing is lost, and in the end the
/// busy market is where its newest pings say.
#[test]
fn a_busy_market_does_not_delay_another() {
    const STEPS: i64 = 40;
    const BUSY: i64 = 25;
    let world = World::new();
    let one = block(&[("calm-0", ping(37.77, -122.42, 0))]).len();
    let budget = Budget { turn_bytes: 2 * one, waiting_bytes_max: 10 * one };
    let mut tracker = Tracker::restored(&world.app, budget).unwrap();
    let place = |second: i64| ping(37.77 + second as f64 * 1e-5, -122.42, second);
    for step in 0..STEPS {
        for number in 0..BUSY {
            let courier = format!("busy-{number}");
            appends(&world, "busy", 0, block(&[(courier.as_str(), place(step))]));
        }
        appends(&world, "calm", 0, block(&[("calm-0", place(step))]));
        tracker.step(&world.app).unwrap();
        assert_eq!(position(&world, "calm-0"), Some(place(step)), "delayed in step {step}");
    }
    assert!(world.app.tracked.progress.lag_records() > 0, "the tracker keeps up: no story");
    let unapplied = tracker.snapshot(&world.app).map(|_| committed(&world, 0)).unwrap();
    let end = world.app.log.bounds(PINGS, 0).unwrap().end;
    assert_eq!(end, u64::try_from(STEPS * (BUSY + 1)).unwrap(), "all of it is in the log");
    assert!(u64::try_from(unapplied).unwrap() < end, "what waits is not said to be applied");
    catch_up(&world.app, &mut tracker).unwrap();
    for number in 0..BUSY {
        let courier = format!("busy-{number}");
        assert_eq!(position(&world, &courier), Some(place(STEPS - 1)), "{courier}");
    }
    tracker.snapshot(&world.app).unwrap();
    assert_eq!(u64::try_from(committed(&world, 0)).unwrap(), end);
}

/// C12, A10: what the tracker wrote down and what the log holds since are there after a restart;
/// between two snapshots the store was not touched.
#[test]
fn a_restart_finds_the_snapshot_and_reads_on() {
    let world = World::new();
    let (first, second) = (ping(37.77, -122.42, 0), ping(37.78, -122.42, 60));
    appends(&world, "sf", 0, block(&[("anna", first), ("bea", first)]));
    let mut before = tracker(&world);
    catch_up(&world.app, &mut before).unwrap();
    assert_eq!(committed(&world, 0), 0);
    before.snapshot(&world.app).unwrap();
    assert_eq!(committed(&world, 0), 1);
    appends(&world, "sf", 0, block(&[("bea", second)]));
    catch_up(&world.app, &mut before).unwrap();
    let epoch = world.app.live.epoch();

    let world = world.restarted();
    assert_ne!(world.app.live.epoch(), epoch);
    assert_eq!(position(&world, "anna"), None);
    let mut after = tracker(&world);
    assert_eq!(position(&world, "bea"), Some(first), "from the snapshot alone");
    catch_up(&world.app, &mut after).unwrap();
    assert_eq!(position(&world, "anna"), Some(first));
    assert_eq!(position(&world, "bea"), Some(second));
    let [applied, ..] = world.app.tracked.progress.pings();
    assert_eq!(applied, 1, "the log was read from where the snapshot stands");
}

/// The figures tell of what comes, and not of what a start reads again.
#[test]
fn a_restart_counts_nothing_twice() {
    let (recorder, world) = (PrometheusBuilder::new().build_recorder(), World::new());
    let figures = recorder.handle();
    let said = |name: &str| -> u64 {
        let figures = figures.render();
        let line = figures.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
        line.map_or(0, |number| number.parse().unwrap())
    };
    let told = || {
        let applied = said("doorstep_pings_applied_total");
        (applied, said("doorstep_pings_stale_total"), said("doorstep_ping_age_seconds_count"))
    };
    for second in [60, 0, 120] {
        appends(&world, "sf", 0, block(&[("anna", ping(37.77, -122.42, second))]));
    }
    metrics::with_local_recorder(&recorder, || {
        let mut tracker = tracker(&world);
        catch_up(&world.app, &mut tracker).unwrap();
        assert_eq!(told(), (0, 0, 0), "it was all there before");
        for second in [180, 30] {
            appends(&world, "sf", 0, block(&[("anna", ping(37.77, -122.42, second))]));
            catch_up(&world.app, &mut tracker).unwrap();
        }
        assert_eq!(told(), (1, 1, 2));
    });
    let newest = ping(37.77, -122.42, 180);
    assert_eq!(position(&world, "anna"), Some(newest));
}

/// A snapshot writes the buckets that changed, whole, and no others.
#[test]
fn a_snapshot_writes_what_has_changed() {
    let world = World::new();
    let names: Vec<String> = (0..500).map(|number| format!("c{number}")).collect();
    let all: Vec<(&str, Ping)> =
        names.iter().map(|name| (name.as_str(), ping(37.77, -122.42, 0))).collect();
    appends(&world, "sf", 0, block(&all));
    let mut tracker = tracker(&world);
    catch_up(&world.app, &mut tracker).unwrap();
    assert_eq!(tracker.snapshot(&world.app).unwrap().buckets, 64);
    assert_eq!(tracker.snapshot(&world.app).unwrap().buckets, 0);
    appends(&world, "sf", 0, block(&[("c7", ping(37.78, -122.42, 60))]));
    catch_up(&world.app, &mut tracker).unwrap();
    let taken = tracker.snapshot(&world.app).unwrap();
    assert_eq!(taken.buckets, 1);
    let world = world.restarted();
    drop(super::tracker(&world));
    assert_eq!(world.app.live.len(), 500);
    assert_eq!(position(&world, "c7"), Some(ping(37.78, -122.42, 60)));
}

/// C12: where the live map has nothing, the last snapshot serves.
#[test]
fn positions_are_served_from_the_snapshot_where_the_map_is_empty() {
    let world = World::new();
    registers(&world, &["anna", "bea"]);
    appends(&world, "sf", 0, block(&[("anna", ping(37.77, -122.42, 0))]));
    let mut tracker = tracker(&world);
    catch_up(&world.app, &mut tracker).unwrap();
    let live = view::courier_position(&world.app, "anna").unwrap();
    tracker.snapshot(&world.app).unwrap();
    let world = world.restarted();
    let kept = view::courier_position(&world.app, "anna").unwrap();
    assert_eq!((live.source, kept.source), ("live", "snapshot"));
    assert_eq!((&kept.fix, kept.market.as_str()), (&live.fix, "sf"));
    assert!(view::courier_position(&world.app, "bea").is_err(), "never seen");
    assert!(view::courier_position(&world.app, "eve").is_err(), "never registered");
}

/// What a courier does is on the map with the event that says it, also of the one who is relieved.
#[test]
fn the_map_knows_who_carries() {
    let world = World::new();
    registers(&world, &["anna", "bea", "carl"]);
    let there = ping(37.77, -122.42, 0);
    super::are_seen(&world, &[("anna", there), ("bea", there), ("carl", there)]);
    let start = "2008-05-25T18:59:00Z";
    let online = |courier: &str, kind: &str| {
        let mut event = event("online", courier, start, json!({}));
        event["type"] = format!("courier.{kind}").into();
        event["data"] = json!({ "courier_id": courier });
        event
    };
    world.is_told(&[online("carl", "offline")]);
    let states =
        || ["anna", "bea", "carl"].map(|courier| world.app.live.position(courier).unwrap().state);
    use CourierState::{Carrying, Idle, Offline};
    assert_eq!(states(), [Idle, Idle, Idle], "nobody has asked for states yet");
    world.app.tracked.states.load(&world.app, &|| false).unwrap();
    assert_eq!(states(), [Idle, Idle, Offline]);
    let trip = delivery("d1", "anna", start, "2008-05-25T18:59:50Z");
    world.is_told(&trip[..2]);
    assert_eq!(states(), [Carrying, Idle, Offline]);
    let relieved = json!({ "courier_id": "bea" });
    world.is_told(&[event("picked_up", "d1", "2008-05-25T18:59:30Z", relieved)]);
    assert_eq!(states(), [Idle, Carrying, Offline]);
    let by_bea = delivery("d1", "bea", start, "2008-05-25T18:59:50Z");
    world.is_told(&by_bea[3..]);
    assert_eq!(states(), [Idle, Idle, Offline]);
    assert_eq!(noon(), world.app.clock.now());
}
