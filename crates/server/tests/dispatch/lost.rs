//! What nobody else would notice: couriers gone silent, deliveries without an answer, a process
//! that died in between.

use super::{Network, parcel, sf};
use crate::live::{appends, block, ping};
use crate::served::Served;
use doorstep_server::dispatch::matcher;
use doorstep_server::tracking::tracker::catch_up;
use serde_json::{Value, json};

/// C13: a courier who accepts and falls silent loses it; it is offered again, not to them; they are
/// told.
#[test]
fn a_silent_courier_loses_it() {
    let network = Network::new();
    let anna = network.hires("anna", 37.7645, -122.466);
    let id = network.is_asked(&parcel());
    network.matches();
    anna.accepts(&id);
    network.matches();
    let bea = network.hires("bea", 37.7700, -122.466);
    network.passes(179);
    network.matches();
    assert_eq!(network.shows(&id)["status"], "assigned");
    network.passes(3);
    network.sees("bea", 37.7700, -122.466);
    network.matches();
    let shown = network.shows(&id);
    assert_eq!((&shown["status"], &shown["courier"]), (&json!("requested"), &Value::Null));
    assert_eq!(shown["timeline"][2]["reason"], "the courier was silent");
    assert_eq!(anna.work()["deliveries"], json!([]), "she is told");
    network.matches();
    assert_eq!(bea.offers(), [id.as_str()]);
    assert!(anna.offers().is_empty());
    let late = anna.tells(&id, "picked_up");
    assert_eq!(late.problem()["code"], "not_your_delivery");
    bea.accepts(&id);
    network.settles();
    let standing = network.served.operator.gets(&format!("/v1/deliveries/{id}/position")).json();
    assert_eq!(standing["courier_id"], "bea", "the accountant knows who has it");
}

/// C13: a sign of life is enough, and with the package in their hands it is for a person.
#[test]
fn who_speaks_keeps_it_and_who_has_the_package_is_looked_for() {
    let network = Network::new();
    let anna = network.hires("anna", 37.7645, -122.466);
    let id = network.is_asked(&parcel());
    anna.accepts(&id);
    for _ in 0..4 {
        network.passes(100);
        network.sees("anna", 37.7645, -122.466);
        network.matches();
    }
    assert_eq!(network.shows(&id)["status"], "assigned");
    assert_eq!(anna.tells(&id, "picked_up").status, 200);
    network.passes(200);
    network.matches();
    let shown = network.shows(&id);
    assert_eq!(shown["status"], "picked_up");
    assert_eq!(shown["needs_attention"], "courier_silent");
    let listed = network.served.operator.gets("/v1/deliveries?needs_attention=true").json();
    assert_eq!(listed["data"][0]["delivery_id"], id);
    network.sees("anna", 37.7645, -122.466);
    network.passes(200);
    network.sees("anna", 37.7645, -122.460);
    network.matches();
    assert_eq!(network.shows(&id)["needs_attention"], Value::Null, "she was heard of");
}

/// C13: what nobody takes is for a person after a while, and is offered on.
#[test]
fn what_nobody_takes_is_for_a_person() {
    let network = Network::with("give_up_after = \"1m\"");
    let anna = network.hires("anna", 37.7645, -122.466);
    let id = network.is_asked(&parcel());
    for _ in 0..18 {
        network.matches();
        network.passes(5);
        network.sees("anna", 37.7645, -122.466);
    }
    let shown = network.shows(&id);
    assert_eq!(shown["needs_attention"], "no_courier");
    assert_eq!(shown["status"], "requested");
    for _ in 0..8 {
        network.matches();
        network.passes(3);
    }
    assert_eq!(anna.offers(), [id.as_str()], "she is asked again after her time ran out");
    assert_eq!(anna.accepts(&id).status, 200);
    assert_eq!(network.shows(&id)["needs_attention"], Value::Null);
}

/// C12, C13: a process that dies between any two steps forgets nothing: offers stand, what waits
/// waits, who carries carries, and the last snapshot serves where the live positions are gone.
#[test]
fn a_restart_forgets_nothing() {
    let network = Network::new();
    let mut tracker = crate::live::tracker(network.world());
    let hires = |id: &str| {
        let courier = network.registers(&json!({ "courier_id": id, "market": "sf" }));
        courier.goes("online");
        courier
    };
    let (anna, bea) = (hires("anna"), hires("bea"));
    let pings = [("anna", ping(37.7645, -122.466, 0)), ("bea", ping(37.7650, -122.466, 0))];
    appends(network.world(), "sf", 0, block(&pings));
    catch_up(&network.world().app, &mut tracker).unwrap();
    let carried = network.is_asked(&parcel());
    anna.accepts(&carried);
    let offered = network.is_asked(&parcel());
    network.matches();
    assert_eq!(bea.offers(), [offered.as_str()]);
    let waiting = network.is_asked(&parcel());
    tracker.snapshot(&network.world().app).unwrap();
    let network = restarted(network);
    let app = &network.world().app;
    // The log of pings is read on from the snapshot by the tracker; nothing came since.
    let _tracker = crate::live::tracker(network.world());
    matcher::step(app, &sf()).unwrap();
    let (anna, bea) = (again(&network, "anna"), again(&network, "bea"));
    assert_eq!(bea.offers(), [offered.as_str()], "the offer stands");
    assert_eq!(anna.work()["deliveries"][0]["delivery_id"], carried);
    assert_eq!(bea.accepts(&offered).status, 200);
    assert_eq!(anna.tells(&carried, "picked_up").status, 200);
    assert_eq!(anna.tells(&carried, "delivered").status, 200);
    network.passes(3);
    network.matches();
    assert_eq!(anna.offers(), [waiting.as_str()], "by the last snapshot of where she was");
    network.settles();
    assert_eq!(anna.visitor.gets("/v1/couriers/anna/pay").json()[0]["deliveries"], 1);
}

fn restarted(network: Network) -> Network {
    let Network { served } = network;
    let world = served.ended();
    Network { served: Served::new(world.restarted()) }
}

fn again(network: &Network, id: &str) -> super::Courier {
    super::Courier { id: id.to_owned(), visitor: network.served.courier(id) }
}
