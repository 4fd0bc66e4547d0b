//! Tolerant items: sold beyond the stock, to a bound, with an apology.

use super::{Shop, basket, id};
use serde_json::{Value, json};

/// D7: more is sold than there is, to the bound and not beyond it, and each time somebody must say
/// sorry; never for a strict item.
#[test]
fn what_was_not_there_is_apologized_for() {
    let shop = Shop::new();
    shop.receives("near", &[("eggs", 1), ("oats", 1)]);
    let first = shop.places(&basket(&[("eggs", 2), ("oats", 1)]));
    shop.network.passes(1);
    let second = shop.places(&basket(&[("eggs", 1)]));
    assert_eq!(shop.has("near", "eggs"), -2);
    let refused = shop.orders(&basket(&[("eggs", 1)])).problem();
    assert_eq!(refused["lines"], json!([{ "item_id": "eggs", "wanted": 1, "available": 0 }]));
    assert_eq!(shop.orders(&basket(&[("oats", 1)])).problem()["code"], "shortage");
    shop.is_in_order();

    let listed = |query: &str| shop.operator().gets(&format!("/v1/apologies?{query}")).json();
    let open = listed("market=sf&open=true");
    let said: Vec<(&str, &str, i64)> = open["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (id(row), row["item_id"].as_str().unwrap(), row["units"].as_i64().unwrap()))
        .collect();
    assert_eq!(said, [(id(&first), "eggs", 1), (id(&second), "eggs", 1)]);
    let page = listed("open=true&limit=1");
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(listed(&format!("open=true&limit=1&cursor={cursor}"))["data"][0], open["data"][1]);

    let settle = |order: &Value, words: &str| {
        shop.says(&format!("/v1/apologies/{}/settle", id(order)), &json!({ "words": words }))
    };
    let settled = settle(&first, "replaced by another brand").json();
    assert_eq!(settled["data"][0]["words"], "replaced by another brand");
    assert_eq!(settle(&first, "again").json(), settled, "once it is settled it stays so");
    assert_eq!(listed("open=true")["data"].as_array().unwrap().len(), 1);
    assert_eq!(settle(&first, "").problem()["errors"][0]["pointer"], "/words");
    let none = shop.says("/v1/apologies/ord_0/settle", &json!({ "words": "x" }));
    assert_eq!(none.status, 404);
}

/// D7: what comes back needs no apology any more.
#[test]
fn what_comes_back_needs_no_apology() {
    let shop = Shop::new();
    shop.receives("near", &[("eggs", 1)]);
    let held = shop.reserves(&basket(&[("eggs", 3)])).json();
    assert_eq!(shop.has("near", "eggs"), -2);
    assert_eq!(
        shop.says(&format!("/v1/reservations/{}/release", id(&held)), &json!({})).status,
        200
    );
    let open = shop.operator().gets("/v1/apologies?open=true").json();
    assert_eq!((shop.has("near", "eggs"), &open["data"]), (1, &json!([])));
    let all = shop.operator().gets("/v1/apologies").json();
    assert_eq!(all["data"][0]["settled_by"], "doorstep");
    shop.is_in_order();
}
