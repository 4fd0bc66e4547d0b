//! Asking for a delivery: what is answered, what is refused, and that it is asked for once.

use super::{Network, parcel};
use serde_json::{Value, json};

/// C1: it answers an id, when it will be picked up and arrive, and the customer's link.
#[test]
fn a_delivery_is_asked_for() {
    let network = Network::new();
    let anna = network.hires("anna", 37.7700, -122.4660);
    network.matches();
    let answer = network.asks(&parcel());
    assert_eq!(answer.status, 201, "{answer:?}");
    let asked = answer.json();
    assert_eq!(asked["status"], "requested");
    let id = asked["delivery_id"].as_str().unwrap();
    assert!(id.starts_with("del_"), "{id}");
    let link = asked["tracking_url"].as_str().unwrap();
    assert!(link.starts_with(&format!("/track/{id}.")), "{link}");
    let times = ["estimated_pickup_time", "arrival_p10", "estimated_arrival", "arrival_p90"];
    let times: Vec<&str> = times.iter().map(|name| asked[*name].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert!(times[0] > "2008-05-25T19:00:00Z" && times[3] < "2008-05-25T20:30:00Z", "{times:?}");
    let shown = network.shows(id);
    assert_eq!(shown["package"]["phone"], "+14155550123", "as E.164");
    assert_eq!(shown["origin"]["address"], "1200 Irving St");
    assert_eq!(shown["courier"], Value::Null);
    assert_eq!(shown["timeline"][0]["status"], "requested");
    let metres = shown["distance_m"].as_i64().unwrap();
    assert!((7_000..12_000).contains(&metres), "{metres}");
    assert!(anna.offers().is_empty(), "nobody is asked in the request's own time");
}

/// C1: asked again under the same key it is the same delivery; under it nothing else.
#[test]
fn asked_twice_is_asked_once() {
    let network = Network::new();
    let body = parcel().to_string();
    let ask = |key: &str, body: &str| network.served.operator.posts("/v1/deliveries", key, body);
    let first = ask("k1", &body);
    let again = ask("k1", &body);
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.body, again.body);
    assert_eq!(again.header("idempotency-replayed"), "true");
    let other = ask("k1", &body.replace("400", "500"));
    assert_eq!(other.status, 422);
    assert_eq!(other.problem()["code"], "idempotency_key_reused");
    assert_ne!(ask("k2", &body).body, first.body);
    let headers = [("content-type", "application/json")];
    let keyless = network.served.operator.asks("POST", "/v1/deliveries", &headers, body);
    assert_eq!(keyless.status, 400);
    assert_eq!(keyless.problem()["code"], "idempotency_key_missing");
    let listed = network.served.operator.gets("/v1/deliveries").json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
}

/// C1: what cannot be is refused with the field and the reason, and nothing is kept.
#[test]
fn what_cannot_be_asked_for() {
    let network = Network::new();
    let with = |name: &str, value: Value| {
        let mut parcel = parcel();
        parcel[name] = value;
        parcel
    };
    let without = |name: &str| {
        let mut parcel = parcel();
        parcel.as_object_mut().unwrap().remove(name);
        parcel
    };
    let far = json!({ "lat": 40.7, "lng": -74.0 });
    let cases = [
        ("/market", with("market", json!("atlantis"))),
        ("/merchant_id", without("merchant_id")),
        ("/phone", with("phone", json!("4155550123"))),
        ("/phone", with("phone", json!(""))),
        ("/origin_address", with("origin_address", json!({ "lat": 91, "lng": 0 }))),
        ("/origin_address", with("origin_address", json!("1200 Irving St"))),
        ("/destination_address", with("destination_address", far)),
        ("/destination_address", with("destination_address", json!(""))),
        ("/weight_grams", with("weight_grams", json!(-1))),
        ("/weight_grams", with("weight_grams", json!(1_000_001))),
        ("/order_minor", with("order_minor", json!(-1))),
        ("/tip_minor", with("tip_minor", json!(1_000_000_000_001_i64))),
        ("/ready_at", with("ready_at", json!("2009-05-25T19:00:00Z"))),
        ("/deliver_by", with("deliver_by", json!("2008-05-25T19:00:00Z"))),
        ("/email", with("email", json!("someone at example.com"))),
        ("/instructions", with("instructions", json!("x".repeat(1_001)))),
        ("/reference", with("reference", json!("a\u{7}b"))),
        ("", with("package_size", json!("gigantic"))),
        ("", with("colour", json!("red"))),
        ("", without("phone")),
        ("", without("origin_address")),
        ("", with("ready_at", json!("tomorrow"))),
    ];
    for (pointer, body) in cases {
        let answer = network.asks(&body);
        assert_eq!(answer.status, 400, "{pointer}: {body}");
        let problem = answer.problem();
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let listed = network.served.operator.gets("/v1/deliveries").json();
    assert_eq!(listed["data"], json!([]));
}

/// F3: who may ask for, see and call off what.
#[test]
fn whose_deliveries_are_whose() {
    let network = Network::new();
    let anna = network.hires("anna", 37.7700, -122.4660);
    let bea = network.hires("bea", 37.7700, -122.4660);
    let merchant = |merchant: &str| {
        let new = json!({ "role": "merchant", "merchant_id": merchant }).to_string();
        let made = network.served.operator.posts("/v1/keys", merchant, &new);
        assert_eq!(made.status, 201, "{made:?}");
        network.served.stranger.with_key(made.json()["secret"].as_str().unwrap())
    };
    let (m8, m9) = (merchant("m8"), merchant("m9"));
    let mut own = parcel();
    own.as_object_mut().unwrap().remove("merchant_id");
    let asked = m8.posts("/v1/deliveries", "a", &own.to_string());
    assert_eq!(asked.status, 201, "a merchant's key says whose it is: {asked:?}");
    let id = asked.json()["delivery_id"].as_str().unwrap().to_owned();
    let others = m9.posts("/v1/deliveries", "a", &parcel().to_string());
    assert_eq!(others.problem()["errors"][0]["pointer"], "/merchant_id");
    assert_eq!(anna.accepts(&id).status, 200);
    let path = format!("/v1/deliveries/{id}");
    let finance = &network.served.finance;
    let sees = [(&m8, 200), (&m9, 404), (&anna.visitor, 200), (&bea.visitor, 404), (finance, 403)];
    for (visitor, status) in sees {
        assert_eq!(visitor.gets(&path).status, status);
    }
    assert_eq!(network.served.stranger.gets(&path).status, 401);
    assert_eq!(m8.gets("/v1/deliveries").json()["data"].as_array().unwrap().len(), 1);
    assert_eq!(m9.gets("/v1/deliveries?merchant_id=m8").json()["data"], json!([]));
    assert_eq!(anna.visitor.gets("/v1/deliveries").status, 403);
    let cancel = format!("{path}/cancel");
    assert_eq!(m9.asks("POST", &cancel, &[], "").status, 404);
    assert_eq!(anna.visitor.asks("POST", &cancel, &[], "").status, 403);
    assert_eq!(m8.asks("POST", &cancel, &[], "{\"reason\":\"sold out\"}").status, 200);
    assert_eq!(network.shows(&id)["timeline"][2]["reason"], "sold out");
    let me = anna.visitor.gets("/v1/me").json();
    assert_eq!((&me["role"], &me["courier_id"]), (&json!("courier"), &json!("anna")));
    assert_eq!(m8.gets("/v1/me").json()["merchant_id"], "m8");
}
