//! Whoever subscribed hears of deliveries that others carry.

use super::Others;
use crate::dispatch::sf;
use doorstep_server::dispatch::changes::{self, Past};
use doorstep_server::notifications;
use doorstep_server::provider::forward;
use serde_json::{Value, json};

fn told(event: &str, status: &str, at: &str) -> Value {
    json!({ "kind": "event.delivery_status", "id": event, "status": status, "data": {
        "id": "del_9fQ", "status": status, "updated": at } })
}

fn messages(others: &Others) -> Vec<String> {
    let app = &others.served.world.app;
    while forward::step(app).unwrap() > 0 {}
    while notifications::step(app, &sf()).unwrap() > 0 {}
    let tasks = others.gets("/v1/tasks?state=waiting");
    let tasks = tasks["data"].as_array().unwrap().iter();
    let mut bodies: Vec<String> = tasks
        .map(|task| {
            let id = task["task_id"].as_str().unwrap();
            let shown = others.gets(&format!("/v1/tasks/{id}"));
            shown.to_string()
        })
        .collect();
    bodies.sort();
    bodies
}

/// E3, E9: each state of a followed delivery is a message, once, whatever comes again.
#[test]
fn subscribers_hear_of_what_is_followed() {
    let others = Others::trusted(&["uber_direct"]);
    let new = json!({ "url": "https://example.com/hook", "merchant_id": "m8",
        "types": ["delivery.picked_up", "delivery.canceled"] });
    let made = others.served.operator.posts("/v1/subscriptions", "sub", &new.to_string());
    assert_eq!(made.status, 201, "{:?}", String::from_utf8_lossy(&made.body));
    let delivery = others.follows("uber_direct", "del_9fQ");
    let sent = [
        told("evt_1", "pickup", "2026-06-02T19:00:00Z"),
        told("evt_2", "pickup_complete", "2026-06-02T19:10:00Z"),
        told("evt_2", "pickup_complete", "2026-06-02T19:10:00Z"),
        told("evt_3", "pickup", "2026-06-02T19:11:00Z"),
    ];
    for payload in &sent {
        others.sends("uber_direct", payload);
        others.reads();
    }
    let heard = messages(&others);
    assert_eq!(heard.len(), 1, "{heard:?}");
    let said = ["delivery.picked_up", &delivery, "uber_direct", "del_9fQ"];
    assert!(said.iter().all(|word| heard[0].contains(word)), "{}", heard[0]);
    others.sends("uber_direct", &told("evt_4", "canceled", "2026-06-02T19:30:00Z"));
    others.reads();
    assert_eq!(messages(&others).len(), 2);
    // Streams tell the same, with what webhooks do not want.
    let Past::Page(page) = changes::past(&others.served.world.app, &sf(), 0).unwrap() else {
        panic!("nothing was forgotten");
    };
    let kinds: Vec<&str> = page.changes.iter().map(|change| change.kind.as_str()).collect();
    assert_eq!(kinds, ["delivery.en_route_pickup", "delivery.picked_up", "delivery.canceled"]);
    assert!(page.changes.iter().all(|change| change.body.contains("del_9fQ")));
}
