//! What providers told one node or the other is exchanged like every other fact.

use super::line::Line;
use super::{Node, exchange, pair};
use crate::world::SF;
use doorstep_server::provider::normalizer;
use doorstep_server::wire::PROVIDER_EVENTS;
use serde_json::{Value, json};

const PROVIDER: &str = "[providers.uber]\nadapter = \"uber_direct\"\nverify = \"none\"\n";

/// The messages of one delivery, in the order in which things happened; the last one contradicts.
fn messages() -> Vec<Value> {
    let states = ["pending", "pickup", "pickup_complete", "dropoff", "delivered", "canceled"];
    let message = |(number, status): (usize, &&str)| {
        let at = format!("2008-05-25T19:0{number}:00Z");
        json!({
            "id": format!("evt_{number}"), "kind": "event.delivery_status", "created": at,
            "delivery_id": "del_9fQ", "status": status,
            "data": { "id": "del_9fQ", "status": status, "updated": at },
        })
    };
    states.iter().enumerate().map(message).collect()
}

fn hears(node: &Node, message: &Value) {
    let path = "/v1/providers/uber/events";
    let answer = node.served.stranger.asks("POST", path, &[], message.to_string());
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn follows(node: &Node) {
    let body = json!({ "reference": "del_9fQ", "merchant_id": "m8", "delivery_id": "mine" });
    let path = "/v1/providers/uber/deliveries";
    let answer = node.served.operator.posts(path, "once", &body.to_string());
    assert_eq!(answer.status, 201, "{answer:?}");
}

fn reads(nodes: &[&Node]) {
    for node in nodes {
        normalizer::catch_up(&node.world().app).unwrap();
    }
}

fn stands(node: &Node) -> Vec<String> {
    let paths = ["/v1/deliveries/mine", "/v1/deliveries/mine/explain"];
    paths.map(|path| node.says(path)).to_vec()
}

/// E4, E6: two nodes hear different messages of a provider, some both, in orders of their own; each
/// says what it knows. Exchanged, both say the same of the delivery and why, and nothing circles.
#[test]
fn what_providers_told_either_node_both_know() {
    let (west, east) = pair(&format!("{SF}{PROVIDER}"));
    let nodes = [&west, &east];
    let all = messages();
    for message in [&all[4], &all[0], &all[2]] {
        hears(&west, message);
    }
    for message in [&all[5], &all[3], &all[2], &all[1], &all[1]] {
        hears(&east, message);
    }
    reads(&nodes);
    follows(&west);
    follows(&east);
    assert_ne!(stands(&west), stands(&east), "each knows its part");
    exchange(&nodes);
    reads(&nodes);
    assert_eq!(stands(&west), stands(&east));
    let shown: Value = serde_json::from_str(&west.says("/v1/deliveries/mine")).unwrap();
    assert_eq!(shown["provider"]["conflict"], true, "two ends: a person is told: {shown}");
    assert_eq!(nodes.map(|node| node.pulls()), [0, 0], "nothing is given on");
}

fn decides(node: &Node, status: &str) {
    let body = json!({ "status": status, "reason": "seen with own eyes" }).to_string();
    let path = "/v1/deliveries/mine/decision";
    let answer = node.served.finance.posts(path, status, &body);
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// E4, E6: what people decided on either node both know, and the later decision stands on both; a
/// node that was told of it while it stood still follows it once it reads on.
#[test]
fn what_was_decided_on_either_node_stands_on_both() {
    let (west, east) = pair(&format!("{SF}{PROVIDER}"));
    let nodes = [&west, &east];
    for message in &messages() {
        hears(&west, message);
    }
    exchange(&nodes);
    reads(&nodes);
    follows(&west);
    follows(&east);
    east.world().clock.set("2008-05-25T21:00:00Z");
    decides(&east, "canceled");
    assert_ne!(stands(&west), stands(&east));
    west.world().clock.set("2008-05-25T22:00:00Z");
    decides(&west, "delivered");
    exchange(&nodes);
    let east = east.restarts(None);
    let nodes = [&west, &east];
    reads(&nodes);
    assert_eq!(stands(&west), stands(&east));
    let shown: Value = serde_json::from_str(&east.says("/v1/deliveries/mine")).unwrap();
    let provider = &shown["provider"];
    assert_eq!((&shown["status"], &provider["conflict"]), (&json!("delivered"), &json!(false)));
    let trail: Value = serde_json::from_str(&east.says("/v1/audit")).unwrap();
    let all = trail["data"].as_array().unwrap().iter();
    assert_eq!(all.filter(|entry| entry["action"] == "delivery.decide").count(), 2, "{trail}");
    assert_eq!(nodes.map(|node| node.pulls()), [0, 0], "nothing is given on");
}

/// E6: what a provider told is passed over where it is not configured, and pulled once it is.
#[test]
fn what_an_unknown_provider_told_is_pulled_once_it_is_known() {
    let (to_west, to_east) = (Line::new(), Line::new());
    let west = Node::new(&to_west, &[], &format!("{SF}{PROVIDER}"));
    let east = Node::new(&to_east, &[&to_west], SF);
    hears(&west, &messages()[1]);
    reads(&[&west]);
    assert!(east.pulls() > 0);
    reads(&[&east]);
    let letters: Value = serde_json::from_str(&east.says("/v1/dead-letters")).unwrap();
    assert_eq!(letters["data"], json!([]), "nothing of it is a dead letter");
    let east = east.restarts(Some((&[&to_west], &format!("{SF}{PROVIDER}"))));
    assert!(east.pulls() > 0);
    reads(&[&west, &east]);
    follows(&west);
    follows(&east);
    assert_eq!(stands(&west), stands(&east));
}

/// E4, E6: a node that ends after it appended what providers told the other, and before it noted
/// that: what was told is there twice, and once.
#[test]
fn what_was_not_noted_is_told_once() {
    let (west, east) = pair(&format!("{SF}{PROVIDER}"));
    messages().iter().take(5).for_each(|message| hears(&west, message));
    reads(&[&west]);
    follows(&west);
    follows(&east);
    assert_eq!(east.appends_and_ends(&west, PROVIDER_EVENTS), 5);
    let east = east.restarts(None);
    reads(&[&east]);
    let before = stands(&east);
    exchange(&[&west, &east]);
    reads(&[&west, &east]);
    assert_eq!((stands(&east), stands(&west)), (before.clone(), before));
    let timeline: Value = serde_json::from_str(&east.says("/v1/deliveries/mine/timeline")).unwrap();
    let all = timeline["data"].as_array().unwrap().iter();
    assert_eq!(all.filter(|one| one["source"] == "provider").count(), 5, "each once: {timeline}");
}
