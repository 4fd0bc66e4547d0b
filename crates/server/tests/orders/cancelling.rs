//! Calling off: deliveries and stock together, and parts that nobody carries.

use super::{Shop, basket, id, with};
use serde_json::{Value, json};

fn cancels(shop: &Shop, order: &Value) -> crate::served::Answer {
    shop.says(&format!("/v1/orders/{}/cancel", id(order)), &json!({ "reason": "rain" }))
}

fn delivery(order: &Value, part: usize) -> &str {
    order["parts"][part]["delivery_id"].as_str().unwrap()
}

/// D13: called off before it was handed over, it never becomes a delivery; afterwards its delivery
/// is called off with it. Its stock is back, once.
#[test]
fn an_order_is_called_off() {
    for is_handed_over in [false, true] {
        let shop = Shop::new();
        shop.receives("near", &[("oats", 2)]);
        let order = shop.places(&basket(&[("oats", 2)]));
        if is_handed_over {
            shop.settles();
        }
        for _ in 0..2 {
            let cancelled = cancels(&shop, &order);
            assert_eq!((cancelled.status, &cancelled.json()["status"]), (200, &json!("cancelled")));
            assert_eq!(shop.has("near", "oats"), 2);
        }
        shop.settles();
        assert_eq!(shop.has("near", "oats"), 2, "and does not come back again");
        let shown = shop.operator().gets(&format!("/v1/deliveries/{}", delivery(&order, 0)));
        match is_handed_over {
            true => assert_eq!(shown.json()["status"], "cancelled"),
            false => assert_eq!(shown.status, 404),
        }
        let kinds = shop.row("near", "oats");
        let kinds = kinds["movements"].as_array().unwrap().iter();
        let kinds: Vec<&str> = kinds.map(|row| row["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["returned", "ordered", "received"]);
        shop.is_in_order();
    }
}

/// D13: an order of which somebody has a part is not called off.
#[test]
fn what_is_picked_up_is_not_called_off() {
    let shop = Shop::new();
    let anna = shop.network.hires("anna", 37.7645, -122.4650);
    shop.receives("near", &[("oats", 1)]);
    shop.receives("far", &[("beans", 1)]);
    let wanted = with(&basket(&[("oats", 1), ("beans", 1)]), "on_shortage", json!("split"));
    let order = shop.places(&wanted);
    shop.settles();
    shop.network.passes(300);
    shop.network.matches();
    let first = delivery(&order, 0);
    assert_eq!(anna.accepts(first).status, 200, "{:?}", anna.offers());
    assert_eq!(anna.tells(first, "picked_up").status, 200);
    assert_eq!(cancels(&shop, &order).problem()["code"], "picked_up");
    assert_eq!(shop.network.shows(delivery(&order, 1))["status"], "requested", "nothing changed");
    assert_eq!(shop.has("far", "beans"), 0);
    assert_eq!(shop.shows(&order)["status"], "under_way");
}

/// D13: a part whose delivery is called off, or fails before the pickup, gives its stock back by
/// itself, once; one that fails after it does not.
#[test]
fn a_part_that_nobody_carries_comes_back() {
    let shop = Shop::new();
    let anna = shop.network.hires("anna", 37.7645, -122.4650);
    shop.receives("near", &[("oats", 1)]);
    shop.receives("far", &[("beans", 1)]);
    let wanted = with(&basket(&[("oats", 1), ("beans", 1)]), "on_shortage", json!("split"));
    let order = shop.places(&wanted);
    shop.settles();
    let path = format!("/v1/deliveries/{}/cancel", delivery(&order, 1));
    assert_eq!(shop.says(&path, &json!({})).status, 200);
    assert_eq!(shop.has("far", "beans"), 0);
    shop.settles();
    assert_eq!((shop.has("near", "oats"), shop.has("far", "beans")), (0, 1));
    assert_eq!(shop.shows(&order)["status"], "placed", "the other part is on its way");
    shop.is_in_order();

    shop.network.passes(300);
    shop.network.matches();
    assert_eq!(anna.accepts(delivery(&order, 0)).status, 200);
    assert_eq!(anna.tells(delivery(&order, 0), "failed").status, 200);
    shop.settles();
    assert_eq!((shop.has("near", "oats"), shop.has("far", "beans")), (1, 1));
    assert_eq!(shop.shows(&order)["status"], "failed");
    let cancelled = cancels(&shop, &order);
    assert_eq!(
        (cancelled.status, shop.has("near", "oats")),
        (200, 1),
        "there is nothing to return"
    );
    shop.is_in_order();

    let next = shop.places(&basket(&[("oats", 1)]));
    shop.settles();
    shop.network.passes(300);
    shop.network.matches();
    for told in ["accept", "picked_up", "failed"] {
        let answer = match told {
            "accept" => anna.accepts(delivery(&next, 0)),
            told => anna.tells(delivery(&next, 0), told),
        };
        assert_eq!(answer.status, 200, "{told}: {answer:?}");
    }
    shop.settles();
    assert_eq!(shop.has("near", "oats"), 0, "it is in somebody's bag");
    shop.is_in_order();
}
