//! Deliveries that were booked elsewhere are followed.

use super::Others;
use crate::dispatch::{parcel, sf};
use crate::served::Visitor;
use crate::world::World;
use doorstep_server::dispatch::relay;
use doorstep_server::keys::{self, NewKey, Role, Secret};
use doorstep_server::{provider, workers};
use serde_json::{Value, json};

fn told(event: &str, status: &str, at: &str) -> Value {
    json!({ "kind": "event.delivery_status", "id": event, "status": status, "data": {
        "id": "del_9fQ", "status": status, "updated": at, "courier": { "name": "Kim" } } })
}

/// E9: what came before it was followed waits, and joins; what comes afterwards does at once.
#[test]
fn what_came_before_waits_and_joins() {
    let others = Others::trusted(&["uber_direct"]);
    others.sends("uber_direct", &told("evt_1", "pickup", "2026-06-02T19:00:00Z"));
    others.reads();
    let waiting = others.gets("/v1/providers/uber_direct/unknown");
    assert_eq!(waiting["data"][0]["reference"], "del_9fQ");
    assert_eq!(waiting["data"][0]["status"], "en_route_pickup");
    let delivery = others.follows("uber_direct", "del_9fQ");
    assert_eq!(others.shows(&delivery)["status"], "en_route_pickup");
    others.sends("uber_direct", &told("evt_2", "pickup_complete", "2026-06-02T19:10:00Z"));
    others.reads();
    let shown = others.shows(&delivery);
    assert_eq!((&shown["status"], &shown["market"]), (&json!("picked_up"), &json!("sf")));
    assert_eq!(shown["provider"]["courier"]["name"], "Kim");
    assert_eq!(shown["provider"]["heard_at"], "2026-06-02T20:00:00Z");
    let none = others.gets("/v1/providers/uber_direct/unknown");
    assert_eq!(none["data"], json!([]));
}

/// E9: the same is followed once; a name that is taken is refused, with the reason.
#[test]
fn a_delivery_is_followed_once() {
    let others = Others::trusted(&["uber_direct", "stuart"]);
    let operator = others.served.operator.clone();
    let first = others.follows("uber_direct", "del_1");
    assert_eq!(others.follows("uber_direct", "del_1"), first);
    assert_ne!(others.follows("stuart", "del_1"), first);
    let key = format!("{}", json!({ "key": "ours" }).to_string().len());
    let ours = operator.posts("/v1/deliveries", &key, &parcel().to_string());
    let ours = ours.json()["delivery_id"].clone();
    let cases = [
        (json!({ "reference": "del_1", "merchant_id": "m9" }), 409, "already_followed"),
        (
            json!({ "reference": "x", "merchant_id": "m8", "delivery_id": ours }),
            409,
            "delivery_exists",
        ),
        (
            json!({ "reference": "x", "merchant_id": "m8", "delivery_id": first }),
            409,
            "delivery_exists",
        ),
        (json!({ "reference": ours, "merchant_id": "m8" }), 400, "invalid"),
        (json!({ "reference": "x" }), 400, "invalid"),
        (json!({ "reference": "x", "merchant_id": "m8", "market": "ny" }), 400, "invalid"),
        (json!({ "reference": "", "merchant_id": "m8" }), 400, "invalid"),
    ];
    for (new, status, code) in cases {
        let answer = others.asks_to_follow(&operator, "uber_direct", &new);
        assert_eq!((answer.status, &answer.problem()["code"]), (status, &json!(code)), "{new}");
    }
    let new = json!({ "reference": "x", "merchant_id": "m8", "delivery_id": "order-7" });
    assert_eq!(others.asks_to_follow(&operator, "uber_direct", &new).status, 201);
    assert_eq!(others.shows("order-7")["status"], Value::Null);
    assert_eq!(others.asks_to_follow(&operator, "nobody", &new).status, 404);
    assert!(others.gets("/v1/check")["violations"] == 0);
}

/// E9: a merchant follows what they name first, and nothing that may be another's; an operator
/// follows anything.
#[test]
fn a_merchant_follows_only_what_is_theirs() {
    let account = "verify = \"none\"\nmerchant_id = \"m8\"";
    let others =
        Others::with(&[("shared", "uber_direct", "verify = \"none\""), ("own", "stuart", account)]);
    let key = |merchant: &str| {
        let new = NewKey {
            role: Role::Merchant,
            courier_id: None,
            merchant_id: Some(merchant.parse().unwrap()),
            label: "a story".to_owned(),
        };
        let secret = Secret::random().unwrap();
        let app = &others.served.world.app;
        let key = keys::create(app, &new, &secret, "test").unwrap().secret;
        others.served.stranger.with_key(&key)
    };
    let (m8, m9) = (key("m8"), key("m9"));
    others.sends("shared", &told("evt_1", "pickup", "2026-06-02T19:00:00Z"));
    others.reads();
    let asks = |who: &Visitor, provider: &str, reference: &str, expected: (u16, Value)| {
        let new = json!({ "reference": reference });
        let answer = others.asks_to_follow(who, provider, &new);
        let code =
            if answer.status == 201 { Value::Null } else { answer.problem()["code"].clone() };
        assert_eq!((answer.status, code), expected, "{provider} {reference}");
    };
    let refused = |code: &str| (409, json!(code));
    asks(&m9, "shared", "del_9fQ", refused("told_before"));
    asks(&m8, "shared", "del_9fQ", refused("told_before"));
    asks(&m8, "shared", "del_first", (201, Value::Null));
    asks(&m9, "shared", "del_first", refused("already_followed"));
    let mut later = told("evt_2", "pickup", "2026-06-02T19:00:00Z");
    later["data"]["id"] = "del_first".into();
    others.sends("shared", &later);
    others.reads();
    asks(&m8, "shared", "del_first", (201, Value::Null));
    asks(&m9, "shared", "del_first", refused("already_followed"));
    asks(&m9, "own", "100", refused("account_of_another"));
    asks(&m8, "own", "100", (201, Value::Null));
    let by_the_operator = json!({ "reference": "del_9fQ", "merchant_id": "m9" });
    let operator = &others.served.operator;
    assert_eq!(others.asks_to_follow(operator, "shared", &by_the_operator).status, 201);
    asks(&m9, "shared", "del_9fQ", (201, Value::Null));
}

/// E4: a normalizer that stops anywhere reads on where it committed: nothing twice, nothing lost.
#[test]
fn a_restart_reads_on() {
    let others = Others::trusted(&["uber_direct"]);
    let delivery = others.follows("uber_direct", "del_9fQ");
    others.sends("uber_direct", &told("evt_1", "pickup", "2026-06-02T19:00:00Z"));
    others.reads();
    others.sends("uber_direct", &told("evt_2", "dropoff", "2026-06-02T19:10:00Z"));
    let Others { served, _secrets } = others;
    let world: World = served.ended().restarted();
    let others = Others { served: crate::served::Served::new(world), _secrets };
    assert_eq!(others.reads(), 1);
    assert_eq!(others.shows(&delivery)["status"], "en_route_dropoff");
    assert_eq!(
        others.gets(&format!("/v1/deliveries/{delivery}/timeline"))["data"][0]["event"],
        "evt_1"
    );
}

/// E9: what is only followed is nobody's sale here and owed to nobody.
#[test]
fn what_is_only_followed_is_not_settled() {
    let others = Others::trusted(&["uber_direct"]);
    let delivery = others.follows("uber_direct", "del_9fQ");
    others.sends("uber_direct", &told("evt_1", "delivered", "2026-06-02T19:10:00Z"));
    others.reads();
    assert_eq!(others.shows(&delivery)["status"], "delivered");
    let app = &others.served.world.app;
    while provider::following::step(app).unwrap() > 0 {}
    while relay::step(app, &sf()).unwrap() > 0 {}
    workers::catch_up(app, &|_| {}).unwrap();
    let settled = others.served.world.settlement("2026-06-02");
    assert_eq!((settled.merchants.len(), settled.providers.len()), (0, 0));
    assert_eq!(others.gets("/v1/check")["violations"], 0);
}
