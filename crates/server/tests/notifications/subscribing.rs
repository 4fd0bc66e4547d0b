//! Subscriptions: who may have which, and what is refused.

use super::webhooks::signed_by;
use super::{does, id_of, network};
use crate::notifications::listener::Listener;
use crate::served::Served;
use crate::world::World;
use serde_json::{Value, json};
use std::net::Ipv4Addr;

/// E3: what cannot be is refused with the field and the reason.
#[test]
fn what_cannot_be_a_subscription_is_refused_by_field() {
    let served = Served::new(World::new());
    let url = "https://hooks.example/x";
    let cases = [
        (json!({ "url": "ftp://hooks.example/x" }), "/url"),
        (json!({ "url": "hooks.example" }), "/url"),
        (json!({ "url": "http://127.0.0.1:8080/v1/keys" }), "/url"),
        (json!({ "url": format!("http://{}/", Ipv4Addr::new(10, 1, 2, 3)) }), "/url"),
        (json!({ "url": "http://[::1]/" }), "/url"),
        (json!({ "url": "http://169.254.169.254/latest/meta" }), "/url"),
        (json!({ "url": format!("{url}{}", "x".repeat(2_000)) }), "/url"),
        (json!({ "url": url, "types": ["delivery.delivered", "delivery.eaten"] }), "/types/1"),
        (json!({ "url": url, "types": ["*"] }), "/types/0"),
        (json!({ "url": url, "market": "atlantis" }), "/market"),
        (json!({ "url": url, "label": "two\nlines" }), "/label"),
        (json!({ "url": url, "colour": "red" }), ""),
    ];
    for (new, pointer) in cases {
        let (status, problem) = does(&served.operator, "/v1/subscriptions", &new);
        assert_eq!((status, &problem["errors"][0]["pointer"]), (400, &json!(pointer)), "{new}");
    }
    let fine = json!({ "url": url, "types": ["delivery.delivered"], "market": "sf" });
    assert_eq!(does(&served.operator, "/v1/subscriptions", &fine).0, 201);
    assert_eq!(does(&served.finance, "/v1/subscriptions", &fine).0, 403);
}

/// E3: a merchant's subscriptions are their own, and about their own deliveries.
#[test]
fn merchants_have_their_own() {
    let network = network("", "");
    let (mine, theirs) = (network.merchant("m8"), network.merchant("m9"));
    let listener = Listener::new();
    let subscription = network.subscribes(&mine, &listener, json!({ "label": "ours" }));
    let path = format!("/v1/subscriptions/{}", id_of(&subscription));
    let others = json!({ "url": listener.url, "merchant_id": "m8" });
    let refused = does(&theirs, "/v1/subscriptions", &others);
    assert_eq!((refused.0, &refused.1["errors"][0]["pointer"]), (400, &json!("/merchant_id")));

    let count = |who: &crate::served::Visitor| {
        who.gets("/v1/subscriptions").json()["data"].as_array().unwrap().len()
    };
    assert_eq!((count(&mine), count(&theirs), count(&network.served.operator)), (1, 0, 1));
    assert_eq!(mine.gets(&path).json()["label"], "ours");
    for (method, path) in [
        ("GET", path.clone()),
        ("PATCH", path.clone()),
        ("DELETE", path.clone()),
        ("GET", format!("{path}/attempts")),
    ] {
        assert_eq!(theirs.asks(method, &path, &[], "{}").status, 404, "{method} {path}");
    }
    for what in ["rotate", "test", "replay"] {
        let since = json!({ "since": "2008-05-25T00:00:00Z" });
        assert_eq!(does(&theirs, &format!("{path}/{what}"), &since).0, 404, "{what}");
    }
    let new = json!({ "url": listener.url });
    let mut told = (201, Value::Null);
    for _ in 0..20 {
        told = does(&mine, "/v1/subscriptions", &new);
    }
    assert_eq!((told.0, &told.1["code"]), (409, &json!("too_many_subscriptions")));
}

/// E3: while a secret is replaced both sign; a secret is shown once.
#[test]
fn secrets_are_replaced_without_a_gap_and_shown_once() {
    let network = network("", "");
    let (merchant, listener) = (network.merchant("m8"), Listener::new());
    let new = json!({ "url": listener.url }).to_string();
    let first = merchant.posts("/v1/subscriptions", "one", &new).json();
    let again = merchant.posts("/v1/subscriptions", "one", &new);
    assert_eq!((again.status, again.json().get("secret")), (201, None), "not told twice");
    let path = format!("/v1/subscriptions/{}", id_of(&first));
    let second = does(&merchant, &format!("{path}/rotate"), &json!({})).1;
    let (before, after) = (first["secret"].as_str().unwrap(), second["secret"].as_str().unwrap());
    assert_ne!(before, after);
    assert_eq!(second["secret_before_until"], "2008-05-26T19:00:00Z");
    let shown = merchant.gets(&path);
    assert!(!String::from_utf8_lossy(&shown.body).contains("whsec_"));

    let test = |network: &crate::dispatch::Network| {
        let told = does(&merchant, &format!("{path}/test"), &json!({}));
        assert_eq!(told.0, 200);
        assert_eq!(network.tells(), 1);
        let heard = listener.heard().pop().unwrap();
        assert_eq!(heard.header("webhook-id"), told.1["message_id"].as_str().unwrap());
        assert_eq!(heard.json()["type"], "test");
        heard
    };
    let heard = test(&network);
    assert!(signed_by(&heard, before) && signed_by(&heard, after));
    network.passes(24 * 3_600);
    let heard = test(&network);
    assert!(!signed_by(&heard, before) && signed_by(&heard, after), "the old one has run out");
    let audit = network.served.finance.gets("/v1/audit").json().to_string();
    assert!(audit.contains("subscription.rotate") && !audit.contains("whsec_"));
}

/// E3: what is changed counts for the next message; what is removed is told nothing more.
#[test]
fn subscriptions_are_changed_and_removed() {
    let network = network("", "");
    let (operator, old, new) = (&network.served.operator, Listener::new(), Listener::new());
    let path = format!(
        "/v1/subscriptions/{}",
        id_of(&network.subscribes(operator, &old, json!({ "types": ["delivery.cancelled"] })))
    );
    network.is_asked_by("m8");
    assert_eq!(network.tells(), 0);
    let change = json!({ "url": new.url, "types": ["delivery.requested"], "label": "moved" });
    let changed = operator.asks("PATCH", &path, &[], change.to_string()).json();
    assert_eq!(
        (&changed["types"][0], &changed["label"]),
        (&json!("delivery.requested"), &json!("moved"))
    );
    network.is_asked_by("m8");
    assert_eq!(
        (network.tells(), new.types(), old.heard().len()),
        (1, vec!["delivery.requested".to_owned()], 0)
    );
    let off = operator.asks("PATCH", &path, &[], "{\"enabled\":false}").json();
    assert!(off["disabled_because"].as_str().unwrap().starts_with("disabled by key:"), "{off}");
    let inside = json!({ "url": format!("http://{}/", Ipv4Addr::new(192, 168, 0, 1)) });
    let away = operator.asks("PATCH", &path, &[], inside.to_string());
    assert_eq!((away.status, &away.json()["errors"][0]["pointer"]), (400, &json!("/url")));
    operator.asks("PATCH", &path, &[], "{\"enabled\":true}");

    network.passes(1);
    network.is_asked_by("m8");
    let app = &network.world().app;
    doorstep_server::notifications::step(app, &crate::dispatch::sf()).unwrap();
    assert_eq!(operator.asks("DELETE", &path, &[], "").status, 200);
    assert_eq!((network.tells(), new.heard().len()), (1, 1), "what waited is dropped");
    assert_eq!(operator.gets(&path).status, 404);
    assert_eq!(network.tasks("done")[0]["last_error"], "the subscription was removed");
}

/// E7: operators see tasks by what they are, and give up what nobody needs.
#[test]
fn tasks_are_listed_and_discarded() {
    let network = network("", "");
    let (operator, listener) = (&network.served.operator, Listener::new());
    let subscription = network.subscribes(operator, &listener, json!({}));
    listener.answers("500 Oops");
    network.is_asked_by("m8");
    network.tells();
    let listed = operator.gets(&format!("/v1/tasks?kind=webhook&owner={}", id_of(&subscription)));
    let task = &listed.json()["data"][0];
    assert_eq!((&task["state"], &task["attempts"]), (&json!("waiting"), &json!(1)));
    assert!(task["run_at"].as_str().unwrap() > "2008-05-25T19:00:04Z", "{task}");
    let path = format!("/v1/tasks/{}", task["task_id"].as_str().unwrap());
    let shown = operator.gets(&path).json();
    assert_eq!(shown["payload"]["subscription_id"], subscription["subscription_id"]);
    assert_eq!(does(operator, &format!("{path}/discard"), &json!({})).1["state"], "done");
    let again = does(operator, &format!("{path}/discard"), &json!({}));
    assert_eq!((again.0, &again.1["code"]), (409, &json!("task_done")));
    assert_eq!(operator.gets("/v1/tasks/nothing").status, 404);
    let wrong = operator.gets("/v1/tasks?state=asleep");
    assert_eq!((wrong.status, &wrong.json()["errors"][0]["pointer"]), (400, &json!("state")));
    assert_eq!(network.merchant("m8").gets("/v1/tasks").status, 403);
}
