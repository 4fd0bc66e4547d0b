//! Names and bookings that somebody else claims, or that time has passed by.

use super::{Handing, KINDS, Other, plan};
use doorstep_server::dispatch::dispatch_lane;
use doorstep_server::provider::lane;
use doorstep_sim::provider::{Kind, Plan};
use doorstep_store::LaneTx;
use doorstep_store::dispatch::{self, DispatchRow};
use doorstep_store::outbox::{self, Announced};
use doorstep_store::provider::asked;
use doorstep_store::provider::booking::{self, BookingRow, BookingState};
use std::sync::Arc;

/// Something is written behind everybody's back.
fn writes(handing: &Handing, write: impl Fn(&mut LaneTx<'_>) + Send + 'static) {
    let write = move |tx: &mut LaneTx<'_>| {
        write(tx);
        Ok::<_, doorstep_store::StoreError>(())
    };
    handing.network.world().app.store.lane(&lane().unwrap(), write).unwrap();
}

/// Nobody has handed it to them any more.
fn takes_back(handing: &Handing, delivery: &str) {
    let (app, id) = (&handing.network.world().app, delivery.to_owned());
    let (market, _) = app.markets.iter().next().unwrap();
    let write = move |tx: &mut LaneTx<'_>| {
        let row = dispatch::load(tx, &id)?.unwrap();
        dispatch::save(tx, &DispatchRow { provider: None, ..row })
    };
    app.store.lane(&dispatch_lane(market).unwrap(), write).unwrap();
}

fn bookings(handing: &Handing, delivery: &str) -> Vec<BookingRow> {
    let app = &handing.network.world().app;
    app.store.read(|tx| booking::of_delivery(tx, delivery)).unwrap()
}

/// Somebody follows what has this name there.
fn followed(reference: &str) -> BookingRow {
    BookingRow {
        delivery: "elsewhere".to_owned(),
        number: 1,
        provider: "other".to_owned(),
        reference: Some(reference.to_owned()),
        market: "sf".to_owned(),
        merchant: "m9".to_owned(),
        state: BookingState::Followed,
        told_status: None,
        revision: 0,
        created_at_us: 1,
        created_by: "somebody".to_owned(),
        changed_at_us: 1,
        fee_minor: None,
    }
}

/// E9: whoever follows a name before it is booked loses it to the booking; nothing stands still,
/// also where the first to hear of it is who reads what they send.
#[test]
fn a_name_that_is_followed_before_it_is_booked_stops_nobody() {
    for (kind, lost_answers_bp) in
        [(Kind::DoordashDrive, 0), (Kind::Onfleet, 0), (Kind::DoordashDrive, 10_000)]
    {
        let plan = Plan { lost_answers_bp, ..plan(kind) };
        let handing = Handing::to(vec![Other::new("other", plan)]);
        let id = handing.is_handed_over();
        let row = followed(&id);
        writes(&handing, move |tx| booking::save(tx, &row).unwrap());
        handing.asks();
        handing.passes(60);
        handing.hears_all();
        handing.asks();
        let [booked] = bookings(&handing, &id).try_into().unwrap();
        assert_eq!((booked.state, booked.reference.as_ref()), (BookingState::Booked, Some(&id)));
        let [freed] = bookings(&handing, "elsewhere").try_into().unwrap();
        assert_eq!((freed.state, freed.reference), (BookingState::Ended, None), "{kind:?}");
        handing.passes(4 * 3_600);
        handing.hears_all();
        assert_eq!(handing.status(&id), "delivered", "{kind:?} {lost_answers_bp}");
        handing.holds();
    }
}

/// E9: what is found to be booked after it was taken back is cancelled there at once, and what is
/// over there by then is left alone.
#[test]
fn what_is_booked_too_late_is_cancelled_there() {
    for (kind, is_over) in KINDS.iter().flat_map(|kind| [(*kind, false), (*kind, true)]) {
        let plan = Plan { lost_answers_bp: 10_000, ..plan(kind) };
        let handing = Handing::to(vec![Other::new("other", plan)]);
        let id = handing.is_handed_over();
        handing.asks();
        takes_back(&handing, &id);
        if is_over {
            let [row] = bookings(&handing, &id).try_into().unwrap();
            let row = BookingRow { state: BookingState::Ended, ..row };
            writes(&handing, move |tx| booking::save(tx, &row).unwrap());
        }
        let before = handing.others[0].truth()["calls"]["all"].clone();
        for _ in 0..3 {
            handing.passes(20);
            handing.asks();
        }
        let truth = handing.others[0].truth();
        assert_eq!(truth["calls"]["all"] == before, is_over, "{kind:?}");
        let is_cancelled = truth["deliveries"][0]["status"] == "canceled";
        assert_eq!(is_cancelled, !is_over, "{kind:?}: {truth}");
        let [row] = bookings(&handing, &id).try_into().unwrap();
        assert_eq!(row.state, BookingState::Ended, "{kind:?}");
    }
}

/// E5: what failed and is on its way back is asked for, though its booking is over.
#[test]
fn what_comes_back_is_asked_for() {
    let handing = Handing::to(vec![Other::new("other", plan(Kind::UberDirect))]);
    let id = handing.is_handed_over();
    handing.asks();
    let [row] = bookings(&handing, &id).try_into().unwrap();
    let ended = BookingRow { state: BookingState::Ended, ..row.clone() };
    writes(&handing, move |tx| booking::save(tx, &ended).unwrap());
    let app = &handing.network.world().app;
    let silent = app.store.read(|tx| asked::silent(tx, "other", i64::MAX, 9)).unwrap();
    let names: Vec<_> = silent.iter().map(|row| Some(row.reference.clone())).collect();
    assert_eq!(names, [row.reference]);
}

/// E9: what is heard of it while they are asked to leave it, or to bring it, is not written over.
#[test]
fn what_is_noted_meanwhile_is_kept() {
    for (asked, is_over) in [("/cancel", false), ("/deliveries", false), ("/deliveries", true)] {
        let handing = Handing::to(vec![Other::new("other", plan(Kind::UberDirect))]);
        let id = handing.is_handed_over();
        if asked == "/cancel" {
            handing.asks();
            let path = format!("/v1/deliveries/{id}/cancel");
            assert_eq!(handing.network.served.operator.posts(&path, "c", "{}").status, 200);
        }
        let (app, delivery) = (Arc::clone(&handing.network.world().app), id.clone());
        handing.others[0].meanwhile(asked, move || {
            let write = move |tx: &mut LaneTx<'_>| {
                let row = booking::of_delivery(tx, &delivery)?.pop().unwrap();
                let state = if is_over { BookingState::Ended } else { row.state };
                booking::save(tx, &BookingRow { revision: 7, state, ..row })
            };
            app.store.lane(&lane().unwrap(), write).unwrap();
        });
        handing.asks();
        let [row] = bookings(&handing, &id).try_into().unwrap();
        let is_booked = asked == "/deliveries" && !is_over;
        let state = if is_booked { BookingState::Booked } else { BookingState::Ended };
        assert_eq!((row.state, row.revision.max(7)), (state, row.revision), "{asked} {is_over}");
    }
}

/// E4, E9: it has arrived and was called off, told in either order: the later by their clock is the
/// state of the delivery, and a person is told, once.
#[test]
fn two_ends_in_either_order_are_one_state() {
    let called_off = [("delivered", 3), ("canceled", 2)];
    let arrived = [("delivered", 2), ("canceled", 3)];
    let cases = [("failed", called_off), ("delivered", arrived)];
    let orders = |(state, [a, b]): (&'static str, [(&'static str, i64); 2])| {
        [(state, [a, b]), (state, [b, a])]
    };
    for (state, [first, second]) in cases.into_iter().flat_map(orders) {
        let handing = Handing::to(vec![Other::new("other", plan(Kind::UberDirect))]);
        let id = handing.is_handed_over();
        handing.asks();
        handing.passes(60);
        handing.uber_says("pickup_complete", 0);
        handing.passes(600);
        for (status, minutes) in [first, second] {
            handing.uber_says(status, minutes);
        }
        let shown = handing.network.shows(&id);
        assert_eq!(shown["status"], state, "{first:?}, {second:?}");
        assert_eq!(shown["needs_attention"], "provider_contradicts", "{first:?}, {second:?}");
        assert_eq!(shown["provider"]["conflict"], true, "{first:?}, {second:?}");
        assert_eq!(told_of(&handing, &id), 1, "{first:?}, {second:?}");
        handing.holds();
    }
}

/// E4, E9: handed to the next one because the first had called it off, and then the first says that
/// it has arrived: nobody decides that but a person, who is told until they have said something.
#[test]
fn who_brings_what_was_handed_on_contradicts() {
    let first = Other::new("first", plan(Kind::UberDirect));
    let handing = Handing::to(vec![first, Other::new("second", plan(Kind::DoordashDrive))]);
    let id = handing.is_handed_over();
    handing.asks();
    handing.passes(120);
    handing.uber_says("canceled", 0);
    handing.asks();
    assert_eq!(handing.network.shows(&id)["needs_attention"], serde_json::Value::Null);
    handing.uber_says("delivered", 1);
    let shown = handing.network.shows(&id);
    assert_eq!(shown["provider"]["provider"], "second");
    assert_eq!(shown["needs_attention"], "provider_contradicts");
    for _ in 0..10 {
        handing.passes(60);
        handing.hears_all();
    }
    assert_ne!(handing.status(&id), "requested", "the second is under way");
    assert_eq!(handing.network.shows(&id)["needs_attention"], "provider_contradicts");
    assert_eq!(told_of(&handing, &id), 1);
    let path = format!("/v1/deliveries/{id}/status");
    let said = r#"{"status":"failed","reason":"it was brought by the first"}"#;
    assert_eq!(handing.network.served.operator.posts(&path, "f", said).status, 200);
    assert_eq!(handing.network.shows(&id)["needs_attention"], serde_json::Value::Null);
}

/// How often a person was told of a delivery.
fn told_of(handing: &Handing, delivery: &str) -> usize {
    let app = &handing.network.world().app;
    let (market, _) = app.markets.iter().next().unwrap();
    let lane = dispatch_lane(market).unwrap();
    let told = app.store.read(|tx| outbox::read(tx, &lane, 0, 10_000)).unwrap();
    let is_it = |row: &&Announced| row.kind == "attention.needed" && row.subject == delivery;
    told.iter().filter(is_it).count()
}
