//! What cannot be ordered, and why.

use super::{Shop, basket, id, with};
use doorstep_server::stock::put::{put_centers, put_items};
use serde_json::{Value, json};

/// D4: what cannot be is refused with the field and the reason, and nothing is taken.
#[test]
fn what_cannot_be_ordered() {
    let shop = Shop::new();
    shop.receives("near", &[("oats", 9)]);
    let good = basket(&[("oats", 1)]);
    let with = |name: &str, value: Value| with(&good, name, value);
    let line = |field: &str, value: Value| {
        let mut line = json!({ "item_id": "oats", "quantity": 1 });
        line[field] = value;
        with("lines", json!([line]))
    };
    let customer = |field: &str, value: Value| {
        let mut customer = json!({ "phone": "+14155550123" });
        customer[field] = value;
        with("customer", customer)
    };
    let many: Vec<Value> =
        (0..101).map(|n| json!({ "item_id": format!("i{n}"), "quantity": 1 })).collect();
    let twice = json!([{ "item_id": "oats", "quantity": 1 }, { "item_id": "oats", "quantity": 2 }]);
    let cases = [
        ("/market", with("market", json!("atlantis"))),
        ("/customer/phone", customer("phone", json!("4155550123"))),
        ("/customer/email", customer("email", json!("nobody"))),
        ("/customer/name", customer("name", json!("a\u{7}b"))),
        ("/lines", with("lines", json!([]))),
        ("/lines", with("lines", json!(many))),
        ("/lines/1/item_id", with("lines", twice)),
        ("/lines/0/item_id", line("item_id", json!("unicorn"))),
        ("/lines/0/quantity", line("quantity", json!(0))),
        ("/lines/0/quantity", line("quantity", json!(1_001))),
        ("/lines/0/price_minor", line("price_minor", json!(-1))),
        ("/centers", with("centers", json!([]))),
        ("/centers/0", with("centers", json!(["nowhere"]))),
        ("/tip_minor", with("tip_minor", json!(-1))),
        ("/instructions", with("instructions", json!("x".repeat(1_001)))),
        ("/reference", with("reference", json!("\u{1b}[2J"))),
        ("/destination_address", with("destination_address", json!({ "lat": 91, "lng": 0 }))),
        ("/hold_seconds", with("hold_seconds", json!(60))),
        ("", with("on_shortage", json!("steal"))),
        ("", with("surprise", json!(1))),
        ("", line("surprise", json!(1))),
    ];
    for (pointer, asked) in cases {
        let answer = shop.orders(&asked);
        assert_eq!(answer.status, 400, "{pointer} {asked}");
        assert_eq!(answer.problem()["errors"][0]["pointer"], pointer, "{asked}");
    }
    let held = shop.reserves(&with("hold_seconds", json!(0)));
    assert_eq!(held.problem()["errors"][0]["pointer"], "/hold_seconds");
    assert_eq!(shop.has("near", "oats"), 9);
    assert_eq!(shop.operator().gets("/v1/orders").json()["data"], json!([]));
}

/// D4: out of reach, closed, of another price: each says so, and nothing is taken.
#[test]
fn what_the_present_state_does_not_allow() {
    let shop = Shop::new();
    shop.receives("near", &[("oats", 9)]);
    let good = basket(&[("oats", 1)]);
    let code = |asked: &Value| {
        let answer = shop.orders(asked);
        assert_eq!(answer.status, 409, "{asked}");
        answer.problem()["code"].as_str().unwrap().to_owned()
    };
    let mut cheap = good.clone();
    cheap["lines"][0]["price_minor"] = json!(348);
    assert_eq!(code(&cheap), "price_changed");
    cheap["lines"][0]["price_minor"] = json!(349);
    assert_eq!(shop.orders(&cheap).status, 201);
    let said = json!({ "name": "Oats", "category": "FOOD", "prices": { "sf": 359 } });
    let oats = ("oats".parse().unwrap(), serde_json::from_value(said).unwrap());
    put_items(shop.app(), &[oats]).unwrap();
    assert_eq!(code(&cheap), "price_changed");
    assert_eq!(shop.places(&good)["total_minor"], 359);

    let elsewhere = json!({ "lat": 40.7, "lng": -74.0 });
    assert_eq!(code(&with(&good, "destination_address", elsewhere)), "out_of_reach");
    let other = with(&good, "centers", json!(["other"]));
    assert_eq!(code(&other), "shortage", "only from there");
    let said = |center: &str, merchant: &str, lat: f64, lng: f64| {
        let said = json!({
            "market": "sf", "merchant_id": merchant, "name": "a shop", "lat": lat, "lng": lng,
            "closed": true,
        });
        (center.parse().unwrap(), serde_json::from_value(said).unwrap())
    };
    put_centers(shop.app(), &[said("other", "m9", 37.7900, -122.4000)]).unwrap();
    assert_eq!(code(&other), "closed");
    assert_eq!(shop.has("near", "oats"), 7);
    shop.is_in_order();
}

/// D12, D13: what is asked of an order that is not there, or is no order, is refused.
#[test]
fn what_cannot_be_asked_of_an_order() {
    let shop = Shop::new();
    shop.receives("near", &[("oats", 1)]);
    let order = shop.places(&basket(&[("oats", 1)]));
    let long = "x".repeat(1_001);
    let of_order = |what: &str| format!("/v1/orders/{}/{what}", id(&order));
    let of_held = |what: &str| format!("/v1/reservations/{}/{what}", id(&order));
    let cases = [
        (404, "/v1/orders/ord_0/cancel".to_owned(), json!({})),
        (404, "/v1/reservations/ord_0/confirm".to_owned(), json!({})),
        (404, "/v1/reservations/ord_0/release".to_owned(), json!({})),
        (404, "/v1/apologies/ord_0/settle".to_owned(), json!({ "words": "sorry" })),
        (404, format!("/v1/apologies/{}/settle", id(&order)), json!({ "words": "sorry" })),
        (400, of_order("cancel"), json!({ "reason": long })),
        (400, of_order("cancel"), json!({ "surprise": 1 })),
        (400, of_held("confirm"), json!({ "payment": long })),
        (400, of_held("confirm"), json!({ "payment": 7 })),
        (409, of_held("release"), json!({})),
        (400, format!("/v1/apologies/{}/settle", id(&order)), json!({})),
    ];
    for (status, path, body) in cases {
        assert_eq!(shop.says(&path, &body).status, status, "{path} {body}");
    }
    let asked = [
        (404, "/v1/orders/ord_0"),
        (404, "/v1/orders?market=atlantis"),
        (400, "/v1/orders?status=stolen"),
        (400, "/v1/orders?limit=0"),
        (400, "/v1/orders?surprise=1"),
        (404, "/v1/apologies?market=atlantis"),
        (400, "/v1/apologies?cursor=nonsense"),
        (400, "/v1/apologies?open=perhaps"),
        (400, "/v1/stock"),
        (404, "/v1/stock?center_id=near&item_id=unicorn"),
        (400, "/v1/stock?center_id=near&cursor=nonsense"),
        (404, "/v1/shop/orders/nonsense"),
    ];
    for (status, path) in asked {
        let answer = shop.operator().gets(path);
        assert_eq!(answer.status, status, "{path}");
        answer.problem();
    }
    assert_eq!(shop.shows(&order)["status"], "placed");
}
