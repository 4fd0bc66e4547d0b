//! One thing standing still or running hot is no other thing's trouble.

use crate::owed::{differences, owed};
use crate::served::Served;
use crate::world::{World, delivery, event};
use doorstep_domain::limits::{ENDINGS_PER_DELIVERY_KEPT, FACTS_PER_DELIVERY_MAX};
use doorstep_domain::time::Day;
use doorstep_server::accounting::intake;
use doorstep_server::dead_letters;
use doorstep_server::workers::{self, accountant};
use doorstep_store::{LaneId, StoreError};
use serde_json::{Value, json};
use std::sync::{Mutex, mpsc};

const MONDAY: &str = "2008-05-19";

/// One hour of work of each of many couriers, sent in one request.
fn morning_of(couriers: usize) -> Vec<Vec<Value>> {
    let hour = |courier| {
        let (id, courier) = (format!("d{courier}"), format!("c{courier}"));
        delivery(&id, &courier, "2008-05-19T19:00:00Z", "2008-05-19T20:00:00Z")
    };
    (0..couriers).map(hour).collect()
}

fn lines(events: &[Value]) -> String {
    events.iter().map(|event| format!("{event}\n")).collect()
}

fn sends(served: &Served, events: &[Value]) -> u16 {
    let form = [("content-type", "application/x-ndjson")];
    let sent = served.operator.asks("POST", "/v1/events", &form, lines(events));
    sent.status
}

/// A9, A1: while nobody counts, everything is taken and made durable; who comes later counts it
/// all.
#[test]
fn events_are_taken_while_no_accountant_runs() {
    let served = Served::new(World::new());
    for events in morning_of(40) {
        assert_eq!(sends(&served, &events), 202);
    }
    assert!(served.world.pay_of("c0", MONDAY).is_none());
    let waiting: u64 = workers::lag(&served.world.app).unwrap().iter().sum();
    assert_eq!(waiting, 160);

    workers::catch_up(&served.world.app, &|_| {}).unwrap();
    for courier in 0..40 {
        let pay = served.world.pay_of(&format!("c{courier}"), MONDAY).unwrap();
        assert_eq!((pay.total_minor, pay.tip_minor), (2000, 400), "c{courier}");
    }
}

/// A9: a market's lane that somebody holds stops that market's accounting and closing, and
/// neither the taking of its events nor the reading of what was settled.
#[test]
fn a_wedged_lane_delays_no_sender_and_no_reader() {
    let served = Served::new(World::new());
    served.world.is_told(&morning_of(1)[0]);
    let wedge = Wedge::drive(&served.world, "settlement/sf");
    let running = workers::start(&served.world.app, false).unwrap();
    for events in &morning_of(30)[1..] {
        assert_eq!(sends(&served, events), 202);
    }
    let pay = served.operator.gets(&format!("/v1/couriers/c0/pay?day={MONDAY}"));
    assert_eq!(pay.json()[0]["total_minor"], 2000);
    assert!(served.world.pay_of("c29", MONDAY).is_none(), "it is wedged");
    wedge.lift();
    running.stop();
    workers::catch_up(&served.world.app, &|_| {}).unwrap();
    assert_eq!(served.world.pay_of("c29", MONDAY).unwrap().total_minor, 2000);
}

/// A command that stays in its lane until it is let go.
struct Wedge {
    lift: mpsc::Sender<()>,
}

impl Wedge {
    fn drive(world: &World, lane: &str) -> Wedge {
        let (lift, lifted) = mpsc::channel();
        let (entered, inside) = mpsc::channel();
        let lifted = Mutex::new(lifted);
        let stay = move |_: &mut doorstep_store::LaneTx<'_>| {
            // Who is no longer listened to has been heard already.
            let _ = entered.send(());
            let _ = lifted.lock().unwrap().recv();
            Ok::<_, StoreError>(())
        };
        let lanes = [LaneId::new(lane).unwrap()];
        world.app.store.submit(&lanes, stay, |stayed| stayed.unwrap()).unwrap();
        inside.recv().unwrap();
        Wedge { lift }
    }

    fn lift(self) {
        self.lift.send(()).unwrap();
    }
}

/// A fact about one delivery, none like another.
fn noise(number: usize) -> Value {
    let time = format!("2008-05-19T18:{:02}:{:02}Z", number / 60 % 60, number % 60);
    let mut told = event("assigned", "hot", &time, json!({ "courier_id": "hal" }));
    told["id"] = json!(format!("hot-{number}"));
    told
}

/// B15, B7: one delivery told of a hundred thousand times, each time differently, keeps as many
/// facts as a delivery may have; the rest are dead letters with a reason, counted as one key's,
/// and whoever else is in the partition is paid as if nothing had happened.
#[test]
fn a_delivery_told_without_end_is_cut_off_and_holds_nobody_back() {
    let world = World::new();
    let others = morning_of(50);
    for (number, chunk) in (0..100_000).collect::<Vec<_>>().chunks(10_000).enumerate() {
        let mut events: Vec<Value> = chunk.iter().map(|number| noise(*number)).collect();
        events.extend(others[number * 5..number * 5 + 5].concat());
        let text = lines(&events);
        let taken = intake::take(&world.app, (1..).zip(text.lines().map(str::as_bytes))).unwrap();
        assert_eq!(taken.accepted, 10_020);
    }
    workers::catch_up(&world.app, &|_| {}).unwrap();
    for courier in 0..50 {
        let pay = world.pay_of(&format!("c{courier}"), MONDAY).unwrap();
        assert_eq!(pay.total_minor, 2000, "c{courier}");
    }
    let open = dead_letters::count_open(&world.app).unwrap();
    let kept = FACTS_PER_DELIVERY_MAX - ENDINGS_PER_DELIVERY_KEPT;
    let cut_off = 100_000 - kept as u64;
    assert_eq!(open.get("too_many_facts"), Some(&cut_off), "{open:?}");
}

/// B15, B5: the same telling a hundred thousand times is one fact, and no dead letter.
#[test]
fn a_fact_repeated_without_end_is_one_fact() {
    let world = World::new();
    let line = noise(0).to_string();
    for _ in 0..10 {
        let again = std::iter::repeat_n(line.as_bytes(), 10_000);
        let taken = intake::take(&world.app, (1..).zip(again)).unwrap();
        assert_eq!(taken.accepted, 10_000);
    }
    world.is_told(&morning_of(1)[0]);
    assert_eq!(world.pay_of("c0", MONDAY).unwrap().total_minor, 2000);
    assert!(dead_letters::count_open(&world.app).unwrap().is_empty());
    let status = doorstep_server::status::Counted::of(&world.app.counts);
    assert_eq!((status.accepted, status.duplicate), (5, 99_999));
}

/// B15: one courier with five thousand deliveries on a day; everybody's pay, theirs included, is
/// there after each batch, and comes to what it comes to one delivery at a time.
#[test]
fn a_courier_with_thousands_of_deliveries_holds_nobody_back() {
    let world = World::new();
    let others = morning_of(50);
    for (round, other) in others.iter().enumerate() {
        let hot = (0..100).flat_map(|number| {
            let minute = (round * 100 + number) / 60 % 60;
            let (from, to) = (
                format!("2008-05-19T17:{minute:02}:{:02}Z", number % 60),
                format!("2008-05-19T18:{minute:02}:{:02}Z", number % 60),
            );
            delivery(&format!("hot-{round}-{number}"), "hal", &from, &to)
        });
        let events: Vec<Value> = hot.chain(other.clone()).collect();
        world.is_told(&events);
        let theirs = world.pay_of(&format!("c{round}"), MONDAY).unwrap();
        assert_eq!(theirs.total_minor, 2000);
        let hal = world.pay_of("hal", MONDAY).unwrap();
        assert_eq!(hal.deliveries, 100 * (round as i64 + 1));
    }
    let hal = world.pay_of("hal", MONDAY).unwrap();
    // From the first pickup of 10:00:00 to the last drop-off of 11:59:59, counted once.
    assert_eq!(hal.worked_seconds, 7_199);
    assert_eq!(hal.tip_minor, 5_000 * 400);
}

/// B15: the facts of one key are applied in the order in which they were told, whatever runs
/// beside them: each partition by itself, in steps, comes to what all at once come to.
#[test]
fn partitions_read_in_any_order_come_to_the_same() {
    let (tidy, torn) = (World::new(), World::new());
    let events = morning_of(60).concat();
    tidy.is_told(&events);
    let text = lines(&events);
    intake::take(&torn.app, (1..).zip(text.lines().map(str::as_bytes))).unwrap();
    for partition in (0..torn.config.event_partitions).rev() {
        while accountant::step(&torn.app, partition).unwrap() > 0 {}
    }
    assert_eq!(differences(&owed(&tidy), &owed(&torn)), Vec::<String>::new());
    let monday: Day = MONDAY.parse().unwrap();
    let digest = |world: &World| world.closes(&monday.to_string()).digest;
    assert_eq!(digest(&tidy), digest(&torn));
}
