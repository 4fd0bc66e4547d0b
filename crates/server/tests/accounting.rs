//! The accountant's stories: facts come twice, late, contradicting or not at all.

use crate::world::{World, delivery, event};
use doorstep_server::conflicts;
use doorstep_server::dead_letters;
use doorstep_server::workers;
use proptest::prelude::*;
use serde_json::{Value, json};

const MONDAY: &str = "2008-05-19";

/// One hour of work at noon in San Francisco, on a Monday.
fn noon_hour(id: &str, courier: &str) -> Vec<Value> {
    delivery(id, courier, "2008-05-19T19:00:00Z", "2008-05-19T20:00:00Z")
}

/// A6, B5: what is told twice counts once, whether at once or after a restart.
#[test]
fn a_delivery_told_twice_is_paid_once() {
    let world = World::new();
    world.is_told(&noon_hour("d1", "anna"));
    world.is_told(&noon_hour("d1", "anna"));
    let world = world.restarted();
    world.is_told(&noon_hour("d1", "anna"));
    let pay = world.pay_of("anna", MONDAY).unwrap();
    assert_eq!((pay.total_minor, pay.deliveries, pay.tip_minor), (2000, 1, 400));
    assert!(pay.provisional);
    let settlement = world.settlement(MONDAY);
    assert_eq!(settlement.merchants[0].sales_minor, 2500);
    assert_eq!(settlement.merchants[0].fee_minor, 675);
    assert_eq!(settlement.couriers[0].payout_minor, 2400);
}

/// B6, B16: after the close nothing is rewritten; the difference is a line of the next open day.
#[test]
fn what_comes_after_the_close_is_an_adjustment() {
    let world = World::new();
    world.is_told(&noon_hour("d1", "anna"));
    let closed = world.closes(MONDAY);
    world.is_told(&delivery("d2", "anna", "2008-05-19T21:00:00Z", "2008-05-19T21:30:00Z"));
    let pay = world.pay_of("anna", MONDAY).unwrap();
    assert_eq!((pay.total_minor, pay.provisional), (2000, false));
    assert_eq!(world.settlement(MONDAY).digest, closed.digest);

    let next = world.settlement("2008-05-20");
    let lines: Vec<(String, &str, i64)> = next
        .adjustments
        .iter()
        .map(|line| (line.party.id().to_owned(), line.kind.as_str(), line.amount_minor))
        .collect();
    let expected =
        [("anna", "pay", 1000), ("anna", "tip", 400), ("m8", "fee", 675), ("m8", "sale", 2500)];
    assert_eq!(lines, expected.map(|(id, kind, minor)| (id.to_owned(), kind, minor)));
    for line in &next.adjustments {
        assert_eq!(line.about_day.to_string(), MONDAY);
        assert_eq!(line.delivery_id.as_ref().unwrap().as_str(), "d2");
    }
    assert_eq!(next.couriers[0].payout_minor, 1400);
    let pay = world.pay_of("anna", "2008-05-20").unwrap();
    assert_eq!((pay.total_minor, pay.pay_minor, pay.adjustment_minor), (1000, 0, 1000));

    world.is_told(&delivery("d2", "anna", "2008-05-19T21:00:00Z", "2008-05-19T21:30:00Z"));
    assert_eq!(world.settlement("2008-05-20").adjustments.len(), 4, "told again: nothing more");
}

fn refund(id: &str, delivery: &str, time: &str, amount_minor: i64) -> Value {
    let data = json!({ "amount_minor": amount_minor, "currency": "USD" });
    let mut told = event("refunded", delivery, time, data);
    told["id"] = json!(id);
    told
}

/// A6, B6: a refund makes a merchant's sales less, on an open day at once, of a closed one as an
/// adjustment; told twice it counts once, and nothing below zero is ever owed.
#[test]
fn refunds_make_sales_less_before_and_after_the_close() {
    let world = World::new();
    world.is_told(&[refund("r1", "d1", "2008-05-19T20:10:00Z", 500)]);
    world.is_told(&noon_hour("d1", "anna"));
    world.is_told(&[refund("r1", "d1", "2008-05-19T20:10:00Z", 500)]);
    let merchant = world.settlement(MONDAY).merchants.remove(0);
    assert_eq!((merchant.sales_minor, merchant.fee_minor), (2000, 550));
    world.closes(MONDAY);
    world.is_told(&[refund("r2", "d1", "2008-05-20T08:00:00Z", 300)]);
    let lines = |world: &World| -> Vec<(&str, i64)> {
        let next = world.settlement("2008-05-20");
        next.adjustments.iter().map(|line| (line.kind.as_str(), line.amount_minor)).collect()
    };
    assert_eq!(lines(&world), [("fee", -75), ("sale", -300)]);
    world.is_told(&[refund("r3", "d1", "2008-05-20T09:00:00Z", 9_999)]);
    let owed: i64 = lines(&world).iter().filter(|line| line.0 == "sale").map(|line| line.1).sum();
    assert_eq!(owed, -2000, "not more than was sold");
    let refused = [refund("r4", "d1", "2008-05-20T09:00:00Z", -1)];
    world.is_told(&refused);
    assert_eq!(lines(&world).len(), 4, "a negative refund is a dead letter");
}

/// B6: where the next day is closed too, the adjustment goes to the one after.
#[test]
fn adjustments_are_booked_on_the_first_day_that_is_open() {
    let world = World::new();
    world.is_told(&noon_hour("d1", "anna"));
    world.closes(MONDAY);
    world.closes("2008-05-20");
    world.is_told(&noon_hour("d2", "ben"));
    assert!(world.settlement("2008-05-20").adjustments.is_empty());
    assert_eq!(world.settlement("2008-05-21").adjustments.len(), 4);
}

fn other_amount(delivery: &str, minor: i64, revision: i64) -> Value {
    let mut event = event(
        "delivered",
        delivery,
        "2008-05-19T20:00:00Z",
        json!({
            "courier_id": "anna", "merchant_id": "m8", "order_minor": minor, "tip_minor": 400,
            "currency": "USD", "distance_m": 3000, "revision": revision,
        }),
    );
    event["id"] = json!(format!("{delivery}-again-{minor}-{revision}"));
    event
}

/// A7: the first stands, the other amount waits for a person, and a decision re-reads the day.
#[test]
fn a_second_completion_with_another_amount_waits_for_a_person() {
    let world = World::new();
    world.is_told(&noon_hour("d1", "anna"));
    world.is_told(&[other_amount("d1", 9900, 1)]);
    let held = world.settlement(MONDAY);
    assert_eq!(held.merchants[0].sales_minor, 2500);
    assert_eq!(held.conflicts.len(), 1);
    let told = held.conflicts[0].told.as_array().unwrap();
    assert_eq!(
        (told[0]["order_minor"].as_i64(), told[1]["order_minor"].as_i64()),
        (Some(2500), Some(9900))
    );

    let keep = told[1]["fingerprint"].as_str().unwrap();
    let resolved = conflicts::resolve(&world.app, "sf", "d1", keep, "test").unwrap();
    assert_eq!(resolved.state, "resolved");
    let settled = world.settlement(MONDAY);
    assert_eq!((settled.merchants[0].sales_minor, settled.conflicts.len()), (9900, 0));

    world.is_told(&[other_amount("d1", 100, 2)]);
    let again = world.settlement(MONDAY);
    assert_eq!(
        (again.merchants[0].sales_minor, again.conflicts.len()),
        (9900, 1),
        "a third content"
    );
}

/// A7, B16: decided after the close, the difference is an adjustment; what was closed stands.
#[test]
fn a_conflict_decided_after_the_close_is_an_adjustment() {
    let world = World::new();
    world.is_told(&noon_hour("d1", "anna"));
    world.closes(MONDAY);
    let mut earlier = other_amount("d1", 9900, 0);
    earlier["time"] = json!("2008-05-19T19:59:00Z");
    world.is_told(&[earlier]);
    assert!(world.settlement("2008-05-20").adjustments.is_empty(), "held: nothing is paid yet");
    let held = world.settlement(MONDAY);
    assert_eq!(held.conflicts.len(), 1);
    let told = held.conflicts[0].told.as_array().unwrap().clone();
    let other = told.iter().find(|told| told["stands"] == json!(false)).unwrap();
    let keep = other["fingerprint"].as_str().unwrap();
    conflicts::resolve(&world.app, "sf", "d1", keep, "test").unwrap();
    let sums: Vec<i64> =
        world.settlement("2008-05-20").adjustments.iter().map(|line| line.amount_minor).collect();
    // One minute less of pay, 25 % of 74 dollars more in fees, 74 dollars more in sales.
    assert_eq!(sums, [-33, 1850, 7400]);
    assert_eq!(world.settlement(MONDAY).merchants[0].sales_minor, 2500);
}

/// A7: under `first` and `highest-revision` a rule decides, and nothing waits.
#[test]
fn a_policy_may_decide_conflicts() {
    let cases = [("first", 2500, 0), ("highest-revision", 9900, 0), ("hold", 2500, 1)];
    for (policy, sales_minor, waiting) in cases {
        let config =
            format!("{}[markets.sf.settlement]\nconflicts = \"{policy}\"\n", crate::world::SF);
        let world = World::with(&config);
        world.is_told(&noon_hour("d1", "anna"));
        world.is_told(&[other_amount("d1", 9900, 1)]);
        let settlement = world.settlement(MONDAY);
        let seen = (settlement.merchants[0].sales_minor, settlement.conflicts.len());
        assert_eq!(seen, (sales_minor, waiting), "{policy}");
    }
}

/// A5, B7: a completion without a delivery waits, is told of after the grace, and joins by itself
/// when the rest comes.
#[test]
fn a_completion_without_a_delivery_waits_for_it() {
    let world = World::new();
    let mut events = noon_hour("d1", "anna");
    let delivered = events.pop().unwrap();
    world.is_told(&[delivered]);
    assert!(world.pay_of("anna", MONDAY).is_none());
    assert_eq!(workers::tell_waiting(&world.app).unwrap(), 1);
    let open = dead_letters::count_open(&world.app).unwrap();
    assert_eq!(open.get("delivered_before_it_exists"), Some(&1));

    world.is_told(&events);
    assert_eq!(world.pay_of("anna", MONDAY).unwrap().total_minor, 2000);
    assert!(dead_letters::count_open(&world.app).unwrap().is_empty(), "it joined");
}

/// B6: a file out of order by less than the grace closes its days without an adjustment.
#[test]
fn days_close_once_every_partition_has_been_read_past_them() {
    let world = World::new();
    let mut events = Vec::new();
    for hour in 0..56 {
        for courier in 0..8 {
            let (day, hour) = (19 + hour / 24, hour % 24);
            let id = format!("d-{day}-{hour}-{courier}");
            let (from, to) = (
                format!("2008-05-{day}T{hour:02}:00:00Z"),
                format!("2008-05-{day}T{hour:02}:30:00Z"),
            );
            events.extend(delivery(&id, &format!("c{courier}"), &from, &to));
        }
    }
    // Neighbours within an hour change places.
    for pair in events.chunks_mut(2) {
        pair.reverse();
    }
    for chunk in events.chunks(100) {
        world.is_told(chunk);
        workers::close_due(&world.app).unwrap();
    }
    let closed = |on: &str| !world.settlement(on).provisional;
    assert!(closed("2008-05-18") && closed(MONDAY));
    assert!(!closed("2008-05-20") && !closed("2008-05-21"));
    for on in ["2008-05-18", MONDAY, "2008-05-20", "2008-05-21"] {
        assert!(world.settlement(on).adjustments.is_empty(), "{on}");
    }
    // Nothing comes any more: after a while the clock itself is past the last day.
    world.clock.set("2008-05-25T19:05:00Z");
    workers::close_due(&world.app).unwrap();
    assert!(closed("2008-05-20") && closed("2008-05-21"));
}

/// B4: the interval still open counts, up to now; one abandoned a day ago does not.
#[test]
fn pay_so_far_includes_the_open_interval() {
    let world = World::new();
    let mut now = delivery("d1", "anna", "2008-05-25T18:30:00Z", "2008-05-25T19:30:00Z");
    now.pop();
    let mut old = delivery("d2", "ben", "2008-05-24T18:30:00Z", "2008-05-24T19:30:00Z");
    old.pop();
    world.is_told(&[now, old].concat());
    let pay = world.pay_of("anna", "2008-05-25").unwrap();
    assert_eq!((pay.total_minor, pay.worked_seconds, pay.deliveries), (1000, 1800, 0));
    assert!(world.pay_of("ben", "2008-05-24").is_none());
    assert!(world.settlement("2008-05-25").couriers.is_empty(), "nothing is booked yet");
}

/// B7: what one event does wrong is no other's fault.
#[test]
fn a_bad_event_never_undoes_its_neighbours() {
    let world = World::new();
    let good = noon_hour("d1", "anna");
    let mut lines: Vec<String> = good.iter().map(Value::to_string).collect();
    lines.insert(1, "{\"specversion\":\"1.0\"".to_owned());
    lines.insert(3, good[3].to_string().replace("2500", "-2500"));
    let taken = world.is_told_lines(lines.iter().map(String::as_bytes));
    assert_eq!(taken.accepted, 4);
    let refused: Vec<(u64, &str, &str)> = taken
        .rejected
        .iter()
        .map(|refused| (refused.line, refused.code.as_str(), refused.pointer.as_str()))
        .collect();
    assert_eq!(refused, [(2, "malformed", ""), (4, "implausible_amount", "/data/order_minor")]);
    assert_eq!(world.pay_of("anna", MONDAY).unwrap().total_minor, 2000);
}

/// A day with everything in it: over midnight, overlapping, reassigned, contradicted, repeated.
fn a_days_events() -> Vec<Value> {
    let mut events = Vec::new();
    events.extend(delivery("d1", "anna", "2008-05-19T19:00:00Z", "2008-05-19T20:00:00Z"));
    events.extend(delivery("d2", "anna", "2008-05-19T19:30:00Z", "2008-05-19T20:20:00Z"));
    events.extend(delivery("d3", "ben", "2008-05-20T06:40:00Z", "2008-05-20T07:20:00Z"));
    events.extend(delivery("d4", "ben", "2008-05-19T22:30:00Z", "2008-05-19T23:30:00Z"));
    events.push(event("unassigned", "d4", "2008-05-19T22:20:00Z", json!({ "courier_id": "cid" })));
    events.push(other_amount("d1", 9900, 1));
    events.push(event("cancelled", "d2", "2008-05-19T21:00:00Z", json!({})));
    events
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// B17, A6: any order, any repetition, any cutting of the arrival gives the same bytes.
    #[test]
    fn the_order_of_arrival_changes_nothing(
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
        shuffled in Just(a_days_events()).prop_shuffle(),
        cut in 1_usize..12,
    ) {
        let tidy = World::new();
        tidy.is_told(&a_days_events());
        let messy = World::new();
        let again = order.iter().map(|index| index.get(&shuffled).clone());
        let all: Vec<Value> = shuffled.iter().cloned().chain(again).collect();
        for chunk in all.chunks(cut) {
            messy.is_told(chunk);
        }
        for on in [MONDAY, "2008-05-20"] {
            let (mut one, mut other) = (tidy.settlement(on), messy.settlement(on));
            prop_assert_eq!(&one.digest, &other.digest);
            for conflict in one.conflicts.iter_mut().chain(&mut other.conflicts) {
                conflict.raised_at = crate::world::at("2008-05-25T00:00:00Z");
            }
            let bytes = |view| serde_json::to_string(view).unwrap();
            prop_assert_eq!(bytes(&one), bytes(&other));
            prop_assert_eq!(tidy.closes(on).digest, messy.closes(on).digest);
        }
    }
}
