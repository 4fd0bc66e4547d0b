//! The customer's link.

use super::{Network, parcel};
use crate::world::SF;
use doorstep_server::config::Config;
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

/// C7: who asks every few seconds is answered in full where something is new, and else not.
#[test]
fn asking_again_costs_nothing_while_nothing_is_new() {
    let network = Network::new();
    let anna = network.hires("anna", 37.7640, -122.466);
    let asked = network.asks(&parcel()).json();
    let id = asked["delivery_id"].as_str().unwrap();
    let link = asked["tracking_url"].as_str().unwrap().replace("/track/", "/v1/track/");
    let customer = &network.served.stranger;
    let tag = || customer.gets(&link).header("etag").to_owned();
    let again = |tag: &str| customer.asks("GET", &link, &[("if-none-match", tag)], "").status;
    // It is noon exactly: estimates of what nobody has move on every quarter of a minute.
    let first = tag();
    network.passes(14);
    assert_eq!(again(&first), 304);
    network.passes(1);
    assert_eq!(again(&first), 200);
    anna.accepts(id);
    let accepted = tag();
    network.passes(5);
    assert_eq!(again(&accepted), 304, "her estimate is that of her last report");
    // Long after she should have been there it may be any minute, and another one each minute.
    network.passes(3_600);
    let late = tag();
    network.passes(30);
    assert_eq!(again(&late), 304);
    network.passes(30);
    assert_eq!(again(&late), 200);
}

/// C7, C16: how long a link opens is the market's to say, within limits.
#[test]
fn a_link_opens_for_as_long_as_is_configured() {
    let network = Network::with("link_after = \"90s\"");
    let anna = network.hires("anna", 37.7645, -122.466);
    let asked = network.asks(&parcel()).json();
    let id = asked["delivery_id"].as_str().unwrap();
    let link = asked["tracking_url"].as_str().unwrap().replace("/track/", "/v1/track/");
    let opens = || network.served.stranger.gets(&link).status;
    anna.accepts(id);
    network.passes(10_000);
    assert_eq!(opens(), 200, "only the end lets it expire");
    anna.tells(id, "failed");
    network.passes(90);
    assert_eq!(opens(), 200);
    network.passes(1);
    assert_eq!(opens(), 410);
    let cases = [("0s", false), ("1s", true), ("720h", true), ("721h", false), ("soon", false)];
    for (length, may_be) in cases {
        let text = format!("{SF}[markets.sf.dispatch]\nlink_after = \"{length}\"");
        let parsed = Config::parse(&text);
        assert_eq!(parsed.is_ok(), may_be, "{length}: {parsed:?}");
        assert!(may_be || parsed.unwrap_err().contains("link_after"), "{length}");
    }
}

/// C7, F2: the link's map is drawn on the streets around, and on no others; nobody needs a key.
#[test]
fn a_link_shows_the_streets_around() {
    let network = Network::new();
    let asked = network.asks(&parcel()).json();
    let link = asked["tracking_url"].as_str().unwrap().replace("/track/", "/v1/track/");
    let (streets, customer) = (format!("{link}/streets"), &network.served.stranger);
    let names = || {
        let shown = customer.gets(&streets);
        assert_eq!(shown.header("content-type"), "application/geo+json");
        let shown = shown.json();
        let features = shown["features"].as_array().unwrap().iter();
        let name = |feature: &Value| feature["properties"]["name"].as_str().unwrap().to_owned();
        features.map(name).collect::<Vec<_>>()
    };
    assert!(names().is_empty(), "before any were imported");
    let street = |name: &str, from: [f64; 2], to: [f64; 2]| {
        let properties = json!({ "id": name, "name": name, "class": "residential" });
        let geometry = json!({ "type": "LineString", "coordinates": [from, to] });
        json!({ "type": "Feature", "properties": properties, "geometry": geometry }).to_string()
    };
    let imports = |lines: &[String]| {
        let plain = [("content-type", "application/x-ndjson")];
        let path = "/v1/streets?market=sf";
        let sent = network.served.operator.asks("POST", path, &plain, lines.join("\n"));
        assert_eq!(sent.json()["accepted"], lines.len(), "{sent:?}");
    };
    imports(&[
        street("between", [-122.43, 37.78], [-122.42, 37.78]),
        street("900 m south", [-122.45, 37.756], [-122.44, 37.756]),
        street("1,200 m south", [-122.45, 37.753], [-122.44, 37.753]),
        street("900 m east", [-122.3835, 37.79], [-122.37, 37.79]),
        street("1,200 m east", [-122.380, 37.79], [-122.37, 37.79]),
    ]);
    assert_eq!(names(), ["900 m east", "900 m south", "between"]);
    let tag = customer.gets(&streets).header("etag").to_owned();
    assert!(tag.starts_with("\"gz-"), "{tag}");
    let again = || customer.asks("GET", &streets, &[("if-none-match", &tag)], "");
    assert_eq!((again().status, again().body.len()), (304, 0));
    let plain = customer.asks("GET", &streets, &[("accept-encoding", "identity")], "");
    assert_eq!(plain.json(), customer.gets(&streets).json());
    imports(&[street("new", [-122.43, 37.77], [-122.42, 37.77])]);
    assert_eq!(again().status, 200, "the streets are others now");
    assert_eq!(customer.gets(&streets.replace("/streets", "0/streets")).status, 404);
    let id = asked["delivery_id"].as_str().unwrap();
    let headers = [("content-type", "application/json"), ("idempotency-key", "off")];
    let cancel = format!("/v1/deliveries/{id}/cancel");
    assert_eq!(network.served.operator.asks("POST", &cancel, &headers, "{}").status, 200);
    network.passes(2 * 3_600 + 1);
    assert_eq!(customer.gets(&streets).problem()["code"], "link_expired");
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
