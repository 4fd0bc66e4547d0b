//! Whom the matcher asks, and when again.

use super::{Network, parcel};
use serde_json::json;

/// C6: the best three are asked in parallel; after two seconds three more, farther away; whoever
/// loses is told at once.
#[test]
fn three_are_asked_and_then_three_more() {
    let network = Network::new();
    let north = |metres: f64| 37.7640 + metres / 111_195.0;
    let couriers: Vec<_> = (0..8)
        .map(|n| network.hires(&format!("c{n}"), north(400.0 + 800.0 * f64::from(n)), -122.466))
        .collect();
    let all: Vec<&_> = couriers.iter().collect();
    let id = network.is_asked(&parcel());
    network.matches();
    assert_eq!(network.offered(&all), ["c0", "c1", "c2"]);
    network.passes(1);
    network.matches();
    assert_eq!(network.offered(&all).len(), 3, "two seconds are given");
    network.passes(1);
    network.matches();
    assert_eq!(network.offered(&all), ["c0", "c1", "c2", "c3", "c4", "c5"]);
    assert_eq!(couriers[4].accepts(&id).status, 200);
    assert!(network.offered(&all).is_empty(), "everybody else is told at once");
    let next = network.is_asked(&parcel());
    network.matches();
    assert_eq!(network.offered(&all), ["c0", "c1", "c2"], "and free for the next");
    assert_eq!(couriers[0].declines(&next).status, 200);
    network.passes(2);
    network.matches();
    assert_eq!(network.offered(&all), ["c1", "c2", "c3", "c5", "c6"], "c4 is full, c0 declined");
    network.passes(21);
    network.matches();
    assert!(!couriers[0].offers().contains(&next), "who declined is not asked again");
}

/// C6: vehicle, capacity and availability decide who is asked at all; nobody has two offers.
#[test]
fn only_who_can_take_it_is_asked() {
    let network = Network::new();
    let near = network.hires("near", 37.7645, -122.466);
    near.goes("offline");
    let bicycle = network.registers(&json!({
        "courier_id": "bicycle", "market": "sf", "vehicle": "bicycle",
    }));
    bicycle.goes("online");
    network.sees("bicycle", 37.7645, -122.466);
    let van = network.registers(&json!({ "courier_id": "van", "market": "sf", "vehicle": "van" }));
    van.goes("online");
    network.sees("van", 37.7800, -122.466);
    let all = [&near, &bicycle, &van];
    let mut large = parcel();
    large["package_size"] = json!("extra_large");
    let large = network.is_asked(&large);
    network.matches();
    assert_eq!(network.offered(&all), ["van"]);
    let small = network.is_asked(&parcel());
    network.matches();
    assert_eq!(network.offered(&all), ["bicycle", "van"]);
    assert_eq!(van.offers(), [large.as_str()], "one offer at a time");
    assert_eq!(bicycle.offers(), [small.as_str()]);
    near.goes("online");
    network.matches();
    network.passes(2);
    network.matches();
    assert_eq!(near.offers(), [small.as_str()]);
    near.goes("offline");
    assert!(near.offers().is_empty(), "whoever goes is not waited for");
}

/// C1, C6: what is ready later is looked for later; whoever comes online is found by those
/// who had found nobody.
#[test]
fn who_waits_is_served_as_soon_as_may_be() {
    let network = Network::new();
    let id = network.is_asked(&parcel());
    let mut later = parcel();
    later["ready_at"] = json!("2008-05-25T20:00:00Z");
    let later = network.is_asked(&later);
    network.matches();
    let anna = network.hires("anna", 37.7645, -122.466);
    network.matches();
    assert_eq!(anna.offers(), [id.as_str()]);
    anna.accepts(&id);
    let bea = network.hires("bea", 37.7645, -122.466);
    network.matches();
    assert!(bea.offers().is_empty(), "not before it is nearly ready");
    let available = bea.visitor.gets("/v1/deliveries/available").json();
    assert_eq!(available["data"][0]["delivery_id"], later, "but whoever looks may take it");
    network.passes(40 * 60);
    network.sees("bea", 37.7645, -122.466);
    network.matches();
    assert_eq!(bea.offers(), [later.as_str()]);
}

/// C3: what lies open around a courier, with the distance, the nearest first.
#[test]
fn what_lies_open_nearby() {
    let network = Network::new();
    let anna = network.registers(&json!({ "courier_id": "anna", "market": "sf" }));
    let at = |lat: f64| {
        let mut parcel = parcel();
        parcel["origin_address"] = json!({ "lat": lat, "lng": -122.466 });
        network.is_asked(&parcel)
    };
    let (far, near, taken) = (at(37.80), at(37.77), at(37.765));
    let mut huge = parcel();
    huge["package_size"] = json!("extra_large");
    network.is_asked(&huge);
    network.matches();
    let missing = anna.visitor.gets("/v1/deliveries/available").problem();
    assert_eq!(missing["errors"][0]["pointer"], "lat", "nobody knows where she is");
    let path = "/v1/deliveries/available?lat=37.764&lng=-122.466";
    let bea = network.hires("bea", 37.7645, -122.466);
    bea.accepts(&taken);
    network.matches();
    let found = anna.visitor.gets(path).json();
    let ids: Vec<&str> = found["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|open| open["delivery_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, [near.as_str(), far.as_str()]);
    let metres = found["data"][0]["distance_m"].as_i64().unwrap();
    assert!((660..675).contains(&metres), "{metres}");
    let for_bea = format!("{path}&courier_id=bea");
    assert_eq!(anna.visitor.gets(&for_bea).status, 403);
    assert_eq!(network.served.operator.gets(&for_bea).status, 200);
    assert_eq!(network.served.operator.gets(path).problem()["errors"][0]["pointer"], "courier_id");
}

/// C14: how long matching takes is measured, and an alarm looks at it.
#[test]
fn how_long_it_takes_is_measured() {
    doorstep_server::metric::start();
    let network = Network::new();
    let anna = network.hires("anna", 37.7645, -122.466);
    let figure = |name: &str| -> f64 {
        let figures = String::from_utf8(network.served.operator.gets("/metrics").body).unwrap();
        let line = figures.lines().find(|line| line.starts_with(name));
        line.map_or(0.0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
    };
    let (matched, offered) =
        ("doorstep_match_duration_seconds_count", "doorstep_first_offer_seconds_count");
    let before = (figure(matched), figure(offered));
    let id = network.is_asked(&parcel());
    network.matches();
    network.passes(3);
    assert_eq!(anna.accepts(&id).status, 200);
    assert!(figure(matched) > before.0 && figure(offered) > before.1);
    let rules = include_str!("../../../../docs/alerts/doorstep.rules.yml");
    assert!(rules.contains("doorstep_match_duration_seconds_bucket"));
}
