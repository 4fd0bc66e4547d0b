//! What a shop's page asks: where it sells, and an order by its customer's link.

use super::{Shop, basket, with};
use serde_json::json;

/// Whoever may order learns where, in what currency and in whose time.
#[test]
fn a_shop_says_where_it_sells() {
    let shop = Shop::new();
    let browser = shop.visitor(&json!({ "role": "shop" }));
    let sells = browser.gets("/v1/shop");
    let market = json!({ "market": "sf", "currency": "USD", "time_zone": "America/Los_Angeles" });
    assert_eq!(sells.json(), json!({ "markets": [market] }));
    let cases = [("operator", 200), ("gateway", 200), ("shop", 200), ("finance", 403)];
    for (role, status) in cases {
        assert_eq!(
            shop.visitor(&json!({ "role": role })).gets("/v1/shop").status,
            status,
            "{role}"
        );
    }
    assert_eq!(shop.network.served.stranger.gets("/v1/shop").status, 401);
}

/// D13: a link shows what was ordered by its names, where it goes, and when it is expected now.
#[test]
fn a_link_shows_names_and_what_is_expected_now() {
    let shop = Shop::new();
    let anna = shop.network.hires("anna", 37.7645, -122.4650);
    shop.receives("near", &[("oats", 5)]);
    let wanted = basket(&[("oats", 2), ("beans", 1)]);
    let order = shop.places(&with(&wanted, "on_shortage", json!("partial")));
    let link = order["order_url"].as_str().unwrap().strip_prefix("/shop/order/").unwrap();
    let path = format!("/v1/shop/orders/{link}");
    let stranger = &shop.network.served.stranger;
    let before = stranger.gets(&path).json();
    assert_eq!(before["item_names"], json!({ "oats": "something", "beans": "something" }));
    assert_eq!(before["center_names"], json!({ "near": "a shop" }));
    assert_eq!(before["missing"], json!([{ "item_id": "beans", "quantity": 1 }]));
    assert_eq!(before["destination"]["address"], "1 Main St");
    assert_eq!(
        (before["tip_minor"].as_i64(), before["total_minor"].as_i64()),
        (Some(201), Some(698))
    );
    assert_eq!(before["ordered_at"], "2008-05-25T19:00:00Z");
    assert_eq!(before["arrivals"], json!({}), "dispatch does not have it yet");
    for told in ["phone", "email", "basket-9", "second door"] {
        assert!(!before.to_string().contains(told), "{told} is nothing to whoever has the link");
    }
    shop.settles();
    let delivery = order["parts"][0]["delivery_id"].as_str().unwrap();
    shop.network.passes(300);
    shop.network.matches();
    assert_eq!(anna.accepts(delivery).status, 200);
    let carried = stranger.gets(&path);
    let arrival = carried.json()["arrivals"][delivery].clone();
    assert!(arrival.as_str().unwrap() > "2008-05-25T19:05:00Z", "{arrival}");
    let asks = |tag: &str| stranger.asks("GET", &path, &[("if-none-match", tag)], "").status;
    assert_eq!(asks(carried.header("etag")), 304, "what time it is is no news");
    assert_eq!(anna.tells(delivery, "picked_up").status, 200);
    assert_eq!(asks(carried.header("etag")), 200);
    assert_eq!(anna.tells(delivery, "delivered").status, 200);
    let over = stranger.gets(&path).json();
    assert_eq!((over["status"].as_str(), &over["arrivals"]), (Some("delivered"), &json!({})));
}
