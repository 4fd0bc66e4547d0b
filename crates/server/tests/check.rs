//! Each invariant, broken on purpose: the check names that one and no other.

use crate::live::{are_seen, ping};
use crate::reconcile::tampers;
use crate::world::{World, delivery};
use doorstep_domain::dispatch::Status;
use doorstep_domain::dispatch::handing::Says;
use doorstep_domain::id::{CourierId, MarketId};
use doorstep_domain::provider::State;
use doorstep_domain::settlement::{Adjustment, AdjustmentKind, Party, Posting};
use doorstep_log::Record;
use doorstep_server::check::{CheckReport, check};
use doorstep_server::couriers::{self, NewCourier};
use doorstep_server::dispatch::claims::{self, Saying};
use doorstep_server::dispatch::handing::{self, ProviderSays};
use doorstep_server::dispatch::request::{self, Answered, Asker};
use doorstep_server::dispatch::{availability, dispatch_lane, matcher, relay};
use doorstep_server::wire::{EVENTS, EVENTS_DEAD_LETTERS};
use doorstep_server::workers;
use doorstep_store::dispatch::{self, DispatchRow};
use doorstep_store::{LaneId, LaneTx, StoreError, Tx, Value, adjustment, day, posting, timer};

/// A Monday that was closed and then corrected, an open Tuesday, and a dead letter.
fn world_in_order() -> World {
    let world = World::new();
    let work = [("d1", "anna", "19", "20"), ("d2", "ben", "19", "20"), ("d3", "anna", "43", "44")];
    for (id, courier, from, to) in work {
        world.is_told(&delivery(id, courier, &hour(from), &hour(to)));
    }
    world.closes("2008-05-19");
    world.is_told(&delivery("d4", "ben", &hour("21"), &hour("22")));
    world.is_told_lines([b"no event".as_slice()]);
    crate::orders::sells(&world);
    dispatches(&world);
    crate::provider::is_known(&world);
    world
}

/// Carla delivers one that was dispatched here, and is asked about another; a provider brings a
/// third.
fn dispatches(world: &World) {
    let (app, carla) = (&world.app, "carla".parse().unwrap());
    let market: MarketId = "sf".parse().unwrap();
    let new = NewCourier::new(CourierId::clone(&carla), market.clone());
    couriers::register(app, &[new]).unwrap();
    availability::set_online(app, &carla, true).unwrap();
    are_seen(world, &[("carla", ping(37.7645, -122.466, 0))]);
    let ids = ["c1", "c2", "c3"].map(|key| {
        let new = serde_json::from_value(crate::dispatch::parcel()).unwrap();
        let (actor, scope, key) = ("test".to_owned(), "test".to_owned(), key.to_owned());
        let asker = Asker { actor, merchant: None, scope, key, fingerprint: [0; 32] };
        let Answered::New(answer) = request::request(app, &new, asker).unwrap() else {
            panic!("asked twice");
        };
        let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        answer["delivery_id"].as_str().unwrap().to_owned()
    });
    claims::accept(app, &ids[0], &carla, "test").unwrap();
    for status in [Status::PickedUp, Status::Delivered] {
        let actor = "test".to_owned();
        let saying = Saying { status, at: None, reason: None, courier: None, actor };
        claims::advance(app, &ids[0], &saying).unwrap();
    }
    is_brought(world, &market, &ids[2]);
    matcher::step(app, &market).unwrap();
    relay::step(app, &market).unwrap();
    workers::catch_up(app, &|_| {}).unwrap();
}

/// It is handed over, and brought for 650.
fn is_brought(world: &World, market: &MarketId, id: &str) {
    let named = id.to_owned();
    let hands_over = move |tx: &mut LaneTx<'_>| {
        let row = dispatch::load(tx, &named)?.unwrap();
        let (provider, handed_to) = (Some("uber".to_owned()), "uber".to_owned());
        dispatch::save(tx, &DispatchRow { provider, handed_to, due_at_us: None, ..row })
    };
    world.app.store.lane(&dispatch_lane(market).unwrap(), hands_over).unwrap();
    let says = ProviderSays {
        seq: 1,
        delivery: id.to_owned(),
        provider: "uber".to_owned(),
        says: Says { state: State::Delivered, is_disputed: false, is_decided: false },
        at: world.app.clock.now(),
        reason: None,
        fee_minor: Some(650),
    };
    assert_eq!(handing::follow(&world.app, market.as_str(), vec![says]).unwrap(), 1);
}

/// An hour counted from the midnight (UTC) at which 19 May begins.
fn hour(number: &str) -> String {
    let number: i64 = number.parse().unwrap();
    format!("2008-05-{}T{:02}:00:00Z", 19 + number / 24, number % 24)
}

fn broken(report: &CheckReport) -> Vec<&str> {
    let broken = report.invariants.iter().filter(|invariant| invariant.violations > 0);
    broken.map(|invariant| invariant.name).collect()
}

fn in_a_lane(
    world: &World,
    command: impl Fn(&mut dyn Tx) -> Result<(), StoreError> + Send + 'static,
) {
    let lane = LaneId::new("tampering").unwrap();
    world.app.store.lane(&lane, move |tx| command(tx)).unwrap();
}

/// F6: a directory in order passes, and every invariant had something to look at.
#[test]
fn a_directory_in_order_breaks_nothing() {
    let world = world_in_order();
    let report = check(&world.app);
    assert_eq!((report.violations, broken(&report)), (0, vec![]), "{report:?}");
    for invariant in &report.invariants {
        assert!(invariant.checked > 0, "{} was checked on nothing", invariant.name);
    }
}

/// What is changed, how, and the invariants that no longer hold.
const CHANGES: [(&str, &str, &[&str]); 28] = [
    (
        "what a provider charges changes",
        "update dispatch set fee_minor = 1 where provider is not null",
        &["what_providers_delivered_is_settled"],
    ),
    (
        "a provider's delivery costs otherwise than was told",
        "update work_interval set cost_minor = 1 where provider is not null",
        &["rows_follow_from_facts"],
    ),
    (
        "a provider's delivery stands otherwise than was told",
        "update provider_timeline set status = 'delivered'",
        &["timelines_are_folded"],
    ),
    (
        "an announcement is lost",
        "delete from outbox where kind = 'day.closed'",
        &["store_is_whole"],
    ),
    (
        "a cursor runs ahead",
        "update cursor set next_offset = 1000000",
        &["cursors_are_within_the_log"],
    ),
    (
        "a delivery is counted for another courier too",
        "insert into work_interval select market_id, day, 'mallory', delivery_id, assigned_us,
             picked_up_us, delivered_us, merchant_id, order_minor, tip_minor, distance_m,
             provider, cost_minor
         from work_interval where delivery_id = 'd3'",
        &["completions_count_once"],
    ),
    (
        "a tip grows",
        "update work_interval set tip_minor = 900 where delivery_id = 'd3'",
        &["rows_follow_from_facts"],
    ),
    (
        "a row is lost",
        "delete from work_interval where delivery_id = 'd3'",
        &["rows_follow_from_facts"],
    ),
    (
        "a delivery is forgotten",
        "delete from delivery where delivery_id = 'd3'",
        &["rows_follow_from_facts"],
    ),
    (
        "a delivery has another courier than it had",
        "update dispatch set courier_id = 'mallory' where status = 'delivered'",
        &["deliveries_follow_their_steps", "deliveries_are_counted"],
    ),
    (
        "a step is lost",
        "delete from dispatch_step where status = 'picked_up'",
        &["deliveries_follow_their_steps"],
    ),
    (
        "what is done is offered",
        "update offer set state = 'open' where state = 'accepted'",
        &["offers_are_of_what_is_looked_for"],
    ),
    (
        "what was delivered is not counted",
        "delete from work_interval where courier_id = 'carla'",
        &["rows_follow_from_facts", "deliveries_are_counted"],
    ),
    (
        "a unit is gone",
        "update stock set quantity = quantity - 1 where quantity > 1",
        &["stock_is_the_sum_of_its_movements"],
    ),
    (
        "more is sold than there is",
        "update stock set quantity = -9 where quantity > 1",
        &["stock_is_the_sum_of_its_movements", "stock_keeps_its_bounds"],
    ),
    (
        "a movement is lost",
        "delete from movement where kind = 'returned'",
        &[
            "stock_is_the_sum_of_its_movements",
            "movements_follow_one_another",
            "orders_have_what_is_theirs",
        ],
    ),
    (
        "a movement follows another than it did",
        "update movement set before_line = 99 where revision = 3",
        &["movements_follow_one_another"],
    ),
    (
        "an order has what another should have",
        "update movement set cause = 'ord_other' where revision = 4",
        &["orders_have_what_is_theirs"],
    ),
    (
        "an order is lost",
        "delete from orders where status = 'cancelled'",
        &["orders_have_what_is_theirs"],
    ),
    (
        "an order was called off and has what it had",
        "update orders set status = 'cancelled'",
        &["orders_have_what_is_theirs"],
    ),
    (
        "what was ordered is not delivered",
        "delete from dispatch where delivery_id like '%-1'",
        &["orders_are_delivered"],
    ),
    (
        "a statement's digest changes",
        "update statement set digest = 'other' where party_id = 'anna'",
        &["statements_keep_their_digest"],
    ),
    (
        "a statement's figures change",
        "update statement set totals = replace(totals, '\"deliveries\":1', '\"deliveries\":2')
         where party_id = 'anna'",
        &["days_keep_their_digest"],
    ),
    (
        "a day's digest changes",
        "update day set digest = 'other' where closed_at_us is not null",
        &["days_keep_their_digest"],
    ),
    (
        "a posting grows",
        "update posting set amount_minor = amount_minor + 1 where subject = 'd1' and kind = 'sale'",
        &["postings_add_up"],
    ),
    (
        "a posting moves nothing",
        "update posting set debit = credit where subject = 'd1' and kind = 'sale'",
        &["debits_equal_credits", "postings_add_up"],
    ),
    (
        "a correction's posting is lost",
        "delete from posting where revision > 0 and kind = 'pay'",
        &["postings_add_up", "adjustments_are_posted"],
    ),
    (
        "a closed day is opened",
        "update day set closed_at_us = null, closed_by = null, digest = null
         where closed_at_us is not null",
        &["postings_add_up", "adjustments_correct_closed_days"],
    ),
];

/// F6: a change of a single row is found, and the invariant that it breaks is named.
#[test]
fn a_changed_row_breaks_the_invariant_that_it_should() {
    for (story, sql, expected) in CHANGES {
        let world = world_in_order();
        tampers(&world, sql);
        let report = check(&world.app);
        assert_eq!(broken(&report), expected, "{story}: {report:?}");
    }
}

#[test]
fn an_adjustment_of_an_open_day_is_told() {
    let world = world_in_order();
    in_a_lane(&world, |tx| {
        let tuesday =
            doorstep_domain::time::Day::from_number(crate::world::day("2008-05-20").number());
        let line = Adjustment {
            about_day: tuesday,
            delivery_id: None,
            party: Party::Courier("anna".parse().unwrap()),
            kind: AdjustmentKind::Pay,
            revision: 1,
            amount_minor: 5,
            reason: "by hand".to_owned(),
        };
        let booked = tuesday.next().number();
        day::open(tx, &[("sf", booked)])?;
        adjustment::add(tx, "sf", booked, &line, crate::world::at("2008-05-25T19:00:00Z"))?;
        posting::add(
            tx,
            "sf",
            booked,
            &[("courier:anna".to_owned(), Posting::of_adjustment(&line))],
        )
    });
    let report = check(&world.app);
    assert_eq!(broken(&report), ["adjustments_correct_closed_days"], "{report:?}");
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_checked() {
    let world = world_in_order();
    in_a_lane(&world, |tx| {
        let sql = "update delivery set facts = $1 where delivery_id = 'd3'";
        tx.execute(sql, &[Value::Bytes(&[9, 9])]).map(|_| ())
    });
    let report = check(&world.app);
    assert_eq!(broken(&report), ["rows_follow_from_facts"], "{report:?}");
}

#[test]
fn a_record_that_is_no_letter_is_told() {
    let world = world_in_order();
    let record = Record { key: b"dl_0".to_vec(), value: b"no letter".to_vec() };
    world.app.log.append(EVENTS_DEAD_LETTERS, vec![record], 0).unwrap();
    assert_eq!(broken(&check(&world.app)), ["dead_letters_are_legible"]);
}

#[test]
fn a_timer_that_nobody_serves_is_told() {
    let world = world_in_order();
    in_a_lane(&world, |tx| timer::set(tx, "t", 0, "waiting", b"x"));
    assert_eq!(broken(&check(&world.app)), [""; 0], "the process has only begun");
    world.clock.set("2008-05-25T21:00:00Z");
    assert_eq!(broken(&check(&world.app)), ["timers_are_on_time"]);
}

/// A1: a byte that changed on disk is found.
#[test]
fn a_changed_byte_of_the_log_is_told() {
    let world = world_in_order();
    let World { app, clock, config, directory, database: _database } = world;
    drop(app);
    let topic = directory.path().join("log").join(EVENTS);
    // Batches are zstd frames (RFC 8878, section 3.1.1), but for small ones: a byte of the first
    // frame there is is changed.
    let frame_of =
        |bytes: &[u8]| bytes.windows(4).position(|magic| magic == [0x28, 0xb5, 0x2f, 0xfd]);
    let (file, mut bytes, frame) = std::fs::read_dir(&topic)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find_map(|path| {
            let bytes = std::fs::read(&path).ok()?;
            let frame = frame_of(&bytes)?;
            Some((path, bytes, frame))
        })
        .unwrap();
    bytes[frame + 16] ^= 0x55;
    std::fs::write(&file, bytes).unwrap();
    let clock_of_app: std::sync::Arc<dyn doorstep_domain::time::Clock> = clock;
    let app = doorstep_server::app::App::open(config, directory.path(), clock_of_app).unwrap();
    assert_eq!(broken(&check(&app)), ["log_is_whole"]);
}

/// B16: one delivery may correct two closed days at once, each with a posting of its own.
#[test]
fn a_delivery_over_midnight_corrects_both_its_days() {
    let world = world_in_order();
    world.closes("2008-05-20");
    // From half past eleven of Monday to half past twelve, in San Francisco.
    world.is_told(&delivery("d9", "anna", "2008-05-20T06:30:00Z", "2008-05-20T07:30:00Z"));
    let lines = world.settlement("2008-05-21").adjustments;
    let about: Vec<(String, i64)> = lines
        .iter()
        .filter(|line| line.kind == AdjustmentKind::Pay)
        .map(|line| (line.about_day.to_string(), line.amount_minor))
        .collect();
    assert_eq!(about, [("2008-05-19".to_owned(), 1000), ("2008-05-20".to_owned(), 1000)]);
    let report = check(&world.app);
    assert_eq!(broken(&report), [""; 0], "{report:?}");
}
