//! Carrying: accepted once, told on step by step, paid for.

use super::{Network, parcel};
use serde_json::{Value, json};

/// C2, C4, C5: from the offer to the door, with everything that is shown on the way, and the pay.
#[test]
fn from_the_offer_to_the_door() {
    let network = Network::new();
    let anna = network.hires("anna", 37.7700, -122.4660);
    let id = network.is_asked(&parcel());
    network.matches();
    assert_eq!(anna.offers(), [id.as_str()]);
    let offer = &anna.work()["offers"][0];
    assert_eq!(offer["expires_at"], "2008-05-25T19:00:20Z");
    assert!((600..800).contains(&offer["distance_m"].as_i64().unwrap()), "{offer}");
    assert_eq!(offer["package"]["phone"], Value::Null, "only who carries it may call");
    let accepted = anna.accepts(&id);
    assert_eq!(accepted.status, 200, "{accepted:?}");
    assert_eq!(accepted.json(), json!({ "accepted": true, "assigned_at": "2008-05-25T19:00:00Z" }));
    network.passes(60);
    assert_eq!(anna.accepts(&id).json(), accepted.json(), "a retry gets the same answer");
    assert!(anna.offers().is_empty());
    network.sees("anna", 37.7660, -122.4660);
    let shown = network.shows(&id);
    assert_eq!(shown["courier"]["name"], "anna");
    assert_eq!(shown["courier_location"]["updated_at"], "2008-05-25T19:01:00Z");
    let before = shown["estimated_arrival"].as_str().unwrap().to_owned();
    for status in ["at_pickup", "picked_up", "at_dropoff", "delivered"] {
        network.passes(300);
        network.sees("anna", 37.7660, -122.4400);
        let told = anna.tells(&id, status);
        assert_eq!(told.json(), json!({ "success": true, "status": status }), "{told:?}");
        assert_eq!(anna.tells(&id, status).status, 200, "repeated");
    }
    let shown = network.shows(&id);
    assert_eq!(shown["courier_location"], Value::Null, "nobody watches who is done");
    assert_eq!(shown["estimated_arrival"], Value::Null);
    assert!(before.as_str() > "2008-05-25T19:05:00Z", "{before}");
    let statuses: Vec<&str> = shown["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["status"].as_str().unwrap())
        .collect();
    let expected = ["requested", "assigned", "at_pickup", "picked_up", "at_dropoff", "delivered"];
    assert_eq!(statuses, expected);
    network.settles();
    let pay = anna.visitor.gets("/v1/couriers/anna/pay").json();
    // Ten minutes from pickup to delivery at twenty dollars an hour, and the tip.
    assert_eq!(pay[0]["tip_minor"], 400, "{pay}");
    assert_eq!(pay[0]["pay_minor"], 333, "{pay}");
    network.settles();
    let again = anna.visitor.gets("/v1/couriers/anna/pay").json();
    assert_eq!(again, pay, "told to the log again it is counted once");
}

/// C5: the impossible is refused with both states, and changes nothing.
#[test]
fn what_cannot_follow_is_refused() {
    let network = Network::new();
    let (anna, bea) =
        (network.hires("anna", 37.77, -122.466), network.hires("bea", 37.77, -122.466));
    let id = network.is_asked(&parcel());
    let refused = |answer: crate::served::Answer, status: u16, code: &str| {
        assert_eq!((answer.status, &answer.problem()["code"]), (status, &json!(code)));
    };
    refused(anna.tells(&id, "picked_up"), 409, "not_your_delivery");
    anna.accepts(&id);
    refused(bea.accepts(&id), 409, "already_assigned");
    refused(bea.tells(&id, "picked_up"), 409, "not_your_delivery");
    refused(anna.declines(&id), 409, "already_assigned");
    let skipped = anna.tells(&id, "delivered");
    let detail = skipped.problem()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("assigned") && detail.contains("delivered"), "{detail}");
    refused(skipped, 409, "impossible_transition");
    refused(anna.says(&id, "accept", &json!({ "courier_id": "bea" })), 403, "forbidden");
    refused(anna.tells("del_nothing", "picked_up"), 404, "not_found");
    let ahead = json!({ "status": "picked_up", "timestamp": "2008-05-25T19:02:00Z" });
    let ahead = anna.says(&id, "status", &ahead);
    assert_eq!(ahead.problem()["errors"][0]["pointer"], "/timestamp");
    let unknown = anna.says(&id, "status", &json!({ "status": "lost" }));
    assert_eq!(unknown.status, 400);
    assert_eq!(anna.tells(&id, "picked_up").status, 200);
    let cancel =
        network.served.operator.asks("POST", &format!("/v1/deliveries/{id}/cancel"), &[], "");
    refused(cancel, 409, "impossible_transition");
    assert_eq!(network.shows(&id)["status"], "picked_up");
    // A phone that was offline tells later when it was; what is before the last state is at it.
    network.passes(600);
    let late = json!({ "status": "delivered", "timestamp": "2008-05-25T18:59:00Z" });
    assert_eq!(anna.says(&id, "status", &late).status, 200);
    assert_eq!(network.shows(&id)["timeline"][3]["at"], "2008-05-25T19:00:00Z");
}

/// C4: capacity is checked with the claim, and a package that does not fit is nobody's.
#[test]
fn nobody_carries_more_than_they_may() {
    let network = Network::new();
    let new = json!({
        "courier_id": "anna", "market": "sf", "vehicle": "bicycle", "capacity": 2,
        "phone": "+14155550100", "name": "Anna Example",
    });
    let anna = network.registers(&new);
    let code = |answer: crate::served::Answer| answer.problem()["code"].clone();
    let first = network.is_asked(&parcel());
    assert_eq!(code(anna.accepts(&first)), "courier_offline");
    anna.goes("online");
    let ids: Vec<String> = (0..2).map(|_| network.is_asked(&parcel())).collect();
    assert_eq!(anna.accepts(&ids[0]).status, 200);
    assert_eq!(anna.accepts(&ids[1]).status, 200);
    assert_eq!(code(anna.accepts(&first)), "courier_full");
    assert_eq!(anna.accepts(&ids[0]).status, 200, "a retry is no third one");
    let mut large = parcel();
    large["package_size"] = json!("large");
    let large = network.is_asked(&large);
    for (status, at) in [("picked_up", 0), ("delivered", 0), ("failed", 1)] {
        assert_eq!(anna.tells(&ids[at], status).status, 200, "{status}");
    }
    assert_eq!(code(anna.accepts(&large)), "does_not_fit");
    assert_eq!(anna.accepts(&first).status, 200);
    // Offline, what is carried is carried on.
    anna.goes("offline");
    assert_eq!(anna.tells(&first, "picked_up").status, 200);
    let work = anna.work();
    assert_eq!(work["online"], false);
    assert_eq!(work["deliveries"][0]["next"], json!(["at_dropoff", "delivered", "failed"]));
    assert_eq!(work["deliveries"][0]["package"]["phone"], "+14155550123");
    // Whoever failed with the package has it until it is back.
    anna.goes("online");
    assert_eq!(anna.tells(&first, "failed").status, 200);
    assert_eq!(anna.work()["deliveries"][0]["next"], json!(["returned"]));
    assert_eq!(anna.tells(&first, "returned").status, 200);
    assert_eq!(anna.work()["deliveries"], json!([]));
    let bad = json!({ "capacity": 51 }).to_string();
    let bad = network.served.operator.asks("PATCH", "/v1/couriers/anna", &[], bad);
    assert_eq!(bad.problem()["errors"][0]["pointer"], "/capacity");
    let changed = json!({ "vehicle": "van" }).to_string();
    let changed = network.served.operator.asks("PATCH", "/v1/couriers/anna", &[], changed);
    assert_eq!(
        (&changed.json()["vehicle"], &changed.json()["capacity"]),
        (&json!("van"), &json!(2))
    );
    assert_eq!(anna.accepts(&large).status, 200);
}
