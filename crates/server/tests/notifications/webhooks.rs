//! Messages reach who asked for them, signed as the standard has it.

use super::{id_of, network};
use crate::dispatch::sf;
use crate::notifications::listener::{Heard, Listener};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep_server::notifications::{read_until, sign};
use doorstep_server::workers;
use serde_json::{Value, json};
use std::sync::Arc;

/// The signatures of a message, checked against a secret as it was shown.
pub(super) fn signed_by(heard: &Heard, secret: &str) -> bool {
    let secret = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let at_s = heard.header("webhook-timestamp").parse().unwrap();
    let expected = sign(&secret, heard.header("webhook-id"), at_s, heard.body.as_bytes()).unwrap();
    heard.header("webhook-signature").split(' ').any(|signature| signature == expected)
}

/// C11, E3: from request to door, a merchant and an operator are told every state, in order and
/// signed, and nobody is told of others' deliveries.
#[test]
fn a_delivery_is_followed_by_webhook() {
    let network = network("", "");
    let (merchant, operator, other) = (Listener::new(), Listener::new(), Listener::new());
    let own = network.subscribes(&network.merchant("m8"), &merchant, json!({ "ordered": true }));
    assert_eq!(own["merchant_id"], "m8", "a merchant's key says whose it is");
    let kinds = json!({ "types": ["delivery.delivered"], "market": "sf" });
    network.subscribes(&network.served.operator, &operator, kinds);
    network.subscribes(&network.merchant("m9"), &other, json!({}));

    let anna = network.hires("anna", 37.7640, -122.4660);
    let delivery = network.is_asked_by("m8");
    assert_eq!(anna.accepts(&delivery).status, 200);
    for status in ["picked_up", "delivered"] {
        network.passes(60);
        assert_eq!(anna.tells(&delivery, status).status, 200, "{status}");
    }
    network.tells();
    assert_eq!(
        merchant.types(),
        ["delivery.requested", "delivery.assigned", "delivery.picked_up", "delivery.delivered"]
    );
    assert_eq!(operator.types(), ["delivery.delivered"]);
    assert_eq!(other.types(), [""; 0]);
    let secret = own["secret"].as_str().unwrap();
    for heard in merchant.heard() {
        assert!(signed_by(&heard, secret), "{heard:?}");
        assert!(heard.line.starts_with("POST /hook HTTP/1.1"), "{}", heard.line);
        assert!(heard.header("webhook-id").starts_with("msg_") && heard.body.len() < 20_000);
    }
    is_the_message(&merchant.heard()[2].json(), &delivery);
    assert_eq!(network.tells(), 0, "everybody was told once");
    assert!(read_until(&network.world().app, &sf()).unwrap() >= 4);
}

fn is_the_message(message: &Value, delivery: &str) {
    assert_eq!(message["type"], "delivery.picked_up");
    assert_eq!(message["timestamp"], "2008-05-25T19:01:00Z");
    let content = &message["data"];
    let told = (&content["delivery_id"], &content["courier_id"], &content["status"]);
    assert_eq!(told, (&delivery.into(), &"anna".into(), &"picked_up".into()));
    let link = content["tracking_url"].as_str().unwrap();
    assert!(link.starts_with(&format!("https://track.example/track/{delivery}.")), "{link}");
}

/// C11: the threads of a serving process do it by themselves.
#[test]
fn a_serving_process_tells_unasked() {
    let network = network("", "");
    let listener = Listener::new();
    network.subscribes(&network.served.operator, &listener, json!({}));
    let running = workers::start(&Arc::clone(&network.world().app), true).unwrap();
    network.is_asked_by("m8");
    assert!(listener.waits_for(1), "nobody was told in half a minute");
    running.stop();
    assert_eq!(listener.types(), ["delivery.requested"]);
}

/// E3: of an ordered subscription no message overtakes the one before about the same delivery.
#[test]
fn ordered_messages_wait_for_the_one_before() {
    let network = network("", "");
    let (ordered, unordered) = (Listener::new(), Listener::new());
    network.subscribes(&network.served.operator, &ordered, json!({ "ordered": true }));
    network.subscribes(&network.served.operator, &unordered, json!({}));
    let delivery = network.is_asked_by("m8");
    ordered.answers_once("500 Oops", "");
    network.tells();
    let path = format!("/v1/deliveries/{delivery}/cancel");
    let cancelled = network.served.operator.asks("POST", &path, &[], "{\"reason\":\"closed\"}");
    assert_eq!(cancelled.status, 200);
    network.tells();
    assert_eq!(ordered.types(), ["delivery.requested"]);
    assert_eq!(unordered.types(), ["delivery.requested", "delivery.cancelled"]);
    network.passes(10);
    network.tells();
    let types = ["delivery.requested", "delivery.requested", "delivery.cancelled"];
    assert_eq!(ordered.types(), types);
}

/// E3: messages of a stretch of time are sent again under their own names.
#[test]
fn messages_are_replayed_under_their_names() {
    let network = network("", "");
    let listener = Listener::new();
    let subscription = network.subscribes(&network.served.operator, &listener, json!({}));
    for _ in 0..3 {
        network.is_asked_by("m8");
        network.passes(60);
    }
    network.tells();
    let path = format!("/v1/subscriptions/{}/replay", id_of(&subscription));
    let replays = |body: Value| super::does(&network.served.operator, &path, &body);
    let nothing = replays(json!({ "since": "2008-05-25T00:00:00Z" }));
    assert_eq!((nothing.0, &nothing.1["messages"]), (200, &json!(0)), "everything arrived");
    let some = json!({
        "since": "2008-05-25T19:01:00Z", "until": "2008-05-25T19:02:00Z", "all": true,
    });
    assert_eq!(replays(some).1["messages"], 1);
    network.passes(60);
    network.tells();
    let heard = listener.heard();
    assert_eq!(heard.len(), 4);
    assert_eq!(heard[3].header("webhook-id"), heard[1].header("webhook-id"));
    assert_eq!(heard[3].body, heard[1].body);
    assert_ne!(heard[3].header("webhook-timestamp"), heard[1].header("webhook-timestamp"));
    let wrong =
        replays(json!({ "since": "2008-05-25T19:01:00Z", "until": "2008-05-25T19:01:00Z" }));
    assert_eq!((wrong.0, &wrong.1["errors"][0]["pointer"]), (400, &json!("/until")));
}
