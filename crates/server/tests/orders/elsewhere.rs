//! A market whose stock and orders are in a store of its own: its deliveries are in the common one,
//! and what joins the two is done by readers.

use super::{Shop, basket, id, with};
use crate::dispatch::sf;
use crate::world::{SF, World};
use doorstep_server::dispatch::claims;
use doorstep_server::orders::returns;
use doorstep_store::{LaneId, Tx};
use serde_json::{Value, json};

fn shop() -> Shop {
    let own = "[markets.sf]\nstore = \"sqlite:sf.sqlite\"\n";
    Shop::in_world(World::with(&SF.replacen("[markets.sf]\n", own, 1)))
}

fn delivery(order: &Value, part: usize) -> &str {
    order["parts"][part]["delivery_id"].as_str().unwrap()
}

fn split(shop: &Shop) -> Value {
    shop.receives("near", &[("oats", 1)]);
    shop.receives("far", &[("beans", 1)]);
    let wanted = with(&basket(&[("oats", 1), ("beans", 1)]), "on_shortage", json!("split"));
    shop.places(&wanted)
}

/// D8, D13: an order is placed in the one and delivered in the other.
#[test]
fn an_order_is_delivered_from_another_store() {
    let shop = shop();
    let anna = shop.network.hires("anna", 37.7645, -122.4650);
    let order = split(&shop);
    let app = shop.app();
    assert!(!std::ptr::eq(app.stock.store_of(app, &sf()), &app.store), "it is another one");
    assert_eq!(shop.orders(&basket(&[("oats", 1)])).problem()["code"], "shortage");
    shop.settles();
    shop.network.passes(300);
    shop.network.matches();
    assert_eq!(anna.accepts(delivery(&order, 0)).status, 200);
    assert_eq!(anna.tells(delivery(&order, 0), "picked_up").status, 200);
    assert_eq!(shop.shows(&order)["status"], "under_way");
    let path = format!("/v1/orders/{}/cancel", id(&order));
    assert_eq!(shop.says(&path, &json!({})).problem()["code"], "picked_up");
    assert_eq!(shop.network.shows(delivery(&order, 1))["status"], "requested", "nothing changed");
    assert_eq!(
        shop.says(&format!("/v1/deliveries/{}/cancel", delivery(&order, 1)), &json!({})).status,
        200
    );
    shop.settles();
    assert_eq!((shop.has("near", "oats"), shop.has("far", "beans")), (0, 1));
    shop.is_in_order();
}

/// D8, D13: called off before or after it was handed over, it is delivered by nobody and its stock
/// is back, once.
#[test]
fn an_order_in_another_store_is_called_off() {
    for is_handed_over in [false, true] {
        let shop = shop();
        let order = split(&shop);
        if is_handed_over {
            shop.settles();
        }
        let path = format!("/v1/orders/{}/cancel", id(&order));
        for _ in 0..2 {
            let cancelled = shop.says(&path, &json!({ "reason": "rain" }));
            assert_eq!((cancelled.status, &cancelled.json()["status"]), (200, &json!("cancelled")));
        }
        shop.settles();
        for part in 0..2 {
            assert_eq!(shop.network.shows(delivery(&order, part))["status"], "cancelled");
        }
        assert_eq!((shop.has("near", "oats"), shop.has("far", "beans")), (1, 1));
        shop.is_in_order();
    }
}

/// D8, D13: the process ends when the deliveries are called off and the stock is not back yet: the
/// next one takes it back, and the order is what its deliveries are.
#[test]
fn what_was_half_called_off_is_called_off() {
    let shop = shop();
    let order = split(&shop);
    shop.settles();
    for part in 0..2 {
        claims::cancel(shop.app(), delivery(&order, part), None, "a story").unwrap();
    }
    let shop = Shop::in_world(shop.network.served.ended().restarted());
    assert_eq!((shop.has("near", "oats"), shop.has("far", "beans")), (0, 0));
    assert_eq!(returns::step(shop.app(), &sf()).unwrap(), 2);
    assert_eq!((shop.has("near", "oats"), shop.has("far", "beans")), (1, 1));
    assert_eq!(shop.shows(&order)["status"], "cancelled");
    let path = format!("/v1/orders/{}/cancel", id(&order));
    assert_eq!(shop.says(&path, &json!({})).status, 200);
    assert_eq!((shop.has("near", "oats"), shop.has("far", "beans")), (1, 1));
    shop.is_in_order();
}

/// D8, D12: reservations, entries and apologies are kept there too.
#[test]
fn everything_of_an_order_is_kept_there() {
    let shop = shop();
    shop.receives("near", &[("eggs", 1)]);
    let held = shop.reserves(&basket(&[("eggs", 3)])).json();
    assert_eq!(held["status"], "reserved", "{held}");
    let open = shop.operator().gets("/v1/apologies?open=true").json();
    assert_eq!(open["data"][0]["units"], 2);
    shop.network.passes(601);
    assert_eq!((shop.expires(), shop.has("near", "eggs")), (1, 1));
    assert_eq!(shop.operator().gets("/v1/orders").json()["data"][0]["status"], "released");
    shop.is_in_order();
}

/// Los Angeles beside San Francisco, each with the store that is named for it.
fn two_markets(la: &str, sf: &str) -> Shop {
    let of = |market: &str, store: &str| {
        let own = format!("[markets.{market}]\nstore = \"sqlite:{store}.sqlite\"\n");
        SF.replacen("[markets.sf]\n", &own, 1)
            .replace("[markets.sf.", &format!("[markets.{market}."))
    };
    Shop::in_world(World::with(&format!("{}{}", of("la", la), of("sf", sf))))
}

/// D8: a market whose store is not there breaks no order of another market; what may be in it is
/// not said to be nowhere.
#[test]
fn a_store_that_is_not_there_breaks_no_other_market() {
    let shop = two_markets("la", "sf");
    let app = shop.app();
    let la = app.stock.store_of(app, &"la".parse().unwrap());
    la.lane(&LaneId::new("story").unwrap(), |tx| {
        tx.execute("alter table orders rename to gone", &[])
    })
    .unwrap();
    shop.receives("near", &[("oats", 1)]);
    let wanted = with(&basket(&[("oats", 1)]), "market", json!("sf"));
    let order = shop.places(&wanted);
    assert_eq!(shop.shows(&order)["status"], "placed");
    assert_eq!(shop.orders(&wanted).problem()["code"], "shortage");
    let unknown = shop.operator().gets("/v1/orders/ord_00000000000000000000000000");
    assert!(unknown.status >= 500, "{unknown:?}");
}

/// D8, D12: markets that share a store of their own are looked at once.
#[test]
fn markets_that_share_a_store_are_listed_once() {
    let shop = two_markets("shops", "shops");
    shop.receives("near", &[("eggs", 1)]);
    shop.places(&with(&basket(&[("eggs", 3)]), "market", json!("sf")));
    for path in ["/v1/orders", "/v1/apologies?open=true"] {
        let listed = shop.operator().gets(path).json();
        assert_eq!(listed["data"].as_array().unwrap().len(), 1, "{path}: {listed}");
    }
    shop.is_in_order();
}

/// D8, D4: a key is for one market: those that share a store notice where it is used for another
/// one, and between stores nobody looks.
#[test]
fn a_key_is_for_one_market() {
    for (la, expected) in [("shops", (422, "idempotency_key_reused")), ("la", (400, "invalid"))] {
        let shop = two_markets(la, "shops");
        shop.receives("near", &[("oats", 2)]);
        let orders = |market: &str| {
            let wanted = with(&basket(&[("oats", 1)]), "market", json!(market));
            shop.operator().posts("/v1/orders", "one-key", &wanted.to_string())
        };
        assert_eq!(orders("sf").status, 201);
        let other = orders("la");
        assert_eq!((other.status, other.problem()["code"].as_str().unwrap()), expected);
        assert_eq!(shop.has("near", "oats"), 1);
    }
}

/// D8: a store that went back behind those who read what it announces is read again: what is
/// ordered then is delivered, and what was is not delivered twice.
#[test]
fn a_store_that_went_back_is_read_again() {
    let shop = shop();
    shop.receives("near", &[("oats", 2)]);
    let before = shop.places(&basket(&[("oats", 1)]));
    shop.settles();
    let further = "update cursor set next_offset = next_offset + 100 where topic like 'stock/%'";
    let story = LaneId::new("story").unwrap();
    let moved = shop.app().store.lane(&story, move |tx| tx.execute(further, &[])).unwrap();
    assert!(moved > 0);
    let order = shop.places(&basket(&[("oats", 1)]));
    shop.settles();
    for order in [before, order] {
        assert_eq!(shop.network.shows(delivery(&order, 0))["status"], "requested");
    }
    shop.is_in_order();
}
