//! Reservations: held, confirmed, released, and over in time.

use super::{Shop, basket, id, with};
use serde_json::{Value, json};

fn confirms(shop: &Shop, order: &Value) -> crate::served::Answer {
    let path = format!("/v1/reservations/{}/confirm", id(order));
    shop.says(&path, &json!({ "payment": "pay_1" }))
}

fn releases(shop: &Shop, order: &Value) -> crate::served::Answer {
    shop.says(&format!("/v1/reservations/{}/release", id(order)), &json!({}))
}

/// D12: what is reserved is nobody else's; confirmed, it is delivered.
#[test]
fn a_reservation_is_held_and_confirmed() {
    let shop = Shop::new();
    shop.receives("near", &[("oats", 2)]);
    let body = basket(&[("oats", 2)]).to_string();
    let reserve = || shop.operator().posts("/v1/reservations", "k", &body);
    let (first, again) = (reserve(), reserve());
    assert_eq!((first.status, again.status), (201, 201), "{:?}", first.json());
    assert_eq!(first.body, again.body);
    let held = first.json();
    assert_eq!(
        (&held["status"], &held["expires_at"]),
        (&json!("reserved"), &json!("2008-05-25T19:10:00Z"))
    );
    assert_eq!(shop.orders(&basket(&[("oats", 1)])).problem()["code"], "shortage");
    shop.settles();
    let deliveries =
        || shop.operator().gets("/v1/deliveries").json()["data"].as_array().unwrap().len();
    assert_eq!(deliveries(), 0, "nothing is delivered yet");
    shop.network.passes(599);
    let placed = confirms(&shop, &held);
    assert_eq!(placed.status, 200, "{:?}", placed.json());
    assert_eq!(placed.json()["status"], "placed");
    assert_eq!(placed.json().get("expires_at"), None);
    assert_eq!(confirms(&shop, &held).json(), placed.json(), "repeated, it is so");
    assert_eq!(releases(&shop, &held).problem()["code"], "confirmed");
    shop.network.passes(600);
    assert_eq!(shop.expires(), 0, "what is confirmed does not expire");
    shop.settles();
    assert_eq!(deliveries(), 1);
    let ready = shop.network.shows(held["parts"][0]["delivery_id"].as_str().unwrap());
    assert_eq!(ready["ready_at"], "2008-05-25T19:14:59Z", "picking begins with the payment");
    assert_eq!(reserve().body, first.body, "the answer is that of the first time");
    shop.is_in_order();
}

/// D12: released, its stock is back, once.
#[test]
fn a_reservation_is_released_once() {
    let shop = Shop::new();
    shop.receives("near", &[("oats", 2)]);
    let held = shop.reserves(&basket(&[("oats", 2)])).json();
    for _ in 0..2 {
        let released = releases(&shop, &held);
        assert_eq!((released.status, &released.json()["status"]), (200, &json!("released")));
        assert_eq!(shop.has("near", "oats"), 2);
    }
    assert_eq!(confirms(&shop, &held).problem()["code"], "expired");
    let path = format!("/v1/orders/{}/cancel", id(&held));
    assert_eq!(shop.says(&path, &json!({})).problem()["code"], "released");
    shop.settles();
    assert_eq!(shop.operator().gets("/v1/deliveries").json()["data"], json!([]));
    shop.is_in_order();
}

/// D12: what nobody confirms comes back when its time is over, and is never confirmed after it.
#[test]
fn a_reservation_is_over_in_time() {
    let shop = Shop::new();
    shop.receives("near", &[("oats", 6)]);
    let wanted = basket(&[("oats", 1)]);
    let held: Vec<Value> = [json!(60), json!(120), json!(9_999_999)]
        .into_iter()
        .map(|seconds| shop.reserves(&with(&wanted, "hold_seconds", seconds)).json())
        .collect();
    let until: Vec<&str> = held.iter().map(|held| held["expires_at"].as_str().unwrap()).collect();
    let expected = ["2008-05-25T19:01:00Z", "2008-05-25T19:02:00Z", "2008-05-25T19:10:00Z"];
    assert_eq!(until, expected, "less than the market's, never more");
    shop.network.passes(59);
    assert_eq!(shop.expires(), 0);
    shop.network.passes(1);
    assert_eq!(
        confirms(&shop, &held[0]).problem()["code"],
        "expired",
        "nobody has released it yet"
    );
    assert_eq!((shop.has("near", "oats"), shop.expires(), shop.has("near", "oats")), (3, 1, 4));
    assert_eq!(confirms(&shop, &held[0]).problem()["code"], "expired");
    assert_eq!(shop.shows(&held[0])["status"], "released");
    assert_eq!(confirms(&shop, &held[1]).status, 200);
    shop.network.passes(600);
    assert_eq!(shop.expires(), 1, "of what is left");
    assert_eq!((shop.has("near", "oats"), shop.expires()), (5, 0));
    shop.settles();
    shop.is_in_order();
}

/// D12: several are released in one command, over centres and items.
#[test]
fn many_reservations_are_over_at_once() {
    let shop = Shop::new();
    shop.receives("near", &[("oats", 20)]);
    shop.receives("far", &[("beans", 20)]);
    let wanted = with(&basket(&[("oats", 1), ("beans", 1)]), "on_shortage", json!("split"));
    for _ in 0..20 {
        let held = shop.reserves(&wanted);
        assert_eq!((held.status, held.json()["parts"].as_array().unwrap().len()), (201, 2));
    }
    assert_eq!((shop.has("near", "oats"), shop.has("far", "beans")), (0, 0));
    shop.network.passes(601);
    assert_eq!(shop.expires(), 20);
    assert_eq!((shop.has("near", "oats"), shop.has("far", "beans")), (20, 20));
    shop.is_in_order();
}
