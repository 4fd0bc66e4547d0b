//! What cannot be ordered, and why.

use super::{Shop, basket, with};
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
