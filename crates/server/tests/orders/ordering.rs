//! Ordering: what is answered, what is carried, and that it is ordered once.

use super::{Shop, basket, id, with};
use serde_json::{Value, json};

/// D4, D13: an order takes its stock at once, becomes a delivery, and is what that becomes.
#[test]
fn an_order_is_taken_carried_and_delivered() {
    let shop = Shop::new();
    let anna = shop.network.hires("anna", 37.7645, -122.4650);
    shop.receives("near", &[("oats", 5), ("beans", 5)]);
    let order = shop.places(&basket(&[("oats", 2), ("beans", 1)]));
    assert!(id(&order).starts_with("ord_"), "{order}");
    assert_eq!(
        (order["status"].as_str(), order["currency"].as_str()),
        (Some("placed"), Some("USD"))
    );
    assert_eq!(order["total_minor"], 2 * 349 + 199);
    assert_eq!(order["missing"], json!([]));
    let part = &order["parts"][0];
    assert_eq!(part["center_id"], "near");
    assert_eq!(part["goods_minor"], order["total_minor"]);
    assert_eq!(part["lines"][0], json!({ "item_id": "oats", "quantity": 2, "price_minor": 349 }));
    let delivery = part["delivery_id"].as_str().unwrap();
    assert_eq!(delivery, format!("{}-1", id(&order).replace("ord_", "del_")));
    assert!(part["tracking_url"].as_str().unwrap().starts_with(&format!("/track/{delivery}.")));
    assert!(part["estimated_arrival"].as_str().unwrap() > "2008-05-25T19:00:00Z");
    assert_eq!((shop.has("near", "oats"), shop.has("near", "beans")), (3, 4));
    assert_eq!(
        shop.network.served.operator.gets(&format!("/v1/deliveries/{delivery}")).status,
        404
    );

    shop.settles();
    let carried = shop.network.shows(delivery);
    assert_eq!(carried["package"]["phone"], "+14155550123");
    assert_eq!(carried["package"]["weight_grams"], 1_500);
    assert_eq!(carried["package"]["instructions"], "second door");
    assert_eq!(
        (carried["order_minor"].as_i64(), carried["tip_minor"].as_i64()),
        (Some(897), Some(201))
    );
    assert_eq!(carried["ready_at"], "2008-05-25T19:05:00Z", "once it is picked");
    assert_eq!(carried["origin"]["address"], "1200 Irving St");
    shop.network.passes(300);
    shop.network.matches();
    assert_eq!(anna.accepts(delivery).status, 200);
    let statuses = [("picked_up", "under_way"), ("delivered", "delivered")];
    for (told, expected) in statuses {
        assert_eq!(anna.tells(delivery, told).status, 200);
        let shown = shop.shows(&order);
        assert_eq!(shown["status"], expected);
        assert_eq!(shown["parts"][0]["status"], told);
    }
    shop.settles();
    shop.network.settles();
    assert_eq!(shop.has("near", "oats"), 3, "what was delivered does not come back");
    shop.is_in_order();
}

/// D4: asked again under the same key it is the same order, whatever has become of the stock.
#[test]
fn ordered_twice_is_ordered_once() {
    let shop = Shop::new();
    shop.receives("near", &[("oats", 2)]);
    let body = basket(&[("oats", 2)]).to_string();
    let order = |key: &str, body: &str| shop.operator().posts("/v1/orders", key, body);
    let first = order("k1", &body);
    let again = order("k1", &body);
    assert_eq!((first.status, again.status), (201, 201), "{:?}", again.json());
    assert_eq!(first.body, again.body);
    assert_eq!(
        (first.header("idempotency-replayed"), again.header("idempotency-replayed")),
        ("", "true")
    );
    assert_eq!(
        order("k1", &body.replace("201", "202")).problem()["code"],
        "idempotency_key_reused"
    );
    assert_eq!(order("k2", &body).problem()["code"], "shortage");
    shop.receives("near", &[("oats", 2)]);
    assert_eq!(order("k2", &body).status, 201, "a refusal leaves its key free");
    let headers = [("content-type", "application/json")];
    let keyless = shop.operator().asks("POST", "/v1/orders", &headers, body);
    assert_eq!(keyless.problem()["code"], "idempotency_key_missing");
    assert_eq!(shop.has("near", "oats"), 0);
}

/// D10, D13: a basket that no centre can fill comes from two, each with a delivery of its own.
#[test]
fn a_basket_is_split_as_the_customer_allowed() {
    let shop = Shop::new();
    shop.receives("near", &[("oats", 2)]);
    shop.receives("far", &[("oats", 1), ("beans", 3)]);
    let wanted = basket(&[("oats", 2), ("beans", 3)]);
    let refused = shop.orders(&wanted).problem();
    assert_eq!(refused["code"], "shortage");
    let said = json!([
        { "item_id": "oats", "wanted": 2, "available": 3 },
        { "item_id": "beans", "wanted": 3, "available": 3 },
    ]);
    assert_eq!(refused["lines"], said);
    let order = shop.places(&with(&wanted, "on_shortage", json!("split")));
    let parts = order["parts"].as_array().unwrap();
    let given: Vec<(&str, i64)> = parts
        .iter()
        .map(|part| {
            let lines = part["lines"].as_array().unwrap().iter();
            let units = lines.map(|line| line["quantity"].as_i64().unwrap()).sum();
            (part["center_id"].as_str().unwrap(), units)
        })
        .collect();
    assert_eq!(given, [("near", 1), ("far", 4)], "the one that has most gives all it can");
    shop.settles();
    let tips: Vec<i64> = parts
        .iter()
        .map(|part| {
            let carried = shop.network.shows(part["delivery_id"].as_str().unwrap());
            assert_eq!(carried["order_minor"], part["goods_minor"]);
            carried["tip_minor"].as_i64().unwrap()
        })
        .collect();
    assert_eq!(tips, [101, 100]);
    assert_eq!(shop.has("near", "oats") + shop.has("far", "oats") + shop.has("far", "beans"), 1);
    shop.is_in_order();
}

/// D10: in part, it is what one centre has that has most, and what is missing is said.
#[test]
fn a_basket_is_filled_in_part_as_the_customer_allowed() {
    let shop = Shop::new();
    shop.receives("near", &[("oats", 1)]);
    shop.receives("far", &[("oats", 1), ("beans", 1)]);
    let wanted = with(&basket(&[("oats", 2), ("beans", 3)]), "on_shortage", json!("partial"));
    let order = shop.places(&wanted);
    assert_eq!(order["parts"].as_array().unwrap().len(), 1);
    assert_eq!(order["parts"][0]["center_id"], "far");
    let missing = |item: &str, quantity: i64| json!({ "item_id": item, "quantity": quantity });
    assert_eq!(order["missing"], json!([missing("oats", 1), missing("beans", 2)]));
    assert_eq!(order["total_minor"], 349 + 199);
    assert_eq!(shop.places(&wanted)["parts"][0]["center_id"], "near");
    assert_eq!(shop.orders(&wanted).problem()["code"], "shortage", "nothing is no part");
    shop.is_in_order();
}

/// D13: an order is shown with an `ETag`, listed by how it stands, and opened by its link.
#[test]
fn orders_are_shown_listed_and_opened() {
    let shop = Shop::new();
    shop.receives("near", &[("oats", 9)]);
    let orders: Vec<Value> = (0..5).map(|_| shop.places(&basket(&[("oats", 1)]))).collect();
    let reserved = shop.reserves(&basket(&[("oats", 1)])).json();
    shop.says(&format!("/v1/orders/{}/cancel", id(&orders[1])), &json!({}));
    let path = format!("/v1/orders/{}", id(&orders[0]));
    let shown = shop.operator().gets(&path);
    let tag = shown.header("etag").to_owned();
    let again = shop.operator().asks("GET", &path, &[("if-none-match", &tag)], "");
    assert_eq!(again.status, 304);
    let listed = |query: &str| -> (Vec<String>, Value) {
        let answer = shop.operator().gets(&format!("/v1/orders?{query}")).json();
        let ids = answer["data"].as_array().unwrap().iter();
        (ids.map(|order| id(order).to_owned()).collect(), answer["next_cursor"].clone())
    };
    let all = listed("market=sf").0;
    assert_eq!(all.len(), 6);
    assert_eq!(listed("status=reserved").0, [id(&reserved)]);
    assert_eq!(listed("status=cancelled").0, [id(&orders[1])]);
    assert_eq!(listed("status=placed").0.len(), 4);
    let (first, cursor) = listed("limit=4");
    let (rest, end) = listed(&format!("limit=4&cursor={}", cursor.as_str().unwrap()));
    assert_eq!([first, rest].concat(), all);
    assert_eq!(end, Value::Null);
    let link = orders[0]["order_url"].as_str().unwrap().strip_prefix("/shop/order/").unwrap();
    let opened = |link: &str| shop.network.served.stranger.gets(&format!("/v1/shop/orders/{link}"));
    let linked = opened(link).json();
    for (name, value) in shown.json().as_object().unwrap() {
        // What the asker calls it is nothing to whoever has the link.
        let expected = if name == "reference" { &Value::Null } else { value };
        assert_eq!(&linked[name], expected, "{name}");
    }
    assert_eq!(opened(&link.replace(id(&orders[0]), id(&orders[2]))).status, 404);
    assert_eq!(opened(id(&orders[0])).status, 404);
}

/// D6: whoever has ordered, or entered something, sees it at once: an answer about availability
/// that is asked for with the token contains it.
#[test]
fn whoever_has_ordered_sees_it_at_once() {
    let shop = Shop::new();
    shop.receives("near", &[("oats", 5)]);
    let sees = |token: &Value| {
        let path = format!(
            "/v1/availability?market=sf&lat=37.765&lng=-122.464&items=oats&after={}",
            token.as_str().unwrap()
        );
        let answer = shop.operator().gets(&path);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["data"][0]["available"].as_i64().unwrap()
    };
    for left in (0..5).rev() {
        assert_eq!(sees(&shop.places(&basket(&[("oats", 1)]))["token"]), left);
    }
    let entered = shop.enters("receive", &super::entry("far", &[("oats", 3)])).json();
    assert_eq!(sees(&entered["token"]), 3);
    let wanted = with(&basket(&[("oats", 2)]), "on_shortage", json!("partial"));
    assert_eq!(sees(&shop.places(&wanted)["token"]), 1);
}
