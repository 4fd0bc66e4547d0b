//! Deliveries, packages, offers, cards of couriers and secrets, as they are kept.

use crate::engines::{Place, lane, on_each_engine};
use doorstep_domain::dispatch::{PackageSize, Status, Vehicle};
use doorstep_domain::tracking::Position;
use doorstep_store::courier::{self, CourierRow, card};
use doorstep_store::dispatch::{self, Asked, DispatchRow, step};
use doorstep_store::offer::{self, OfferRow, OfferState};
use doorstep_store::package::{self, PackageRow, StopRow};
use doorstep_store::{LaneTx, Store, StoreError, secret};

fn within<T: Send + 'static>(
    store: &Store,
    work: impl Fn(&mut LaneTx<'_>) -> Result<T, StoreError> + Send + 'static,
) -> T {
    store.lane(&lane("dispatch/sf"), work).unwrap()
}

fn stop(address: Option<&str>, lat_e7: i32) -> StopRow {
    let position = Position { lat_e7, lng_e7: -1_224_194_000 };
    StopRow { address: address.map(str::to_owned), position }
}

fn package(delivery: &str, market: &str) -> PackageRow {
    PackageRow {
        delivery: delivery.to_owned(),
        market: market.to_owned(),
        merchant: "m8".to_owned(),
        reference: None,
        origin: stop(Some("1200 Irving St"), 377_640_000),
        destination: stop(None, 377_749_000),
        size: PackageSize::Large,
        weight_g: 1_800,
        phone: "+14155550123".to_owned(),
        phone_as_told: "+1 (415) 555-0123".to_owned(),
        email: Some("someone@example.com".to_owned()),
        instructions: Some("second door".to_owned()),
        requested_at_us: 5,
        requested_by: "key:k".to_owned(),
        ready_at_us: 6,
        deliver_by_us: None,
        order_minor: 2_599,
        tip_minor: 400,
        distance_m: 3_000,
    }
}

fn delivery(id: &str, market: &str, status: Status, courier: Option<&str>) -> DispatchRow {
    let ended = matches!(status, Status::Delivered | Status::Cancelled | Status::Returned);
    DispatchRow {
        delivery: id.to_owned(),
        market: market.to_owned(),
        merchant: "m8".to_owned(),
        status,
        since_us: 5,
        revision: 1,
        courier: courier.map(str::to_owned),
        provider: None,
        handed_to: String::new(),
        fee_minor: None,
        assigned_at_us: courier.map(|_| 5),
        search_since_us: 5,
        rings: 0,
        due_at_us: Some(7),
        attention: None,
        ended_at_us: ended.then_some(9),
    }
}

fn filled(place: &Place) -> Store {
    let store = place.open();
    within(&store, |tx| {
        for (id, market, status, courier) in [
            ("d1", "sf", Status::Requested, None),
            ("d2", "sf", Status::Assigned, Some("anna")),
            ("d3", "sf", Status::PickedUp, Some("anna")),
            ("d4", "sf", Status::Delivered, Some("anna")),
            ("d5", "ny", Status::Assigned, Some("bea")),
        ] {
            package::add(tx, [&package(id, market)])?;
            dispatch::add(tx, [&delivery(id, market, status, courier)])?;
        }
        Ok(())
    });
    store
}

/// C16: a package is read as it was written, and only of what has not ended in bulk.
#[test]
fn packages_are_read_as_they_were_written() {
    on_each_engine(|place| {
        let store = filled(place);
        let read = store.read(|tx| package::load(tx, "d3")).unwrap();
        assert_eq!(read, Some(package("d3", "sf")));
        assert_eq!(store.read(|tx| package::load(tx, "d9")).unwrap(), None);
        let known = store.read(|tx| dispatch::known(tx, &["d3", "d9", "d1"])).unwrap();
        let mut known: Vec<_> = known.into_iter().collect();
        known.sort();
        assert_eq!(known, ["d1", "d3"]);
        let mut open = Vec::new();
        let each = |tx: &mut dyn doorstep_store::Tx| {
            package::each_open(tx, "sf", &mut |package| {
                open.push(package.delivery);
                Ok(())
            })
        };
        store.read(each).unwrap();
        open.sort();
        assert_eq!(open, ["d1", "d2", "d3"]);
        // Written once: a second package of the same delivery is refused.
        let again = store.lane(&lane("dispatch/sf"), |tx| package::add(tx, [&package("d1", "sf")]));
        assert!(matches!(again, Err(StoreError::Constraint { .. })), "{again:?}");
    });
}

#[test]
fn deliveries_are_found_by_all_that_is_asked() {
    on_each_engine(|place| {
        let store = filled(place);
        let taken = DispatchRow {
            status: Status::Assigned,
            revision: 2,
            courier: Some("carl".to_owned()),
            provider: Some("uber".to_owned()),
            handed_to: "doordash uber".to_owned(),
            attention: Some("courier_silent".to_owned()),
            ..delivery("d1", "sf", Status::Requested, None)
        };
        let kept = taken.clone();
        within(&store, move |tx| dispatch::save(tx, &taken));
        assert_eq!(store.read(|tx| dispatch::load(tx, "d1")).unwrap(), Some(kept));
        let any = Asked::default();
        let cases = [
            ("all", any, "", vec!["d5", "d4", "d3", "d2", "d1"]),
            ("before", any, "d3", vec!["d2", "d1"]),
            ("market", Asked { market: "ny", ..any }, "", vec!["d5"]),
            ("status", Asked { status: "assigned", ..any }, "", vec!["d5", "d2", "d1"]),
            ("courier", Asked { courier: "anna", ..any }, "", vec!["d4", "d3", "d2"]),
            ("merchant", Asked { merchant: "m9", ..any }, "", vec![]),
            ("attention", Asked { needs_attention: true, ..any }, "", vec!["d1"]),
            ("both", Asked { courier: "anna", status: "delivered", ..any }, "", vec!["d4"]),
        ];
        for (name, asked, before, expected) in cases {
            let rows = store.read(|tx| dispatch::list(tx, asked, before, 10)).unwrap();
            let ids: Vec<&str> = rows.iter().map(|row| row.delivery.as_str()).collect();
            assert_eq!(ids, expected, "{name}");
        }
        let carried = store.read(|tx| dispatch::carried(tx, "anna")).unwrap();
        assert_eq!(carried.len(), 2, "what was delivered is not carried");
        assert_eq!(store.read(|tx| dispatch::carried_count(tx, "anna")).unwrap(), 2);
        let lost = store.lane(&lane("dispatch/sf"), |tx| {
            dispatch::save(tx, &delivery("d9", "sf", Status::Requested, None))
        });
        assert_eq!(lost, Err(StoreError::NoRow));
    });
}

#[test]
fn offers_end_once_and_who_declined_is_not_asked_again() {
    on_each_engine(|place| {
        let store = filled(place);
        let offer = |courier: &str, expires_at_us| OfferRow {
            delivery: "d1".to_owned(),
            courier: courier.to_owned(),
            state: OfferState::Open,
            offered_at_us: 10,
            expires_at_us,
            answered_at_us: None,
            distance_m: 840,
            pickup_s: 210,
            asked: 1,
        };
        let offers = [offer("anna", 30), offer("bea", 20), offer("carl", 30), offer("dora", 30)];
        let made = offers.to_vec();
        assert_eq!(within(&store, move |tx| offer::make(tx, &made)), 4);
        within(&store, |tx| offer::answer(tx, "d1", "anna", OfferState::Declined, 12));
        within(&store, |tx| offer::answer(tx, "d1", "emil", OfferState::Declined, 12));
        assert_eq!(within(&store, |tx| offer::expire_of_delivery(tx, "d1", 20)), ["bea"]);
        let again = [offer("anna", 50), offer("bea", 50), offer("emil", 50)];
        assert_eq!(within(&store, move |tx| offer::make(tx, &again)), 1, "only bea is asked again");
        let open = |courier: &str, now| {
            let rows = store.read(|tx| offer::open_of_courier(tx, courier, now)).unwrap();
            rows.into_iter().map(|row| (row.expires_at_us, row.asked)).collect::<Vec<_>>()
        };
        assert_eq!(open("anna", 15), []);
        assert_eq!(open("bea", 15), [(50, 2)]);
        assert_eq!(open("carl", 15), [(30, 1)]);
        assert_eq!(open("carl", 30), [], "its time is over");
        assert_eq!(within(&store, |tx| offer::withdraw_of_courier(tx, "dora", 16)), ["d1"]);
        let ended = within(&store, |tx| offer::end_of_delivery(tx, "d1", OfferState::Lost, 17));
        assert_eq!(sorted(ended), ["bea", "carl"]);
        let states: Vec<_> = store.read(|tx| offer::of_delivery(tx, "d1")).unwrap();
        let states: Vec<_> =
            states.iter().map(|row| (row.courier.as_str(), row.state.as_str())).collect();
        let expected = [
            ("anna", "declined"),
            ("bea", "lost"),
            ("carl", "lost"),
            ("dora", "withdrawn"),
            ("emil", "declined"),
        ];
        assert_eq!(states, expected);
    });
}

#[test]
fn steps_are_kept_in_order_and_each_once() {
    on_each_engine(|place| {
        let store = filled(place);
        let row = |revision, status| step::StepRow {
            delivery: "d1".to_owned(),
            revision,
            status,
            courier: None,
            at_us: 5,
            recorded_at_us: 6,
            actor: "key:k".to_owned(),
            reason: Some("because".to_owned()),
        };
        let steps = [row(1, Status::Requested), row(2, Status::Cancelled)];
        for step in steps.clone() {
            within(&store, move |tx| step::add(tx, [&step]));
        }
        assert_eq!(store.read(|tx| step::of(tx, "d1")).unwrap(), steps);
        let twice = row(2, Status::Assigned);
        let twice = store.lane(&lane("dispatch/sf"), move |tx| step::add(tx, [&twice]));
        assert!(matches!(twice, Err(StoreError::Constraint { .. })), "{twice:?}");
    });
}

#[test]
fn cards_and_who_works_now() {
    on_each_engine(|place| {
        let store = place.open();
        let registered = ["anna", "bea"].map(|courier| CourierRow {
            courier: courier.to_owned(),
            market: "sf".to_owned(),
            registered_at_us: 1,
        });
        within(&store, move |tx| courier::add(tx, &registered));
        let card = store.read(|tx| card::load(tx, "anna")).unwrap().unwrap();
        assert_eq!((card.vehicle, card.capacity, card.online), (Vehicle::Car, 1, false));
        let card = card::CardRow {
            name: Some("Anna".to_owned()),
            phone: Some("+14155550100".to_owned()),
            vehicle: Vehicle::Bicycle,
            capacity: 2,
            online: true,
            online_since_us: Some(8),
            ..card
        };
        let saved = card.clone();
        within(&store, move |tx| card::save(tx, &saved));
        assert_eq!(store.read(|tx| card::load(tx, "anna")).unwrap(), Some(card.clone()));
        let mut online = Vec::new();
        let each = |tx: &mut dyn doorstep_store::Tx| {
            card::each_online(tx, "sf", &mut |card| {
                online.push(card);
                Ok(())
            })
        };
        store.read(each).unwrap();
        assert_eq!(online, [card]);
    });
}

#[test]
fn a_secret_is_made_once_whoever_makes_it() {
    on_each_engine(|place| {
        let store = place.open();
        assert_eq!(store.read(|tx| secret::load(tx, "links")).unwrap(), None);
        assert_eq!(within(&store, |tx| secret::keep(tx, "links", b"first")), b"first");
        assert_eq!(within(&store, |tx| secret::keep(tx, "links", b"second")), b"first");
    });
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}
