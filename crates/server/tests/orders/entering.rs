//! Entries: more came, counted, written off, moved.

use super::{Shop, basket, entry, new_key, with};
use serde_json::{Value, json};

/// D11: every change is a movement, and what there is is their sum.
#[test]
fn every_change_is_a_movement() {
    let shop = Shop::new();
    let received = shop.enters("receive", &entry("near", &[("oats", 5), ("beans", 2)]));
    assert_eq!(received.status, 200, "{:?}", received.json());
    let received = received.json();
    assert!(received["movement"].as_str().unwrap().starts_with("mov_"));
    assert_eq!(received["lines"][0], json!({ "item_id": "oats", "quantity": 5 }));
    let order = shop.places(&basket(&[("oats", 2)]));
    let counted = shop.enters("count", &entry("near", &[("oats", 7)])).json();
    assert_eq!(counted["lines"][0]["quantity"], 7, "what is packed is not counted");
    let broken = with(&entry("near", &[("oats", 3)]), "reason", json!("dropped"));
    assert_eq!(shop.enters("write-off", &broken).json()["lines"][0]["quantity"], 4);
    let moved = with(&entry("near", &[("oats", 1)]), "to_center_id", json!("far"));
    let moved = shop.enters("transfer", &moved).json();
    assert_eq!(moved["lines"][0], json!({ "item_id": "oats", "quantity": 3, "to_quantity": 1 }));
    assert_eq!((shop.has("near", "oats"), shop.has("far", "oats")), (3, 1));

    let row = shop.row("near", "oats");
    let told: Vec<(&str, i64, i64)> = row["movements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let number = |name: &str| row[name].as_i64().unwrap();
            (row["kind"].as_str().unwrap(), number("delta"), number("quantity"))
        })
        .collect();
    let expected = [
        ("moved", -1, 3),
        ("written_off", -3, 4),
        ("counted", 4, 7),
        ("ordered", -2, 3),
        ("received", 5, 5),
    ];
    assert_eq!(told, expected);
    assert_eq!(row["movements"][1]["reason"], "dropped");
    assert_eq!(row["movements"][3]["cause"], order["order_id"]);
    assert_eq!(row["movements"][4]["cause"], received["movement"]);
    assert_eq!(row["movements"][4]["reference"], "lorry 7");
    shop.is_in_order();
}

/// D11: a row's history and a centre's rows come in pages.
#[test]
fn stock_is_shown_in_pages() {
    let shop = Shop::new();
    (0..5).for_each(|_| shop.receives("near", &[("oats", 1), ("beans", 1)]));
    let page = |cursor: &str| {
        let path = format!("/v1/stock?center_id=near&item_id=oats&limit=2&cursor={cursor}");
        shop.operator().gets(&path).json()
    };
    let (mut cursor, mut quantities) = (String::new(), Vec::new());
    loop {
        let page = page(&cursor);
        let rows = page["movements"].as_array().unwrap().iter();
        quantities.extend(rows.map(|row| row["quantity"].as_i64().unwrap()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(quantities, [5, 4, 3, 2, 1]);
    for wrong in ["x", "999.0", "1.1"] {
        let path = format!("/v1/stock?center_id=near&item_id=oats&cursor={wrong}");
        assert_eq!(
            shop.operator().gets(&path).problem()["errors"][0]["pointer"],
            "cursor",
            "{wrong}"
        );
    }
    let rows = shop.operator().gets("/v1/stock?center_id=near&limit=1").json();
    assert_eq!(rows["data"].as_array().unwrap().len(), 1);
    let next = rows["next_cursor"].as_str().unwrap();
    let rest = shop.operator().gets(&format!("/v1/stock?center_id=near&cursor={next}")).json();
    let named = |page: &Value| page["data"][0]["item_id"].as_str().unwrap().to_owned();
    assert_eq!([named(&rows), named(&rest)], ["oats", "beans"]);
    assert_eq!(shop.operator().gets("/v1/stock?center_id=nowhere").status, 404);
    let none = shop.operator().gets("/v1/stock?center_id=near&item_id=eggs").json();
    assert_eq!((&none["quantity"], &none["movements"]), (&json!(0), &json!([])));
}

/// D11: entered twice under one key, it is entered once; all or nothing; never below nothing.
#[test]
fn an_entry_is_made_once_or_not_at_all() {
    let shop = Shop::new();
    let body = entry("near", &[("oats", 5)]).to_string();
    let receive = |key: &str, body: &str| shop.operator().posts("/v1/stock/receive", key, body);
    let (first, again) = (receive("k", &body), receive("k", &body));
    assert_eq!((first.status, again.header("idempotency-replayed")), (200, "true"));
    assert_eq!(first.body, again.body);
    assert_eq!(
        receive("k", &body.replace("oats", "beans")).problem()["code"],
        "idempotency_key_reused"
    );
    let lines = entry("near", &[("oats", 2), ("beans", 1)]);
    let off = with(&lines, "reason", json!("lost"));
    let refused = shop.enters("write-off", &off).problem();
    assert_eq!(refused["code"], "shortage");
    assert_eq!(refused["lines"][1], json!({ "item_id": "beans", "wanted": 1, "available": 0 }));
    let away = with(&lines, "to_center_id", json!("far"));
    assert_eq!(shop.enters("transfer", &away).problem()["code"], "shortage");
    assert_eq!((shop.has("near", "oats"), shop.has("far", "oats")), (5, 0));
    shop.is_in_order();
}

/// D11: what cannot be entered is refused with the field and the reason.
#[test]
fn what_cannot_be_entered() {
    let shop = Shop::new();
    shop.receives("near", &[("oats", 5)]);
    let good = || entry("near", &[("oats", 1)]);
    let to = |center: &str| with(&good(), "to_center_id", json!(center));
    let cases = [
        ("receive", "/center_id", entry("nowhere", &[("oats", 1)])),
        ("receive", "/lines", entry("near", &[])),
        ("receive", "/lines/0/item_id", entry("near", &[("unicorn", 1)])),
        ("receive", "/lines/1/item_id", entry("near", &[("oats", 1), ("oats", 1)])),
        ("receive", "/lines/0/quantity", entry("near", &[("oats", 0)])),
        ("receive", "/lines/0/quantity", entry("near", &[("oats", 1_000_000_000)])),
        ("count", "/lines/0/quantity", entry("near", &[("oats", -1)])),
        ("receive", "/reference", with(&good(), "reference", json!("x".repeat(1_001)))),
        ("write-off", "", good()),
        ("transfer", "", good()),
        ("transfer", "/to_center_id", to("near")),
        ("transfer", "/to_center_id", to("nowhere")),
    ];
    for (what, pointer, asked) in cases {
        let answer = shop.enters(what, &asked);
        assert_eq!(answer.status, 400, "{what} {asked}");
        assert_eq!(answer.problem()["errors"][0]["pointer"], pointer, "{what} {asked}");
    }
    let headers = [("content-type", "application/json")];
    let keyless = shop.operator().asks("POST", "/v1/stock/receive", &headers, good().to_string());
    assert_eq!(keyless.problem()["code"], "idempotency_key_missing");
    assert_eq!(shop.has("near", "oats"), 5);
}

/// D11: a merchant enters what is theirs, and to them other centres do not exist.
#[test]
fn a_merchant_keeps_their_own_centres() {
    let shop = Shop::new();
    let merchant = shop.visitor(&json!({ "role": "merchant", "merchant_id": "m8" }));
    let receive = |center: &str| {
        let body = entry(center, &[("oats", 1)]).to_string();
        merchant.posts("/v1/stock/receive", &new_key(), &body).status
    };
    assert_eq!([receive("near"), receive("far"), receive("other")], [200, 200, 400]);
    assert_eq!(merchant.gets("/v1/stock?center_id=near").status, 200);
    assert_eq!(merchant.gets("/v1/stock?center_id=other").status, 404);
}
