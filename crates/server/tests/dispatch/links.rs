//! The customer's link.

use super::{Network, parcel};
use serde_json::{Value, json};

/// C7, C16: the link shows the active leg and nothing else, to whoever has it, for a while.
#[test]
fn a_link_shows_the_active_leg_only() {
    let network = Network::new();
    let anna = network.registers(&json!({
        "courier_id": "anna", "market": "sf", "name": "Anna Example", "phone": "+14155550100",
    }));
    anna.goes("online");
    network.sees("anna", 37.7645, -122.466);
    let asked = network.asks(&parcel()).json();
    let id = asked["delivery_id"].as_str().unwrap();
    let link = asked["tracking_url"].as_str().unwrap().replace("/track/", "/v1/track/");
    let customer = &network.served.stranger;
    let sees = || customer.gets(&link).json();
    let seen = sees();
    assert_eq!((&seen["status"], &seen["courier"]), (&json!("requested"), &Value::Null));
    anna.accepts(id);
    let seen = sees();
    assert_eq!(seen["courier"], json!({ "name": "Anna", "vehicle": "car" }), "no last name");
    assert_eq!(seen["courier_location"]["lat"], 37.7645);
    assert!(!seen.to_string().contains("5550"), "nobody's telephone: {seen}");
    let first = customer.gets(&link);
    let tag = first.header("etag").to_owned();
    let polled = customer.asks("GET", &link, &[("if-none-match", &tag)], "");
    assert_eq!(polled.status, 304, "polling costs nothing where nothing has changed");
    anna.tells(id, "picked_up");
    network.sees("anna", 37.7700, -122.4400);
    let polled = customer.asks("GET", &link, &[("if-none-match", &tag)], "");
    assert_eq!(polled.status, 200);
    anna.tells(id, "delivered");
    let seen = sees();
    assert_eq!(seen["courier_location"], Value::Null, "what she does next is nobody's business");
    network.passes(2 * 3_600);
    assert_eq!(sees()["status"], "delivered");
    network.passes(1);
    let gone = customer.gets(&link);
    assert_eq!((gone.status, &gone.problem()["code"]), (410, &json!("link_expired")));
    let forged = [
        link[..link.len() - 1].to_owned() + if link.ends_with('0') { "1" } else { "0" },
        link[..link.len() - 2].to_owned(),
        format!("/v1/track/{id}"),
        format!("/v1/track/{id}."),
        link.replace("del_", "dex_"),
    ];
    for link in forged {
        assert_eq!(customer.gets(&link).status, 404, "{link}");
    }
}

/// A4: the arrival follows each ping.
#[test]
fn the_arrival_follows_each_ping() {
    let network = Network::new();
    let anna = network.hires("anna", 37.7640, -122.466);
    let id = network.is_asked(&parcel());
    anna.accepts(&id);
    anna.tells(&id, "picked_up");
    let mut arrivals = Vec::new();
    for step in 0..5 {
        let share = f64::from(step) / 5.0;
        network.sees("anna", 37.7640 + 0.0315 * share, -122.4660 + 0.0723 * share);
        let shown = network.shows(&id);
        let times = ["arrival_p10", "estimated_arrival", "arrival_p90"];
        let times: Vec<String> =
            times.iter().map(|name| shown[*name].as_str().unwrap().to_owned()).collect();
        assert!(times.is_sorted(), "{times:?}");
        arrivals.push(times[1].clone());
        network.passes(60);
    }
    assert!(arrivals.is_sorted_by(|before, after| before > after), "{arrivals:?}");
}

/// A4: who has several comes to one door after the other, and the arrivals say so.
#[test]
fn the_arrival_counts_the_doors_before() {
    let network = Network::new();
    let anna = network.registers(&json!({ "courier_id": "anna", "market": "sf", "capacity": 2 }));
    anna.goes("online");
    network.sees("anna", 37.7640, -122.466);
    let to = |lat: f64| {
        let mut parcel = parcel();
        parcel["destination_address"] = json!({ "lat": lat, "lng": -122.466 });
        let id = network.is_asked(&parcel);
        anna.accepts(&id);
        anna.tells(&id, "picked_up");
        id
    };
    let arrival = |id: &str| network.shows(id)["estimated_arrival"].as_str().unwrap().to_owned();
    let far = to(37.8000);
    let alone = arrival(&far);
    let near = to(37.7800);
    let (after, before) = (arrival(&far), arrival(&near));
    assert!(before < after, "{before} {after}");
    assert!(alone < after, "the door on the way takes its time: {alone} {after}");
    anna.tells(&near, "delivered");
    assert_eq!(arrival(&far), alone);
}
