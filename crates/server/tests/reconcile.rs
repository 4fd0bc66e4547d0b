//! Stories of reconciliation: the store is tampered with, and the log knows better.

mod damage;
mod tampering;

use crate::world::{SF, World, day, delivery, event};
use doorstep_domain::delivery::FactSet;
use doorstep_server::accounting::intake;
use doorstep_server::check::check;
use doorstep_server::conflicts;
use doorstep_server::reconcile::{Reconciliation, reconcile};
use doorstep_store::{LaneId, StoreError, Tx, delivery as kept};
use serde_json::{Value, json};

const MONDAY: &str = "2008-05-19";
const TUESDAY: &str = "2008-05-20";

/// Somebody changes the store behind our back.
pub(crate) fn tampers(world: &World, sql: &'static str) {
    let lane = LaneId::new("tampering").unwrap();
    let changed: Result<u64, StoreError> =
        world.app.store.lane(&lane, move |tx| tx.execute(sql, &[]));
    assert!(changed.unwrap() > 0, "{sql}");
}

fn inspects(world: &World, on: &str) -> Reconciliation {
    reconcile(&world.app, "sf", day(on), None).unwrap()
}

fn repairs(world: &World, on: &str) -> Reconciliation {
    reconcile(&world.app, "sf", day(on), Some("local:eve")).unwrap()
}

/// What differs: whose, which figure, by the log, in the store.
fn lines(found: &Reconciliation) -> Vec<(&str, &str, &str, &str)> {
    found
        .differences
        .iter()
        .map(|difference| {
            (
                difference.party_id.as_str(),
                difference.figure,
                difference.log.as_str(),
                difference.store.as_str(),
            )
        })
        .collect()
}

fn world_at_work() -> World {
    let world = World::new();
    for (id, courier) in [("d1", "anna"), ("d2", "anna"), ("d3", "ben")] {
        let (from, to) = ("2008-05-19T19:00:00Z", "2008-05-19T20:00:00Z");
        world.is_told(&delivery(id, courier, from, to));
    }
    world
}

/// B14: where nothing went wrong there is nothing to find, open or closed.
#[test]
fn an_honest_store_agrees_with_the_log() {
    let world = world_at_work();
    let open = inspects(&world, MONDAY);
    assert!(open.agrees() && !open.closed, "{open:?}");
    assert_eq!(open.deliveries, 3);
    world.closes(MONDAY);
    world.is_told(&delivery("d4", "ben", "2008-05-19T21:00:00Z", "2008-05-20T08:00:00Z"));
    for on in [MONDAY, TUESDAY, "2008-05-21"] {
        let found = inspects(&world, on);
        assert!(found.agrees() && found.delta_minor == 0, "{on}: {found:?}");
    }
}

/// B14: a lost, a changed and an invented row of an open day are found, told and put right.
#[test]
fn rows_of_an_open_day_are_put_right() {
    let cases = [
        (
            "lost",
            "delete from work_interval where delivery_id = 'd3'",
            vec![
                "deliveries",
                "pay_minor",
                "tip_minor",
                "worked_seconds",
                "deliveries",
                "fee_minor",
                "sales_minor",
                "work_interval",
            ],
            2000 + 400 + 675 + 2500,
        ),
        (
            "changed",
            "update work_interval set order_minor = 2600 where delivery_id = 'd1'",
            vec!["fee_minor", "sales_minor", "work_interval"],
            100 + 25,
        ),
        (
            "given to another",
            "update work_interval set courier_id = 'mallory' where delivery_id = 'd3'",
            vec![
                "deliveries",
                "pay_minor",
                "tip_minor",
                "worked_seconds",
                "deliveries",
                "pay_minor",
                "tip_minor",
                "worked_seconds",
                "work_interval",
                "work_interval",
            ],
            2 * (2000 + 400),
        ),
    ];
    for (story, sql, figures, delta_minor) in cases {
        let world = world_at_work();
        let before = world.settlement(MONDAY);
        tampers(&world, sql);
        let found = inspects(&world, MONDAY);
        let seen: Vec<&str> = lines(&found).iter().map(|line| line.1).collect();
        assert_eq!(seen, figures, "{story}: {found:?}");
        assert_eq!(found.delta_minor, delta_minor, "{story}: {found:?}");
        assert_eq!(found.repaired, 0);
        assert_eq!(repairs(&world, MONDAY).repaired, 1, "{story}");
        let again = repairs(&world, MONDAY);
        assert!(again.agrees() && again.repaired == 0, "{story}: {again:?}");
        assert_eq!(world.settlement(MONDAY).digest, before.digest, "{story}");
        assert_eq!(check(&world.app).violations, 0, "{story}");
    }
}

/// B14: facts that the log does not know are dropped, those it knows come back.
#[test]
fn facts_are_put_right() {
    let world = world_at_work();
    let before = world.settlement(MONDAY);
    let lane = LaneId::new("tampering").unwrap();
    let tampered: Result<(), StoreError> = world.app.store.lane(&lane, |tx| {
        let mut facts = kept::load(tx, "sf", &["d1", "d2"])?;
        let (first, second) = (facts.remove("d1").unwrap(), facts.remove("d2").unwrap());
        let shorter: FactSet = first.iter().skip(1).cloned().collect();
        let longer: FactSet = second.iter().chain(first.iter()).cloned().collect();
        let save =
            |delivery, facts| kept::Kept { market: "sf", delivery, facts, open_courier: None };
        kept::save(tx, &[save("d1", &shorter), save("d2", &longer)])
    });
    tampered.unwrap();
    let found = inspects(&world, MONDAY);
    let expected = [("d1", "facts", "4 facts", "3 facts"), ("d2", "facts", "4 facts", "8 facts")];
    assert_eq!(lines(&found), expected);
    assert_eq!(repairs(&world, MONDAY).repaired, 2);
    assert!(repairs(&world, MONDAY).agrees());
    assert_eq!(world.settlement(MONDAY).digest, before.digest);
}

/// B14, B16: a closed day is corrected by exactly the adjustments that are missing, once.
#[test]
fn a_closed_day_is_corrected_once() {
    let world = world_at_work();
    tampers(&world, "delete from work_interval where delivery_id = 'd3'");
    let closed = world.closes(MONDAY);
    let found = inspects(&world, MONDAY);
    assert!(found.closed);
    assert_eq!(found.delta_minor, 2000 + 400 + 675 + 2500);
    let money: Vec<_> = lines(&found).into_iter().take(4).collect();
    let expected = [
        ("ben", "pay_minor", "2000", "0"),
        ("ben", "tip_minor", "400", "0"),
        ("m8", "fee_minor", "2025", "1350"),
        ("m8", "sales_minor", "7500", "5000"),
    ];
    assert_eq!(money, expected);
    assert_eq!(repairs(&world, MONDAY).repaired, 1 + 4, "one row, four adjustments");

    let next = world.settlement(TUESDAY);
    let posted: Vec<(i64, &str)> =
        next.adjustments.iter().map(|line| (line.amount_minor, line.reason.as_str())).collect();
    let why = "reconciliation";
    assert_eq!(posted, [(2000, why), (400, why), (675, why), (2500, why)]);
    let again = repairs(&world, MONDAY);
    assert!(again.agrees() && again.repaired == 0, "{again:?}");
    assert_eq!(world.settlement(TUESDAY).adjustments.len(), 4);
    assert_eq!(world.settlement(MONDAY).digest, closed.digest, "statements stand");
    assert_eq!(check(&world.app).violations, 0);
}

/// B14: rows that were changed only after the close need no adjustment, but are put right, so that
/// later facts are compared with what is true.
#[test]
fn rows_tampered_with_after_the_close_cost_nothing() {
    let world = world_at_work();
    world.closes(MONDAY);
    tampers(&world, "update work_interval set tip_minor = 9000 where delivery_id = 'd3'");
    assert_eq!(repairs(&world, MONDAY).delta_minor, 0);
    world.is_told(&delivery("d4", "ben", "2008-05-19T21:00:00Z", "2008-05-19T21:30:00Z"));
    let late: Vec<i64> =
        world.settlement(TUESDAY).adjustments.iter().map(|line| line.amount_minor).collect();
    assert_eq!(late, [1000, 400, 675, 2500]);
    assert!(inspects(&world, MONDAY).agrees());
}

/// A7, B14: what a person decided after the close is in the adjustments, and no difference.
#[test]
fn a_late_decision_about_a_conflict_is_no_difference() {
    let world = world_at_work();
    world.closes(MONDAY);
    let mut other = delivery("d3", "ben", "2008-05-19T19:00:00Z", "2008-05-19T20:00:00Z").remove(3);
    other["id"] = json!("another");
    other["data"]["order_minor"] = json!(9900);
    world.is_told(&[other]);
    assert!(inspects(&world, MONDAY).agrees(), "held");
    let told = world.settlement(MONDAY).conflicts[0].told.clone();
    let keep = told[1]["fingerprint"].as_str().unwrap();
    conflicts::resolve(&world.app, "sf", "d3", keep, "local:eve").unwrap();
    assert!(!world.settlement(TUESDAY).adjustments.is_empty());
    let found = repairs(&world, MONDAY);
    assert!(found.agrees() && found.repaired == 0, "{found:?}");
}

/// B14: what the accountant has not read yet is lag, and no difference.
#[test]
fn what_is_not_read_yet_is_lag() {
    let world = world_at_work();
    let lines: Vec<String> = delivery("d9", "ben", "2008-05-19T21:00:00Z", "2008-05-19T21:30:00Z")
        .iter()
        .map(Value::to_string)
        .collect();
    intake::take(&world.app, (1..).zip(lines.iter().map(String::as_bytes))).unwrap();
    let found = inspects(&world, MONDAY);
    assert!(found.agrees(), "{found:?}");
    assert_eq!(found.lag_records, 4);
}

/// B2, B14: where time online is paid, who was online is compared as well.
#[test]
fn time_online_is_put_right() {
    let config = SF.replace("per_hour_minor", "interval = \"online\"\nper_hour_minor");
    let world = World::with(&config);
    let presence = |kind: &str, time: &str| {
        let mut event = event(kind, "anna", time, json!({}));
        event["type"] = json!(format!("courier.{kind}"));
        event
    };
    world.is_told(&[
        presence("online", "2008-05-19T17:00:00Z"),
        presence("offline", "2008-05-19T20:00:00Z"),
    ]);
    assert_eq!(world.pay_of("anna", MONDAY).unwrap().total_minor, 6000);
    assert!(inspects(&world, MONDAY).agrees());
    tampers(&world, "update presence set at_us = at_us - 3600000000 where online = 0");
    let found = repairs(&world, MONDAY);
    let seen: Vec<&str> = lines(&found).iter().map(|line| line.1).collect();
    assert_eq!(seen, ["pay_minor", "worked_seconds", "presence", "presence"]);
    assert_eq!((found.delta_minor, found.repaired), (2000, 2));
    assert!(inspects(&world, MONDAY).agrees());
    assert_eq!(world.pay_of("anna", MONDAY).unwrap().total_minor, 6000);
}

/// B14: a day of more couriers than are looked at together, with a few rows lost among them.
#[test]
fn lost_rows_are_found_among_many() {
    let world = World::new();
    let told: Vec<Value> = (0..1_100)
        .flat_map(|number| {
            let (id, courier) = (format!("d{number:04}"), format!("c{number:04}"));
            delivery(&id, &courier, "2008-05-19T19:00:00Z", "2008-05-19T20:00:00Z")
        })
        .collect();
    world.is_told(&told);
    tampers(&world, "delete from work_interval where delivery_id in ('d0000', 'd0511', 'd1099')");
    let found = repairs(&world, MONDAY);
    let lost: Vec<&str> = lines(&found)
        .into_iter()
        .filter(|line| line.1 == "work_interval")
        .map(|line| line.0)
        .collect();
    assert_eq!(lost, ["d0000", "d0511", "d1099"]);
    assert_eq!((found.deliveries, found.repaired), (1_100, 3));
    assert!(inspects(&world, MONDAY).agrees());
}

/// What a killed process has left behind goes with the next run.
#[test]
fn scratch_of_a_killed_process_is_removed() {
    let world = world_at_work();
    let left = world.directory.path().join("reconcile-0-left");
    std::fs::create_dir(&left).unwrap();
    std::fs::write(left.join("scratch.sqlite"), b"left").unwrap();
    inspects(&world, MONDAY);
    let names = std::fs::read_dir(world.directory.path()).unwrap();
    let scratch = names
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .find(|name| name.starts_with("reconcile-"));
    assert_eq!(scratch, None);
}
