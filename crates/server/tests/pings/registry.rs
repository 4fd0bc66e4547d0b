//! Couriers: registered, shown, listed; in one market for good.

use super::{NOON, world};
use crate::served::{Answer, Served};
use serde_json::{Value, json};

fn registers(served: &Served, body: &Value) -> Answer {
    let json = [("content-type", "application/json")];
    served.operator.asks("POST", "/v1/couriers", &json, body.to_string())
}

/// A courier belongs to one market for good; again in the same one changes nothing.
#[test]
fn a_courier_stays_where_they_are() {
    let served = Served::new(world());
    let new = json!({ "courier_id": "finn", "market": "ny" });
    for (registered, known) in [(1, 0), (0, 1)] {
        let answer = registers(&served, &new).json();
        let expected = json!({ "registered": registered, "known": known, "rejected": [] });
        assert_eq!(answer, expected);
    }
    let moved = registers(&served, &json!({ "courier_id": "finn", "market": "sf" }));
    let problem = moved.problem();
    assert_eq!((moved.status, &problem["code"]), (409, &json!("courier_elsewhere")));
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("ny") && detail.contains("sf"), "{detail}");
    let shown = served.operator.gets("/v1/couriers/finn").json();
    let expected = json!({
        "courier_id": "finn", "market": "ny", "registered_at": NOON, "name": null, "phone": null,
        "vehicle": "car", "capacity": 1, "online": false,
    });
    assert_eq!(shown, expected);
    assert_eq!(served.operator.gets("/v1/couriers/gus").status, 404);
}

#[test]
fn each_line_is_told_what_became_of_it() {
    let served = Served::new(world());
    let lines = [
        r#"{"courier_id":"finn","market":"ny"}"#,
        r#"{"courier_id":"anna","market":"sf"}"#,
        r#"{"courier_id":"gus","market":"la"}"#,
        r#"{"courier_id":"carl","market":"sf"}"#,
        r#"{"courier_id":"","market":"sf"}"#,
        r#"{"courier_id":"finn","market":"sf"}"#,
        "{",
        r#"{"courier_id":"hana","market":"sf","colour":"red"}"#,
        r#"{"courier_id":"ida","market":"sf","capacity":0}"#,
        r#"{"courier_id":"jon","market":"sf","phone":"415"}"#,
        r#"{"courier_id":"kim","market":"sf","name":"Kim","vehicle":"van","capacity":4}"#,
    ];
    let ndjson = [("content-type", "application/x-ndjson")];
    let answer = served.operator.asks("POST", "/v1/couriers", &ndjson, lines.join("\n")).json();
    assert_eq!((&answer["registered"], &answer["known"]), (&json!(2), &json!(1)));
    let kim = served.operator.gets("/v1/couriers/kim").json();
    assert_eq!((&kim["vehicle"], &kim["capacity"]), (&json!("van"), &json!(4)));
    let rejected = answer["rejected"].as_array().unwrap().iter();
    let told: Vec<(u64, &str)> = rejected
        .map(|row| (row["line"].as_u64().unwrap(), row["code"].as_str().unwrap()))
        .collect();
    let expected = [
        (3, "unknown_market"),
        (4, "courier_elsewhere"),
        (5, "invalid"),
        (6, "courier_elsewhere"),
        (7, "malformed"),
        (8, "invalid"),
        (9, "invalid"),
        (10, "invalid"),
    ];
    assert_eq!(told, expected);
}

#[test]
fn couriers_are_listed_by_market_page_by_page() {
    let served = Served::new(world());
    let ids = |answer: Answer| -> Vec<String> {
        let rows = answer.json()["data"].clone();
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row["courier_id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(served.operator.gets("/v1/couriers")), ["anna", "bea", "carl", "dora"]);
    assert_eq!(ids(served.operator.gets("/v1/couriers?market=ny")), ["carl", "dora"]);
    let first = served.operator.gets("/v1/couriers?limit=3").json();
    assert_eq!((&first["next_cursor"], &first["has_more"]), (&json!("carl"), &json!(true)));
    assert_eq!(ids(served.operator.gets("/v1/couriers?limit=3&cursor=carl")), ["dora"]);
    assert_eq!(served.operator.gets("/v1/couriers?market=la").status, 404);
}
