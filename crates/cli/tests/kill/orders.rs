//! Kills while buyers order and reserve as fast as they are answered.

use super::{MARKET, sleep};
use crate::desk::Desk;
use doorstep_sim::chance::Chance;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Servers that are killed.
const KILLED: u32 = 6;

/// Buyers at once.
const BUYERS: usize = 12;

const CENTERS: u64 = 3;
const ITEMS: u64 = 20;

/// Units of each item in each centre: enough for everybody.
const UNITS: i64 = 1_000_000;

/// How long a reservation holds, and when it is over for certain.
const HOLD: &str = "2s";
const OVER: Duration = Duration::from_secs(5);

/// One of so many requests is a reservation that nobody ever confirms.
const RESERVED_ONE_IN: u64 = 4;

/// What somebody asked for.
#[derive(Debug, Clone)]
struct Asked {
    path: &'static str,
    key: String,
    body: Value,
}

/// What became of it: the answer, or nothing that was heard.
type Outcome = (Asked, Option<Value>);

fn configuration() -> String {
    format!(
        "[markets.{MARKET}]\ntime_zone = \"America/Los_Angeles\"\ncurrency = \"USD\"\n\
         [markets.{MARKET}.shop]\nhold = \"{HOLD}\"\n"
    )
}

fn sends(method: &str, url: &str, (key, once): (&str, &str), body: &Value) -> Option<(u16, Value)> {
    let request = match method {
        "PUT" => ureq::put(url),
        _ => ureq::post(url),
    };
    let sent = request
        .config()
        .http_status_as_error(false)
        .build()
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .header("idempotency-key", once)
        .send(body.to_string());
    let mut answer = sent.ok()?;
    let status = answer.status().as_u16();
    // A server that is killed may end in the middle of its answer.
    let told = answer.body_mut().read_to_string().ok()?;
    Some((status, serde_json::from_str(&told).ok()?))
}

fn asks(url: &str, key: &str, path: &str) -> Value {
    let mut answer = ureq::get(format!("{url}{path}"))
        .header("authorization", format!("Bearer {key}"))
        .call()
        .unwrap();
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}

fn stocks(url: &str, key: &str) {
    for item in 0..ITEMS {
        let body = json!({ "name": format!("Thing {item}"), "category": "THINGS",
            "prices": { MARKET: 100 + item } });
        let path = format!("{url}/v1/items/i{item}");
        assert_eq!(sends("PUT", &path, (key, "-"), &body).unwrap().0 / 100, 2);
    }
    for center in 0..CENTERS {
        let name = format!("Centre {center}");
        let body = json!({ "market": MARKET, "merchant_id": "m8", "name": name,
            "lat": 37.76, "lng": -122.40 - 0.01 * center as f64 });
        let path = format!("{url}/v1/centers/c{center}");
        assert_eq!(sends("PUT", &path, (key, "-"), &body).unwrap().0 / 100, 2);
        let lines: Vec<Value> = (0..ITEMS)
            .map(|item| json!({ "item_id": format!("i{item}"), "quantity": UNITS }))
            .collect();
        let body = json!({ "center_id": format!("c{center}"), "reference": "all", "lines": lines });
        let path = format!("{url}/v1/stock/receive");
        let once = format!("stock-{center}");
        assert_eq!(sends("POST", &path, (key, &once), &body).unwrap().0 / 100, 2);
    }
}

fn request(number: u64) -> Asked {
    let mut chance = Chance::of(3, &[number]);
    let first = chance.below(ITEMS);
    let lines: Vec<Value> = (0..chance.between(1, 3).unsigned_abs())
        .map(|more| {
            json!({ "item_id": format!("i{}", (first + more * 5) % ITEMS),
            "quantity": chance.between(1, 4) })
        })
        .collect();
    let center = chance.below(CENTERS);
    let is_reservation = chance.below(RESERVED_ONE_IN) == 0;
    Asked {
        path: if is_reservation { "/v1/reservations" } else { "/v1/orders" },
        key: format!("kill-{number}"),
        body: json!({
            "market": MARKET, "customer": { "phone": "+14155550123" }, "on_shortage": "refuse",
            "destination_address": { "lat": 37.76, "lng": -122.40 - 0.01 * center as f64 },
            "lines": lines, "reference": format!("kill-{number}"),
        }),
    }
}

/// Asks, first again for what nobody answered, until the server is gone.
fn buys(url: &str, key: &str, numbers: &AtomicU64, unanswered: Vec<Asked>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    let mut again = unanswered.into_iter();
    loop {
        let asked = again.next().unwrap_or_else(|| request(numbers.fetch_add(1, Relaxed)));
        match sends("POST", &format!("{url}{}", asked.path), (key, &asked.key), &asked.body) {
            Some((201, answer)) => outcomes.push((asked, Some(answer))),
            Some((status, answer)) => panic!("{asked:?} was answered with {status}: {answer}"),
            None => {
                outcomes.push((asked, None));
                outcomes.extend(again.map(|asked| (asked, None)));
                return outcomes;
            }
        }
    }
}

/// Every order that a server keeps, whole.
fn orders(url: &str, key: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = asks(url, key, &format!("/v1/orders?limit=1000{cursor}"));
        for line in page["data"].as_array().unwrap() {
            let id = line["order_id"].as_str().unwrap();
            found.push(asks(url, key, &format!("/v1/orders/{id}")));
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

/// Units that an order has of each centre's items.
fn held(order: &Value) -> BTreeMap<(String, String), i64> {
    let mut held = BTreeMap::new();
    if matches!(order["status"].as_str().unwrap(), "released" | "cancelled") {
        return held;
    }
    for part in order["parts"].as_array().unwrap() {
        let center = part["center_id"].as_str().unwrap();
        for line in part["lines"].as_array().unwrap() {
            let row = (center.to_owned(), line["item_id"].as_str().unwrap().to_owned());
            *held.entry(row).or_default() += line["quantity"].as_i64().unwrap();
        }
    }
    held
}

/// D4, D11, D12: a server killed over and over while buyers order and reserve: every order that was
/// answered is there, once, also for whoever asked again; what nobody confirmed holds nothing once
/// its time is over; and what is left is what came less what orders have, movement by movement.
#[test]
fn orders_and_reservations_live_through_kills() {
    let desk = Desk::with(&configuration());
    let created = desk.types("keys create --role operator --json").json();
    let key = created["secret"].as_str().unwrap();
    let server = desk.serves();
    stocks(&server.url, key);
    drop(server);
    let (mut chance, numbers) = (Chance::new(8), AtomicU64::new(0));
    let (mut answered, mut unanswered) = (Vec::new(), Vec::new());
    for _ in 0..KILLED {
        let server = desk.serves();
        let url = server.url.clone();
        let again = std::mem::take(&mut unanswered);
        let share = |buyer: usize| again.iter().skip(buyer).step_by(BUYERS).cloned().collect();
        let moment_us = 300_000 + chance.below(700_000);
        std::thread::scope(|scope| {
            let numbers = &numbers;
            let buyers: Vec<_> = (0..BUYERS)
                .map(|buyer| (share(buyer), url.clone()))
                .map(|(again, url)| scope.spawn(move || buys(&url, key, numbers, again)))
                .collect();
            sleep(Duration::from_micros(moment_us));
            // Servers of stories go by SIGKILL.
            drop(server);
            for buyer in buyers {
                let outcomes = buyer.join().unwrap();
                let (told, lost): (Vec<_>, Vec<_>) =
                    outcomes.into_iter().partition(|outcome| outcome.1.is_some());
                answered.extend(told);
                unanswered.extend(lost.into_iter().map(|(asked, _)| asked));
            }
        });
    }
    println!("{} answered, {} not", answered.len(), unanswered.len());
    assert!(answered.len() > 300, "only {} were answered", answered.len());
    let server = desk.serves();
    sleep(OVER);
    let kept = orders(&server.url, key);
    each_was_kept_once(&answered, &kept);
    what_is_left_is_what_nobody_has(&server.url, key, &kept);
    drop(server);
    let checked = desk.types("check");
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
}

fn each_was_kept_once(answered: &[Outcome], kept: &[Value]) {
    let by_id: BTreeMap<&str, &Value> =
        kept.iter().map(|order| (order["order_id"].as_str().unwrap(), order)).collect();
    for (asked, answer) in answered {
        let id = answer.as_ref().unwrap()["order_id"].as_str().unwrap();
        let order = by_id.get(id).unwrap_or_else(|| panic!("{id} of {asked:?} is lost"));
        let expected = if asked.path == "/v1/orders" { "placed" } else { "released" };
        assert_eq!(order["status"], expected, "{order}");
        assert_eq!(order["reference"], asked.body["reference"], "{order}");
    }
    let references: BTreeSet<&str> =
        kept.iter().map(|order| order["reference"].as_str().unwrap()).collect();
    assert_eq!(references.len(), kept.len(), "something was ordered twice");
    assert!(kept.iter().all(|order| order["status"] != "reserved"), "stock is held for nobody");
}

fn what_is_left_is_what_nobody_has(url: &str, key: &str, kept: &[Value]) {
    let mut taken: BTreeMap<(String, String), i64> = BTreeMap::new();
    for (row, units) in kept.iter().flat_map(held) {
        *taken.entry(row).or_default() += units;
    }
    for center in 0..CENTERS {
        let page = asks(url, key, &format!("/v1/stock?center_id=c{center}&limit=1000"));
        let rows = page["data"].as_array().unwrap();
        assert_eq!(rows.len() as u64, ITEMS);
        for row in rows {
            let item = row["item_id"].as_str().unwrap().to_owned();
            let taken = taken.get(&(format!("c{center}"), item)).copied().unwrap_or(0);
            assert_eq!(row["quantity"].as_i64().unwrap(), UNITS - taken, "{row}");
        }
    }
}
