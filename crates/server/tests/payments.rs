//! Payments: asked for by webhook, answered by webhook; and money that goes back.

use crate::notifications::listener::{Heard, Listener};
use crate::orders::{Shop, basket, id, new_key};
use crate::served::Answer;
use crate::world::{SF, World};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep_domain::time::Micros;
use doorstep_server::notifications::{run_due, sign};
use doorstep_server::payments::cashier;
use doorstep_server::workers;
use serde_json::{Value, json};
use std::fs;
use tempfile::TempDir;

const SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLDER: &str = "bm9ib2R5LWtub3dzLXRoaXMtb25lLXlldA==";

/// A shop whose payments somebody takes.
struct Till {
    shop: Shop,
    gateway: Listener,
    _secrets: TempDir,
}

impl Till {
    fn new() -> Till {
        let (gateway, secrets) = (Listener::new(), TempDir::new().unwrap());
        let file = secrets.path().join("secret");
        fs::write(&file, format!("whsec_{SECRET}\nwhsec_{OLDER}\n")).unwrap();
        let config = format!(
            "[payments]\nurl = \"{}\"\nsecret_file = \"{}\"\n{SF}",
            gateway.url,
            file.display()
        );
        let shop = Shop::in_world(World::with(&config));
        shop.receives("near", &[("oats", 10), ("beans", 10)]);
        Till { shop, gateway, _secrets: secrets }
    }

    fn reserves(&self) -> Value {
        let answer = self.shop.reserves(&basket(&[("oats", 2), ("beans", 1)]));
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()
    }

    /// The cashier looks, and whoever is to be told is; what the gateway has heard of these types.
    fn tells(&self) {
        let app = self.shop.app();
        while cashier::step(app, &crate::dispatch::sf()).unwrap() > 0 {}
        run_due(app, "story").unwrap();
    }

    fn now(&self) -> Micros {
        self.shop.app().clock.now()
    }

    /// The gateway says something, under a name, by a secret, at a time.
    fn says_as(&self, name: &str, secret: &str, at_s: i64, message: &Value) -> Answer {
        let body = message.to_string();
        let secret = STANDARD.decode(secret).unwrap();
        let signature = sign(&secret, name, at_s, body.as_bytes()).unwrap();
        let at = at_s.to_string();
        let headers = [
            ("webhook-id", name),
            ("webhook-timestamp", at.as_str()),
            ("webhook-signature", signature.as_str()),
            ("content-type", "application/json"),
        ];
        self.shop.network.served.stranger.asks("POST", "/v1/payments/events", &headers, body)
    }

    fn says(&self, name: &str, message: &Value) -> Answer {
        self.says_as(name, SECRET, self.now().0 / 1_000_000, message)
    }
}

/// Goods of 897 and a tip of 201.
fn succeeded(order: &Value, payment: &str) -> Value {
    assert_eq!(order["total_minor"], 897);
    json!({ "type": "payment.succeeded", "timestamp": "2008-05-25T19:00:01Z", "data": {
        "order_id": id(order), "payment": payment, "amount_minor": 1098,
    } })
}

fn failed(order: &Value) -> Value {
    json!({ "type": "payment.failed", "timestamp": "2008-05-25T19:00:01Z", "data": {
        "order_id": id(order), "payment": "pay_1",
    } })
}

/// D12: a reservation is asked to be paid, by a message that any library of Standard Webhooks can
/// check; paid, it is placed, and told so again changes nothing.
#[test]
fn a_reservation_is_paid() {
    let till = Till::new();
    let held = till.reserves();
    till.tells();
    till.tells();
    let heard = till.gateway.heard();
    assert_eq!(heard.len(), 1, "once");
    let asked = heard[0].json();
    assert_eq!(asked["type"], "payment.requested");
    let expected = json!({ "order_id": id(&held), "amount_minor": 1098, "currency": "USD",
        "expires_at": "2008-05-25T19:10:00Z", "reference": "basket-9" });
    assert_eq!(asked["data"], expected);
    let at_s = heard[0].header("webhook-timestamp").parse().unwrap();
    let secret = STANDARD.decode(SECRET).unwrap();
    let name = heard[0].header("webhook-id");
    let expected = sign(&secret, name, at_s, heard[0].body.as_bytes()).unwrap();
    assert_eq!(heard[0].header("webhook-signature"), expected);

    for _ in 0..2 {
        let answer = till.says("evt_1", &succeeded(&held, "pay_1"));
        assert_eq!((answer.status, &answer.json()["outcome"]), (200, &json!("confirmed")));
    }
    assert_eq!(till.shop.shows(&held)["status"], "placed");
    till.tells();
    assert_eq!(till.gateway.heard().len(), 1, "nothing is asked back");
    till.shop.is_in_order();
}

/// D12: a payment that failed gives the stock back at once; then it can be somebody else's.
#[test]
fn a_payment_that_failed_releases() {
    let till = Till::new();
    let held = till.reserves();
    for (name, outcome) in [("evt_1", "released"), ("evt_2", "released")] {
        let answer = till.says(name, &failed(&held));
        assert_eq!((answer.status, answer.json()["outcome"].as_str()), (200, Some(outcome)));
    }
    assert_eq!(till.shop.has("near", "oats"), 10);
    let late = till.says("evt_3", &succeeded(&held, "pay_1"));
    assert_eq!(late.json()["outcome"], "asked_back");
    till.shop.is_in_order();
}

/// D12: nobody pays for what they do not get: what comes too late, of another amount, for nothing
/// or for the second time is asked back, once each.
#[test]
fn what_buys_nothing_is_asked_back() {
    let till = Till::new();
    let (late, short, twice) = (till.reserves(), till.reserves(), till.reserves());
    let mut too_little = succeeded(&short, "pay_short");
    too_little["data"]["amount_minor"] = json!(897);
    assert_eq!(till.says("e1", &too_little).json()["outcome"], "asked_back");
    assert_eq!(till.shop.shows(&short)["status"], "reserved", "it may still be paid");
    assert_eq!(till.says("e2", &succeeded(&twice, "pay_a")).json()["outcome"], "confirmed");
    assert_eq!(till.says("e3", &succeeded(&twice, "pay_b")).json()["outcome"], "asked_back");
    assert_eq!(till.says("e3", &succeeded(&twice, "pay_b")).json()["outcome"], "asked_back");
    till.shop.network.passes(601);
    till.shop.expires();
    assert_eq!(till.says("e4", &succeeded(&late, "pay_late")).json()["outcome"], "asked_back");
    let mut unknown = succeeded(&late, "pay_unknown");
    unknown["data"]["order_id"] = json!("ord_nobody");
    assert_eq!(till.says("e5", &unknown).json()["outcome"], "asked_back");
    till.tells();
    let mut back: Vec<(String, i64)> = till
        .gateway
        .heard()
        .iter()
        .map(Heard::json)
        .filter(|told| told["type"] == "payment.refund_requested")
        .map(|told| {
            let payment = told["data"]["payment"].as_str().unwrap().to_owned();
            (payment, told["data"]["amount_minor"].as_i64().unwrap())
        })
        .collect();
    back.sort();
    let expected = [("pay_b", 1098), ("pay_late", 1098), ("pay_short", 897), ("pay_unknown", 1098)];
    assert_eq!(back, expected.map(|(payment, minor)| (payment.to_owned(), minor)));
    till.shop.is_in_order();
}

/// D12: a gateway that is down is asked again, and not for what is over.
#[test]
fn a_gateway_that_is_down_is_asked_again() {
    let till = Till::new();
    till.gateway.answers("503 Service Unavailable");
    till.reserves();
    till.tells();
    assert_eq!(till.gateway.heard().len(), 1);
    till.gateway.answers("200 OK");
    till.shop.network.passes(30);
    till.tells();
    let heard = till.gateway.heard();
    assert_eq!(heard.len(), 2);
    assert_eq!(heard[0].header("webhook-id"), heard[1].header("webhook-id"), "one name");
    assert_eq!(heard[0].body, heard[1].body);

    till.gateway.answers("503 Service Unavailable");
    till.reserves();
    till.tells();
    till.shop.network.passes(601);
    till.gateway.answers("200 OK");
    let before = till.gateway.heard().len();
    till.tells();
    assert_eq!(till.gateway.heard().len(), before, "it is over: nobody is asked for it");
}

/// D12: only whoever has one of the two secrets is heard, and only about now.
#[test]
fn only_the_gateway_is_heard() {
    let till = Till::new();
    let held = till.reserves();
    let (now_s, message) = (till.now().0 / 1_000_000, succeeded(&held, "pay_1"));
    let wrong = STANDARD.encode([7_u8; 32]);
    for (secret, at_s) in [(wrong.as_str(), now_s), (SECRET, now_s - 301), (SECRET, now_s + 301)] {
        let answer = till.says_as("evt_1", secret, at_s, &message);
        assert_eq!(answer.status, 401, "{answer:?}");
    }
    let body = json!({ "type": 7 });
    assert_eq!(till.says("evt_2", &body).status, 400);
    let nothing = json!({ "type": "payment.succeeded", "data": { "payment": "pay_1" } });
    let answer = till.says("evt_3", &nothing);
    assert_eq!((answer.status, &answer.problem()["errors"][0]["pointer"]), (400, &json!("/data")));
    let newer = json!({ "type": "payment.disputed", "data": {} });
    assert_eq!(till.says("evt_4", &newer).json()["outcome"], "ignored");
    assert_eq!(till.shop.shows(&held)["status"], "reserved");
    let answer = till.says_as("evt_5", OLDER, now_s, &message);
    assert_eq!(answer.json()["outcome"], "confirmed", "during a rotation both open");

    let nobody = Shop::new();
    let answer = nobody.network.served.stranger.asks("POST", "/v1/payments/events", &[], "{}");
    assert_eq!(answer.status, 404, "nobody takes payments there");
}

/// D12, D13: what was paid and is called off goes back, less what went back already.
#[test]
fn what_was_paid_and_called_off_goes_back() {
    let till = Till::new();
    let held = till.reserves();
    till.says("evt_1", &succeeded(&held, "pay_1"));
    let path = format!("/v1/orders/{}/refunds", id(&held));
    let refund = json!({ "amount_minor": 199, "reason": "no beans after all" });
    let answer = till.shop.operator().posts(&path, &new_key(), &refund.to_string());
    assert_eq!(answer.status, 201, "{answer:?}");
    let cancelled = till.shop.says(&format!("/v1/orders/{}/cancel", id(&held)), &json!({}));
    assert_eq!(cancelled.status, 200, "{cancelled:?}");
    till.tells();
    till.tells();
    let mut back: Vec<i64> = till
        .gateway
        .heard()
        .iter()
        .map(Heard::json)
        .filter(|told| told["type"] == "payment.refund_requested")
        .map(|told| told["data"]["amount_minor"].as_i64().unwrap())
        .collect();
    back.sort_unstable();
    assert_eq!(back, [199, 201, 698], "beans, the tip, the rest");
    assert_eq!(till.shop.has("near", "oats"), 10);
    till.shop.is_in_order();
}

/// D12, D13: a part that nobody carries is paid back, once; and a gateway that says again that it
/// was paid, long after, is not believed to have been paid twice.
#[test]
fn what_nobody_carries_goes_back() {
    let till = Till::new();
    let held = till.reserves();
    till.says("evt_1", &succeeded(&held, "pay_1"));
    till.shop.settles();
    let delivery = held["parts"][0]["delivery_id"].as_str().unwrap();
    let cancelled = till.shop.says(&format!("/v1/deliveries/{delivery}/cancel"), &json!({}));
    assert_eq!(cancelled.status, 200, "{cancelled:?}");
    till.shop.settles();
    assert_eq!(till.shop.has("near", "oats"), 10);
    for _ in 0..2 {
        assert_eq!(till.says("evt_1", &succeeded(&held, "pay_1")).json()["outcome"], "confirmed");
        till.tells();
    }
    let path = format!("/v1/orders/{}/refunds", id(&held));
    let refund = json!({ "amount_minor": 1, "reason": "again" }).to_string();
    let refused = till.shop.operator().posts(&path, &new_key(), &refund);
    assert_eq!(refused.problem()["code"], "not_charged", "it went back already");
    till.tells();
    let mut back: Vec<i64> = till
        .gateway
        .heard()
        .iter()
        .map(Heard::json)
        .filter(|told| told["type"] == "payment.refund_requested")
        .map(|told| told["data"]["amount_minor"].as_i64().unwrap())
        .collect();
    back.sort_unstable();
    assert_eq!(back, [201, 897]);
    till.shop.is_in_order();
}

/// A6, B6, D4: a refund is never more than was charged, is made once, and is what its merchant sold
/// less: on the open day at once.
#[test]
fn a_refund_is_less_for_its_merchant() {
    let till = Till::new();
    let shop = &till.shop;
    let held = till.reserves();
    let path = format!("/v1/orders/{}/refunds", id(&held));
    let refund = |amount: i64, part: i64| {
        json!({ "amount_minor": amount, "part": part, "reason": "melted" }).to_string()
    };
    let unpaid = shop.operator().posts(&path, &new_key(), &refund(1, 1));
    assert_eq!((unpaid.status, &unpaid.problem()["code"]), (409, &json!("not_charged")));
    till.says("evt_1", &succeeded(&held, "pay_1"));
    for (amount, part, pointer) in
        [(0, 1, "/amount_minor"), (-5, 1, "/amount_minor"), (1, 2, "/part")]
    {
        let answer = shop.operator().posts(&path, &new_key(), &refund(amount, part));
        assert_eq!(answer.problem()["errors"][0]["pointer"], pointer, "{answer:?}");
    }
    let (first, again) = (
        shop.finance().posts(&path, "k1", &refund(349, 1)),
        shop.finance().posts(&path, "k1", &refund(349, 1)),
    );
    assert_eq!((first.status, again.status), (201, 201), "{first:?}");
    assert_eq!(first.json(), again.json());
    assert_eq!(first.json()["refunded_minor"], 349);
    let other = shop.finance().posts(&path, "k1", &refund(350, 1));
    assert_eq!(other.status, 422, "the key was used for another one");
    let too_much = shop.operator().posts(&path, &new_key(), &refund(549, 1));
    assert_eq!((too_much.status, &too_much.problem()["code"]), (409, &json!("too_much")));
    assert_eq!(shop.shows(&held)["parts"][0]["refunded_minor"], 349);

    till.tells();
    workers::catch_up(shop.app(), &|_| {}).unwrap();
    shop.settles();
    let delivery = held["parts"][0]["delivery_id"].as_str().unwrap();
    let anna = shop.network.hires("anna", 37.7640, -122.4660);
    assert_eq!(anna.accepts(delivery).status, 200);
    for status in ["picked_up", "delivered"] {
        assert_eq!(anna.tells(delivery, status).status, 200);
    }
    shop.network.settles();
    workers::catch_up(shop.app(), &|_| {}).unwrap();
    let settled = shop.network.world().settlement("2008-05-25");
    assert_eq!(settled.merchants[0].sales_minor, 897 - 349);
    let merchant = shop.visitor(&json!({ "role": "merchant", "merchant_id": "m9" }));
    let answer = merchant.posts(&path, &new_key(), &refund(1, 1));
    assert!(matches!(answer.status, 400 | 403 | 404), "it is not theirs: {answer:?}");
    shop.is_in_order();
}
