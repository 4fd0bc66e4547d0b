//! Who is told may be down, slow, wrong or gone: it is tried again, and the delivery goes on.

use super::webhooks::signed_by;
use super::{does, id_of, network};
use crate::dispatch::Network;
use crate::notifications::listener::Listener;
use doorstep_server::workers;
use serde_json::{Value, json};
use std::sync::Arc;

/// A network with a listener, who is told that something was asked for.
fn told(notifications: &str) -> (Network, Listener, Value, String) {
    let network = network(notifications, "");
    let listener = Listener::new();
    let subscription = network.subscribes(&network.served.operator, &listener, json!({}));
    let delivery = network.is_asked_by("m8");
    (network, listener, subscription, delivery)
}

/// C11, E7, E3: ten attempts over three days by the schedule of the standard, under one name, each
/// with a time and a signature of its own; then it is parked, seen, and can be tried again.
#[test]
fn what_fails_is_tried_again_and_parked_after_the_last_try() {
    let (network, listener, subscription, delivery) = told("");
    listener.answers("500 Oops");
    assert_eq!(network.tells(), 1);
    let rests_s = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
    for (count, rest_s) in (1..).zip(rests_s) {
        network.passes(rest_s - 1);
        assert_eq!(network.tells(), 0, "before rest {count} is over");
        network.passes(rest_s / 10 + 2);
        assert_eq!(network.tells(), 1, "after rest {count}");
    }
    let heard = listener.heard();
    assert_eq!(heard.len(), 10);
    let secret = subscription["secret"].as_str().unwrap();
    for pair in heard.windows(2) {
        assert_eq!(pair[0].header("webhook-id"), pair[1].header("webhook-id"));
        assert_eq!(pair[0].body, pair[1].body);
        assert_ne!(pair[0].header("webhook-timestamp"), pair[1].header("webhook-timestamp"));
        assert!(signed_by(&pair[1], secret));
    }
    assert_eq!(network.shows(&delivery)["status"], "requested", "the state is right all the same");

    let parked = network.tasks("parked");
    assert_eq!((parked.len(), &parked[0]["attempts"]), (1, &json!(10)));
    assert_eq!(parked[0]["last_error"], "status 500");
    let path = format!("/v1/tasks/{}", parked[0]["task_id"].as_str().unwrap());
    let shown = network.served.operator.gets(&path).json();
    assert_eq!(shown["history"].as_array().unwrap().len(), 10);
    listener.answers("204 No Content");
    assert_eq!(does(&network.served.operator, &format!("{path}/retry"), &json!({})).0, 200);
    assert_eq!((network.tells(), network.tasks("parked").len()), (1, 0));
    assert_eq!(listener.heard()[10].header("webhook-id"), heard[0].header("webhook-id"));
    let attempts = format!("/v1/subscriptions/{}/attempts?limit=3", id_of(&subscription));
    let attempts = network.served.operator.gets(&attempts).json();
    assert_eq!(attempts["data"][0]["outcome"], "done");
    assert_eq!(
        (&attempts["data"][1]["detail"], &attempts["has_more"]),
        (&json!("status 500"), &json!(true))
    );
}

/// E3: 410 ends the subscription, with the reason; switched on again, what was missed can be had.
#[test]
fn who_is_gone_is_told_nothing_more() {
    let (network, listener, subscription, _) = told("");
    network.is_asked_by("m8");
    listener.answers("410 Gone");
    network.tells();
    let path = format!("/v1/subscriptions/{}", id_of(&subscription));
    let shown = network.served.operator.gets(&path).json();
    assert_eq!(shown["state"], "disabled");
    assert!(shown["disabled_because"].as_str().unwrap().contains("410"), "{shown}");
    let heard = listener.heard().len();
    network.is_asked_by("m8");
    assert_eq!((network.tells(), listener.heard().len()), (0, heard), "nobody listens");
    let test = does(&network.served.operator, &format!("{path}/test"), &json!({}));
    assert_eq!((test.0, &test.1["code"]), (409, &json!("subscription_disabled")));

    listener.answers("200 OK");
    let enabled = network.served.operator.asks("PATCH", &path, &[], "{\"enabled\":true}");
    assert_eq!((enabled.status, &enabled.json()["state"]), (200, &json!("enabled")));
    let since = json!({ "since": "2008-05-25T00:00:00Z" });
    let replayed = does(&network.served.operator, &format!("{path}/replay"), &since);
    assert_eq!(replayed.1["messages"], 2, "what was dropped is sent");
    network.tells();
    assert_eq!(listener.heard().len(), heard + 2);
}

/// E3: who says that it is too much is left alone for as long as they say, with everything.
#[test]
fn who_is_throttled_says_for_how_long() {
    let by_their_clock = "date: Sun, 06 Nov 1994 08:47:30 GMT\r\n\
                          retry-after: Sun, 06 Nov 1994 08:49:30 GMT\r\n";
    for headers in ["retry-after: 120\r\n", by_their_clock] {
        let (network, listener, ..) = told("");
        listener.answers_once("429 Too Many Requests", headers);
        assert_eq!(network.tells(), 1);
        network.is_asked_by("m8");
        network.passes(119);
        assert_eq!(network.tells(), 0, "neither the first nor the second");
        network.passes(2);
        assert_eq!(network.tells(), 2);
        assert_eq!((listener.heard().len(), network.tasks("waiting").len()), (3, 0));
    }
}

/// C11: whatever an endpoint does, the attempt is noted as what it was, and the delivery goes on.
#[test]
fn every_failure_is_named_and_holds_nothing_up() {
    let (network, listener, _, delivery) = told("patience = \"1s\"");
    let step = |expected: &str| {
        assert_eq!(network.tells(), 1, "{expected}");
        let waiting = network.tasks("waiting");
        let error = waiting[0]["last_error"].as_str().unwrap_or_default().to_owned();
        assert!(error.contains(expected), "{error:?} has no {expected:?}");
        network.passes(100_000);
    };
    listener.answers_once("302 Found", "location: http://127.0.0.1:9/\r\n");
    step("status 302");
    assert_eq!(listener.heard().len(), 1, "it was not followed");
    listener.is_silent();
    step("no answer in time");
    listener.answers("503 Not now");
    step("status 503");
    let cancelled = network.served.operator.asks(
        "POST",
        &format!("/v1/deliveries/{delivery}/cancel"),
        &[],
        "{\"reason\":\"closed\"}",
    );
    assert_eq!((cancelled.status, &network.shows(&delivery)["status"]), (200, &json!("cancelled")));
}

/// C11: one endpoint that is down holds up nobody else.
#[test]
fn one_who_is_down_holds_up_nobody_else() {
    let (network, listener, ..) = told("");
    let down = "http://127.0.0.1:9/nobody";
    let new = json!({ "url": down });
    assert_eq!(does(&network.served.operator, "/v1/subscriptions", &new).0, 201);
    assert_eq!(network.tells(), 2, "one arrives, one does not");
    for _ in 0..5 {
        network.is_asked_by("m8");
    }
    assert_eq!(network.tells(), 5, "those of who is down rest");
    assert_eq!(listener.heard().len(), 6);
    assert_eq!(network.tasks("waiting").len(), 6);
    network.passes(6);
    assert_eq!(network.tells(), 1, "one of them finds out, and the others rest on");
}

/// C11, B11: whoever hangs holds up nobody else: the others are told everything before the first
/// attempt there is over.
#[test]
fn whoever_hangs_holds_up_nobody_else() {
    let network = network("patience = \"12s\"", "");
    let (hangs, listens) = (Listener::new(), Listener::new());
    hangs.is_silent();
    let operator = &network.served.operator;
    let hanging = network.subscribes(operator, &hangs, json!({}));
    network.subscribes(operator, &listens, json!({}));
    for _ in 0..12 {
        network.is_asked_by("m8");
    }
    let running = workers::start(&Arc::clone(&network.world().app), true).unwrap();
    assert!(hangs.waits_for(4), "as many as may at once");
    assert!(listens.waits_for(12));
    let path = format!("/v1/subscriptions/{}/attempts", id_of(&hanging));
    let attempts = operator.gets(&path).json();
    assert_eq!(attempts["data"], json!([]), "they hang still");
    assert_eq!(hangs.heard().len(), 4, "and no more than that");
    drop(running);
}
