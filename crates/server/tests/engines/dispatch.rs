//! Two processes that dispatch in one market, on one store: neither knows of the other.

use super::{Database, beside, server};
use crate::dispatch::{Courier, Network, parcel, sf};
use crate::live::stream::Stream;
use crate::live::{block, ping};
use crate::served::Served;
use crate::world::{SF, World};
use doorstep_domain::dispatch::Status;
use doorstep_domain::tracking::Ping;
use doorstep_log::Record;
use doorstep_server::app::App;
use doorstep_server::dispatch::changes;
use doorstep_server::dispatch::claims::{self, Saying};
use doorstep_server::dispatch::matcher;
use doorstep_server::error::AppError;
use doorstep_server::tracking::tracker::turns::Budget;
use doorstep_server::tracking::tracker::{Tracker, catch_up};
use doorstep_server::wire::PINGS;
use doorstep_store::StoreError;
use doorstep_store::offer::{self, OfferState};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Barrier;

/// A network whose store is in Postgres.
fn network(server: &str) -> Network {
    let world = World::on(Some(Database::on(server)), SF);
    Network { served: Served::new(world) }
}

/// Pings of now reach a process's own map.
fn sees(app: &App, pings: &[(&str, Ping)]) {
    let now = app.clock.now();
    let pings: Vec<(&str, Ping)> =
        pings.iter().map(|(courier, ping)| (*courier, Ping { at: now, ..*ping })).collect();
    let record = Record { key: b"sf".to_vec(), value: block(&pings) };
    app.log.append_to(PINGS, 0, vec![record], now.0).unwrap();
    catch_up(app, &mut Tracker::restored(app, Budget::default()).unwrap()).unwrap();
}

/// What a courier says at a process.
fn says(app: &App, courier: &Courier, delivery: &str, status: Status) {
    let saying = Saying {
        status,
        at: None,
        reason: None,
        courier: Some(courier.id.parse().unwrap()),
        actor: "a story".to_owned(),
    };
    claims::advance(app, delivery, &saying).unwrap();
}

/// C4: couriers accept one delivery at two processes in the same instant: one has it, the others
/// are told so at either, and what follows may be said at either.
#[test]
fn two_processes_never_give_one_delivery_to_two_couriers() {
    let Some(server) = server() else { return };
    let network = network(&server);
    let (other, _directory) = beside(network.world());
    let apps: [&App; 2] = [&network.world().app, &other];
    let couriers: Vec<Courier> = (0..12)
        .map(|n| network.registers(&json!({ "courier_id": format!("c{n}"), "market": "sf" })))
        .collect();
    couriers.iter().for_each(|courier| courier.goes("online"));
    for round in 0..10 {
        let id = network.is_asked(&parcel());
        let start = Barrier::new(couriers.len());
        let accepts = |n: usize, courier: &Courier| {
            start.wait();
            claims::accept(apps[n % 2], &id, &courier.id.parse().unwrap(), "a story")
        };
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let accepts = &accepts;
            let runs = couriers.iter().enumerate();
            let runs: Vec<_> = runs.map(|(n, who)| scope.spawn(move || accepts(n, who))).collect();
            runs.into_iter().map(|run| run.join().unwrap()).collect()
        });
        let winners: Vec<usize> =
            (0..couriers.len()).filter(|courier| outcomes[*courier].is_ok()).collect();
        assert_eq!(winners.len(), 1, "{outcomes:?}");
        for refused in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            let AppError::Refused { code, .. } = refused else { panic!("{refused}") };
            assert_eq!(*code, "already_assigned");
        }
        let winner = &couriers[winners[0]];
        assert_eq!(network.shows(&id)["courier"]["courier_id"], winner.id);
        says(apps[round % 2], winner, &id, Status::PickedUp);
        says(apps[(round + 1) % 2], winner, &id, Status::Delivered);
    }
}

/// E3: a stream tells what another process decided, and a place in it is the same in both.
#[test]
fn a_stream_tells_what_another_process_decided() {
    let Some(server) = server() else { return };
    let network = network(&server);
    let (other, _directory) = beside(network.world());
    let anna = network.registers(&json!({ "courier_id": "anna", "market": "sf" }));
    anna.goes("online");
    let mut stream = Stream::of(&network.served.operator, "/v1/deliveries/events", "");
    let id = network.is_asked(&parcel());
    claims::accept(&other, &id, &"anna".parse().unwrap(), "a story").unwrap();
    says(&other, &anna, &id, Status::PickedUp);
    stream.expects("delivery.requested");
    let place: i64 = stream.id.parse().unwrap();
    stream.expects("delivery.assigned");
    stream.expects("delivery.picked_up");
    let changes::Past::Page(page) = changes::past(&other, &sf(), place).unwrap() else {
        panic!("it is not known there");
    };
    let kinds: Vec<&str> = page.changes.iter().map(|change| change.kind.as_str()).collect();
    assert_eq!(kinds, ["delivery.assigned", "delivery.picked_up"]);
}

/// C4: one courier accepts at two processes at once more than they can carry: they have what fits.
#[test]
fn two_processes_never_give_a_courier_more_than_fits() {
    let Some(server) = server() else { return };
    let network = network(&server);
    let (other, _directory) = beside(network.world());
    let apps: [&App; 2] = [&network.world().app, &other];
    let anna = network.registers(&json!({ "courier_id": "anna", "market": "sf", "capacity": 3 }));
    anna.goes("online");
    let ids: Vec<String> = (0..12).map(|_| network.is_asked(&parcel())).collect();
    let start = Barrier::new(ids.len());
    let won: usize = std::thread::scope(|scope| {
        let accept = |(n, id): (usize, &String)| {
            let (start, app, id) = (&start, apps[n % 2], id.clone());
            scope.spawn(move || {
                start.wait();
                usize::from(claims::accept(app, &id, &"anna".parse().unwrap(), "x").is_ok())
            })
        };
        let runs: Vec<_> = ids.iter().enumerate().map(accept).collect();
        runs.into_iter().map(|run| run.join().unwrap()).sum()
    });
    assert_eq!(won, 3);
    assert_eq!(anna.work()["deliveries"].as_array().unwrap().len(), 3);
}

/// C6, C13: two matchers look at the same deliveries: each is offered to three at first, nobody is
/// asked about two at once, and in the end all are asked about.
#[test]
fn two_matchers_ask_as_one() {
    let Some(server) = server() else { return };
    let network = network(&server);
    let (other, _directory) = beside(network.world());
    let apps: [&App; 2] = [&network.world().app, &other];
    let names: Vec<String> = (0..24).map(|n| format!("c{n:02}")).collect();
    let couriers: Vec<Courier> = names
        .iter()
        .map(|name| network.registers(&json!({ "courier_id": name, "market": "sf" })))
        .collect();
    couriers.iter().for_each(|courier| courier.goes("online"));
    let place = |n: usize| ping(37.7640 + n as f64 * 0.0002, -122.4660, 0);
    // To the other process they are where they were before they changed places: it knows others as
    // the nearest.
    let seen = |place_of: &dyn Fn(usize) -> usize| -> Vec<(&str, Ping)> {
        let couriers = names.iter().enumerate();
        couriers.map(|(n, name)| (name.as_str(), place(place_of(n)))).collect()
    };
    sees(apps[0], &seen(&|n| n));
    sees(apps[1], &seen(&|n| 23 - n));
    let ids: Vec<String> = (0..6).map(|_| network.is_asked(&parcel())).collect();
    let start = Barrier::new(2);
    std::thread::scope(|scope| {
        for app in apps {
            let start = &start;
            scope.spawn(move || {
                start.wait();
                (0..4).for_each(|_| assert!(matcher::step(app, &sf()).unwrap() >= 0));
            });
        }
    });
    let mut asked = BTreeSet::new();
    for id in &ids {
        let offers = network.world().app.store.read(|tx| offer::of_delivery(tx, id));
        let offers: Vec<_> = Result::<_, StoreError>::unwrap(offers);
        let open: Vec<_> = offers.iter().filter(|row| row.state == OfferState::Open).collect();
        assert!((1..=3).contains(&open.len()), "{offers:?}");
        for offer in open {
            assert!(asked.insert(offer.courier.clone()), "{} is asked twice", offer.courier);
        }
    }
}
