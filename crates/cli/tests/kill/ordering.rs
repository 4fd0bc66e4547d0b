//! Kills under customers who order: what was answered stands, what was not is ordered once more
//! under its key, and everything is delivered.

use super::{MARKET, sleep, terms};
use crate::desk::{Desk, Server};
use doorstep_domain::time::Clock;
use doorstep_server::clock::SystemClock;
use doorstep_sim::chance::Chance;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Units in the shop: more than are asked for.
const UNITS: i64 = 100_000;

/// How long what was placed may take to be handed over.
const HANDED_OVER: Duration = Duration::from_secs(30);

/// Says something to a server; none where it is gone.
fn says(
    server: &str,
    key: &str,
    (method, path): (&str, &str),
    body: &Value,
    once: &str,
) -> Option<Value> {
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("{server}{path}"))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .header("idempotency-key", once);
    match ureq::run(request.body(body.to_string()).unwrap()) {
        Ok(mut answer) => {
            Some(serde_json::from_str(&answer.body_mut().read_to_string().ok()?).unwrap())
        }
        Err(ureq::Error::StatusCode(code)) => panic!("{method} {path} is refused with {code}"),
        Err(_) => None,
    }
}

fn asks(server: &Server, key: &str, path: &str) -> Value {
    let request = ureq::get(format!("{}{path}", server.url));
    let mut answer = request.header("authorization", format!("Bearer {key}")).call().unwrap();
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}

/// Two centres with two items each.
fn is_set_up(server: &Server, key: &str) {
    let is_told = |at: (&str, &str), body: &Value, once: &str| {
        says(&server.url, key, at, body, once).unwrap();
    };
    for (item, price) in [("oats", 349), ("beans", 199)] {
        let said = json!({ "name": item, "category": "FOOD", "prices": { MARKET: price } });
        is_told(("PUT", &format!("/v1/items/{item}")), &said, item);
    }
    for (center, lng, item) in [("near", -122.466, "oats"), ("far", -122.450, "beans")] {
        let said = json!({
            "market": MARKET, "merchant_id": "m8", "name": center, "lat": 37.764, "lng": lng,
        });
        is_told(("PUT", &format!("/v1/centers/{center}")), &said, center);
        let lines = json!([{ "item_id": item, "quantity": UNITS }]);
        let entry = json!({ "center_id": center, "lines": lines });
        is_told(("POST", "/v1/stock/receive"), &entry, center);
    }
}

/// One of each: from both centres, in two lanes.
fn orders(server: &str, key: &str, number: u64) -> Option<String> {
    let basket = json!({
        "market": MARKET, "on_shortage": "split", "customer": { "phone": "+14155550123" },
        "destination_address": { "lat": 37.765, "lng": -122.464 },
        "lines": [{ "item_id": "oats", "quantity": 1 }, { "item_id": "beans", "quantity": 1 }],
    });
    let placed = says(server, key, ("POST", "/v1/orders"), &basket, &format!("order-{number}"))?;
    Some(placed["order_id"].as_str().unwrap().to_owned())
}

/// Orders one after another until the server is gone; which were answered, and which was not.
fn orders_until_it_is_gone(
    server: &str,
    key: &str,
    numbers: &AtomicU64,
) -> (Vec<(u64, String)>, u64) {
    let mut answered = Vec::new();
    loop {
        let number = numbers.fetch_add(1, Relaxed);
        match orders(server, key, number) {
            Some(order) => answered.push((number, order)),
            None => return (answered, number),
        }
    }
}

/// D4, D11, D13: a server killed over and over while customers order from two centres at once:
/// every order that was answered is there, whoever asks again under the same key has one order,
/// nothing is taken for any other, and each is carried by its two deliveries, once.
#[test]
fn orders_outlive_kills() {
    let desk = Desk::with(&terms().to_toml());
    let created = desk.types("keys create --role operator --json").json();
    let key = created["secret"].as_str().unwrap();
    let (mut chance, numbers) = (Chance::new(9), AtomicU64::new(0));
    let (mut placed, mut unanswered) = (BTreeMap::new(), Vec::new());
    for round in 0..8 {
        let server = desk.serves();
        if round == 0 {
            is_set_up(&server, key);
        }
        let (url, moment_us) = (server.url.clone(), chance.below(500_000));
        std::thread::scope(|scope| {
            let client = || orders_until_it_is_gone(&url, key, &numbers);
            let clients: Vec<_> = (0..4).map(|_| scope.spawn(client)).collect();
            sleep(Duration::from_micros(100_000 + moment_us));
            // Servers of stories go by SIGKILL.
            drop(server);
            for client in clients {
                let (answered, last) = client.join().unwrap();
                placed.extend(answered);
                unanswered.push(last);
            }
        });
    }
    assert!(placed.len() > 40, "only {} were answered", placed.len());
    let server = desk.serves();
    for (number, order) in &placed {
        let again = orders(&server.url, key, *number);
        assert_eq!(again.as_ref(), Some(order), "a repetition is answered as the first time");
    }
    for number in unanswered {
        placed.insert(number, orders(&server.url, key, number).unwrap());
    }
    let orders: BTreeSet<&String> = placed.values().collect();
    assert_eq!(orders.len(), placed.len(), "each key has an order of its own");
    let sold = i64::try_from(placed.len()).unwrap();
    for path in ["center_id=near&item_id=oats", "center_id=far&item_id=beans"] {
        let row = asks(&server, key, &format!("/v1/stock?{path}&limit=1"));
        assert_eq!(row["quantity"], UNITS - sold, "{path}");
    }
    is_carried(&server, key, &orders);
    let report = asks(&server, key, "/v1/check");
    assert_eq!(report["violations"], 0, "{report:#}");
}

/// Waits until every order has its deliveries, and nothing else has.
fn is_carried(server: &Server, key: &str, orders: &BTreeSet<&String>) {
    let name = |order: &String, part: u32| format!("{}-{part}", order.replace("ord_", "del_"));
    let expected: BTreeSet<String> =
        orders.iter().flat_map(|order| [name(order, 1), name(order, 2)]).collect();
    let began = SystemClock.now();
    loop {
        let (mut found, mut cursor) = (BTreeSet::new(), String::new());
        loop {
            let page = asks(server, key, &format!("/v1/deliveries?limit=1000{cursor}"));
            let ids = page["data"].as_array().unwrap().iter();
            found.extend(ids.map(|row| row["delivery_id"].as_str().unwrap().to_owned()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        if found == expected {
            return;
        }
        let waited_us = SystemClock.now().0 - began.0;
        assert!(
            waited_us < HANDED_OVER.as_micros() as i64,
            "{} of {}",
            found.len(),
            expected.len()
        );
        sleep(Duration::from_millis(50));
    }
}
