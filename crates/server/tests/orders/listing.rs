//! Orders listed by how they stand, and by whose goods they have.

use super::{Shop, basket, id, with};
use crate::world::{SF, World};
use doorstep_sim::chance::Chance;
use doorstep_store::{LaneId, Tx};
use serde_json::{Value, json};

const STATUSES: [&str; 7] =
    ["reserved", "released", "placed", "under_way", "delivered", "failed", "cancelled"];

const CARRIED: [&str; 9] = [
    "requested",
    "assigned",
    "at_pickup",
    "picked_up",
    "at_dropoff",
    "delivered",
    "failed",
    "returned",
    "cancelled",
];

/// Pages of a list, one after another, to the end.
fn listed(shop: &Shop, asked: &str, limit: usize) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    for _ in 0..500 {
        let page = shop.operator().gets(&format!("/v1/orders?limit={limit}{asked}{cursor}")).json();
        all.extend(page["data"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
    panic!("pages without an end");
}

/// Forty orders of one and two parts, some of them only held, some called off, some not handed
/// over, and their deliveries as chance will have it.
fn is_busy(shop: &Shop, chance: &mut Chance) {
    shop.receives("near", &[("oats", 1_000)]);
    shop.receives("far", &[("beans", 1_000)]);
    shop.receives("other", &[("eggs", 1_000)]);
    let baskets = [
        basket(&[("oats", 1)]),
        basket(&[("beans", 1)]),
        basket(&[("oats", 1), ("beans", 1)]),
        basket(&[("oats", 1), ("eggs", 1)]),
    ];
    let mut deliveries: Vec<String> = Vec::new();
    for number in 0..40 {
        let chosen = &baskets[chance.below(4) as usize];
        let wanted = with(chosen, "on_shortage", json!("split"));
        let order = match chance.below(6) {
            0 => shop.reserves(&wanted).json(),
            _ => shop.places(&wanted),
        };
        let path = |what: &str| match order["status"].as_str() {
            Some("reserved") => format!("/v1/reservations/{}/{what}", id(&order)),
            _ => format!("/v1/orders/{}/{what}", id(&order)),
        };
        match (chance.below(4), order["status"].as_str()) {
            (0, Some("reserved")) => drop(shop.says(&path("release"), &json!({}))),
            (1, Some("reserved")) => drop(shop.says(&path("confirm"), &json!({}))),
            (0, _) => drop(shop.says(&path("cancel"), &json!({ "reason": "rain" }))),
            _ => {}
        }
        if number < 34 {
            shop.settles();
            let parts = order["parts"].as_array().unwrap();
            deliveries.extend(parts.iter().map(|part| part["delivery_id"].to_string()));
        }
    }
    let moved: Vec<(String, &str)> = deliveries
        .into_iter()
        .map(|delivery| {
            (delivery.trim_matches('"').to_owned(), *CARRIED.get(chance.below(9) as usize).unwrap())
        })
        .collect();
    let story = LaneId::new("story").unwrap();
    let set = move |tx: &mut doorstep_store::LaneTx<'_>| {
        for (delivery, status) in &moved {
            let sql = "update dispatch set status = $2 where delivery_id = $1";
            tx.execute(sql, &[delivery.into(), (*status).into()])?;
        }
        Ok::<_, doorstep_store::StoreError>(())
    };
    shop.app().store.lane(&story, set).unwrap();
}

/// D13: page by page what is listed of a status and a merchant is what among all orders stands so,
/// each once, the newest first; wherever the market's orders are kept.
#[test]
fn what_is_listed_is_what_stands_so() {
    let own = "[markets.sf]\nstore = \"sqlite:sf.sqlite\"\n";
    for (seed, config) in [(1, SF.to_owned()), (2, SF.replacen("[markets.sf]\n", own, 1))] {
        let shop = Shop::in_world(World::with(&config));
        is_busy(&shop, &mut Chance::of(seed, &[]));
        let all = listed(&shop, "", 7);
        assert_eq!(all.len(), 40);
        let ids = |orders: &[Value]| orders.iter().map(|order| id(order).to_owned()).collect();
        let mut newest: Vec<String> = ids(&all);
        newest.sort_by(|one, next| next.cmp(one));
        assert_eq!(newest, ids(&all) as Vec<String>);
        let merchants = ["m8", "m9"].map(|merchant| {
            shop.visitor(&json!({ "role": "merchant", "merchant_id": merchant, "label": "x" }))
        });
        let has = |order: &Value, centers: &[&str]| {
            let mut parts = order["parts"].as_array().unwrap().iter();
            parts.any(|part| centers.contains(&part["center_id"].as_str().unwrap()))
        };
        let mut seen = 0;
        for status in STATUSES {
            let stands: Vec<Value> =
                all.iter().filter(|order| order["status"] == status).cloned().collect();
            seen += stands.len();
            for market in ["", "&market=sf"] {
                let found = listed(&shop, &format!("&status={status}{market}"), 3);
                assert_eq!(ids(&found) as Vec<String>, ids(&stands) as Vec<String>, "{status}");
            }
            let centers: [&[&str]; 2] = [&["near", "far"], &["other"]];
            for (merchant, centers) in merchants.iter().zip(centers) {
                let path = format!("/v1/orders?limit=200&status={status}");
                let found = merchant.gets(&path).json()["data"].as_array().unwrap().clone();
                let theirs: Vec<Value> =
                    stands.iter().filter(|order| has(order, centers)).cloned().collect();
                assert_eq!(ids(&found) as Vec<String>, ids(&theirs) as Vec<String>, "{status}");
            }
        }
        assert_eq!(seen, 40, "each stands in one way");
        let theirs: Vec<Value> =
            all.iter().filter(|order| has(order, &["other"])).cloned().collect();
        let found =
            merchants[1].gets("/v1/orders?limit=200").json()["data"].as_array().unwrap().clone();
        assert!(!theirs.is_empty());
        assert_eq!(ids(&found) as Vec<String>, ids(&theirs) as Vec<String>);
    }
}

/// D8: where a market's store is not there the lists have the others' orders, page by page, and
/// name the market; whoever asks for that market alone is told that it is not there.
#[test]
fn a_list_names_the_market_that_is_missing() {
    let of = |market: &str, store: &str| {
        SF.replacen("[markets.sf]\n", &format!("[markets.{market}]\n{store}"), 1)
            .replace("[markets.sf.", &format!("[markets.{market}."))
    };
    let la = of("la", "store = \"sqlite:la.sqlite\"\n");
    let shop = Shop::in_world(World::with(&format!("{la}{}", of("sf", ""))));
    shop.receives("near", &[("eggs", 1)]);
    let wanted = with(&basket(&[("eggs", 3)]), "market", json!("sf"));
    let order = shop.places(&wanted);
    for path in ["/v1/orders", "/v1/orders?status=placed", "/v1/apologies?open=true"] {
        let page = shop.operator().gets(path).json();
        assert_eq!((page["data"].as_array().unwrap().len(), &page["warnings"]), (1, &Value::Null));
    }
    let gone = |tx: &mut doorstep_store::LaneTx<'_>| {
        tx.execute("alter table apology rename to gone_too", &[])?;
        tx.execute("alter table lane rename to gone_besides", &[])?;
        tx.execute("alter table orders rename to gone", &[])
    };
    let app = shop.app();
    let store = app.stock.store_of(app, &"la".parse().unwrap());
    store.lane(&LaneId::new("story").unwrap(), gone).unwrap();
    for path in ["?", "?status=placed&", "?status=reserved&"]
        .map(|asked| format!("/v1/orders{asked}"))
        .into_iter()
        .chain(["/v1/apologies?open=true&".to_owned()])
    {
        let page = shop.operator().gets(&path);
        assert_eq!(page.status, 200, "{page:?}");
        let page = page.json();
        let warning = &page["warnings"][0];
        assert_eq!(
            (&warning["code"], &warning["market"]),
            (&json!("market_unavailable"), &json!("la"))
        );
        if !path.contains("reserved") {
            assert_eq!(page["data"][0]["order_id"], order["order_id"]);
        }
        let of_sf = shop.operator().gets(&format!("{path}market=sf")).json();
        assert_eq!(of_sf["warnings"], Value::Null, "nobody asked for the other one");
        let of_la = shop.operator().gets(&format!("{path}market=la"));
        assert!(of_la.status >= 500, "{of_la:?}");
    }
}
