//! Who may order, look, confirm and call off.

use super::{Shop, basket, id, new_key, with};
use crate::served::Visitor;
use serde_json::{Value, json};

/// D4, D12: a shop's key orders and reserves, and sees what it has ordered; nothing else.
#[test]
fn a_shop_orders_and_sees_its_own() {
    let shop = Shop::new();
    shop.receives("near", &[("oats", 9)]);
    let browser = shop.visitor(&json!({ "role": "shop" }));
    let body = basket(&[("oats", 1)]).to_string();
    let mine = browser.posts("/v1/orders", &new_key(), &body);
    assert_eq!(mine.status, 201, "{mine:?}");
    let held = browser.posts("/v1/reservations", &new_key(), &body).json();
    let mine = mine.json();
    let theirs = shop.places(&basket(&[("oats", 1)]));
    let look = |order: &Value| browser.gets(&format!("/v1/orders/{}", id(order))).status;
    assert_eq!([look(&mine), look(&held), look(&theirs)], [200, 200, 404]);
    let post = |path: String| {
        browser.asks("POST", &path, &[("content-type", "application/json")], "{}").status
    };
    assert_eq!(post(format!("/v1/reservations/{}/confirm", id(&held))), 403);
    assert_eq!(post(format!("/v1/orders/{}/cancel", id(&mine))), 403);
    assert_eq!(post(format!("/v1/reservations/{}/release", id(&theirs))), 404);
    assert_eq!(post(format!("/v1/reservations/{}/release", id(&held))), 200);
    let closed = ["/v1/orders", "/v1/apologies", "/v1/stock?center_id=near", "/v1/deliveries"];
    for path in closed {
        assert_eq!(browser.gets(path).status, 403, "{path}");
    }
    assert_eq!(browser.gets("/v1/me").json()["role"], "shop");
}

/// D4, D13: a merchant orders from their own centres and sees orders with goods of theirs; one with
/// goods of others too they do not call off.
#[test]
fn a_merchant_orders_from_their_own() {
    let shop = Shop::new();
    shop.receives("near", &[("oats", 1)]);
    shop.receives("other", &[("oats", 5), ("beans", 5)]);
    let merchant = |id: &str| shop.visitor(&json!({ "role": "merchant", "merchant_id": id }));
    let (m8, m9) = (merchant("m8"), merchant("m9"));
    let order = |who: &Visitor, lines: &[(&str, i64)]| {
        who.posts("/v1/orders", &new_key(), &basket(lines).to_string())
    };
    assert_eq!(order(&m8, &[("beans", 1)]).problem()["code"], "shortage");
    assert_eq!(order(&m9, &[("beans", 1)]).status, 201);
    let split = with(&basket(&[("oats", 3)]), "on_shortage", json!("split"));
    let split = with(&split, "centers", json!(["near", "other"]));
    shop.enters("count", &super::entry("other", &[("oats", 2)]));
    let both = shop.places(&split);
    let path = format!("/v1/orders/{}", id(&both));
    assert_eq!((m8.gets(&path).status, m9.gets(&path).status), (200, 200));
    let cancelled = m8.asks("POST", &format!("{path}/cancel"), &[], "{}");
    assert_eq!(cancelled.status, 403);
    let listed = |who: &Visitor| who.gets("/v1/orders").json()["data"].as_array().unwrap().len();
    assert_eq!((listed(&m8), listed(&m9)), (1, 2));
    let own = shop.places(&with(&basket(&[("beans", 1)]), "centers", json!(["other"])));
    let path = format!("/v1/orders/{}", id(&own));
    assert_eq!(m8.gets(&path).status, 404);
    assert_eq!(m9.asks("POST", &format!("{path}/cancel"), &[], "{}").status, 200);
}
