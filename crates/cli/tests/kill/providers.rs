//! Kills while providers tell us things.

use super::sleep;
use crate::desk::Desk;
use doorstep_sim::chance::Chance;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Servers that are killed.
const KILLED: u32 = 8;

/// Deliveries that are told of in turns.
const DELIVERIES: u64 = 200;

const MARKET: &str = r#"
[providers.uber]
adapter = "uber_direct"
verify = "none"
[markets.sf]
time_zone = "America/Los_Angeles"
currency = "USD"
"#;

const STATUSES: [&str; 4] = ["pending", "pickup", "pickup_complete", "dropoff"];

/// The message with this number: each delivery passes through its states, over and over.
fn message(number: u64) -> Value {
    let (delivery, round) = (number % DELIVERIES, number / DELIVERIES);
    let status = STATUSES[usize::try_from(round % 4).unwrap()];
    let updated = 1_780_000_000 + round;
    json!({ "kind": "event.delivery_status", "id": format!("evt_{number}"), "status": status,
        "data": { "id": format!("del_{delivery}"), "status": status, "updated": updated } })
}

/// Sends messages one after another until the server is gone; which ones it answered for.
fn sends_until_it_is_gone(url: &str, numbers: &AtomicU64) -> Vec<u64> {
    let mut answered = Vec::new();
    loop {
        let number = numbers.fetch_add(1, Relaxed);
        let sent = ureq::post(format!("{url}/v1/providers/uber/events")).send_json(message(number));
        match sent {
            Ok(answer) => {
                assert_eq!(answer.status(), 200);
                answered.push(number);
            }
            Err(ureq::Error::StatusCode(code)) => panic!("refused with {code}"),
            Err(_) => return answered,
        }
    }
}

/// Follows a delivery; our name of it.
fn follows(url: &str, key: &str, delivery: u64) -> String {
    let new = json!({ "reference": format!("del_{delivery}"), "merchant_id": "m8" });
    let mut answer = ureq::post(format!("{url}/v1/providers/uber/deliveries"))
        .header("authorization", key)
        .header("idempotency-key", format!("follow-{delivery}"))
        .send_json(&new)
        .unwrap();
    let followed: Value = answer.body_mut().read_json().unwrap();
    followed["delivery_id"].as_str().unwrap().to_owned()
}

/// The messages that a delivery's timeline is made of.
fn numbers_of(url: &str, key: &str, delivery: &str) -> Vec<u64> {
    let mut answer = ureq::get(format!("{url}/v1/deliveries/{delivery}/timeline"))
        .header("authorization", key)
        .call()
        .unwrap();
    let told: Value = answer.body_mut().read_json().unwrap();
    let number = |event: &Value| event["event"].as_str().unwrap()[4..].parse().unwrap();
    let all = told["data"].as_array().unwrap().iter();
    all.filter(|entry| entry["source"] == "provider").map(number).collect()
}

/// What the servers left in the log is read by a process that nobody kills.
fn normalizer_reads(desk: &Desk) {
    assert_eq!(desk.types("providers list").code, 0);
}

/// E1, E4: a server killed at random moments, over and over, while messages come in: each that it
/// answered for is in its timeline, once, and every delivery stands as the set of them says.
#[test]
fn whatever_a_killed_server_answered_for_is_in_its_timeline() {
    let desk = Desk::with(MARKET);
    let key = desk.types("keys create --role operator --json").json()["secret"].clone();
    let key = format!("Bearer {}", key.as_str().unwrap());
    let first = desk.serves();
    let ours: Vec<String> = (0..DELIVERIES).map(|one| follows(&first.url, &key, one)).collect();
    drop(first);
    let (mut chance, numbers) = (Chance::new(23), AtomicU64::new(0));
    let mut answered = Vec::new();
    for _ in 0..KILLED {
        let server = desk.serves();
        let url = server.url.clone();
        let moment_us = chance.below(700_000);
        std::thread::scope(|scope| {
            let client = || sends_until_it_is_gone(&url, &numbers);
            let clients: Vec<_> = (0..4).map(|_| scope.spawn(client)).collect();
            sleep(Duration::from_micros(moment_us));
            // Servers of stories go by SIGKILL.
            drop(server);
            for client in clients {
                answered.extend(client.join().unwrap());
            }
        });
    }
    assert!(answered.len() > 100, "only {} were answered", answered.len());
    normalizer_reads(&desk);
    let last = desk.serves();
    let mut told: BTreeMap<u64, u32> = BTreeMap::new();
    for (delivery, name) in (0..).zip(&ours) {
        for number in numbers_of(&last.url, &key, name) {
            assert_eq!(number % DELIVERIES, delivery);
            *told.entry(number).or_default() += 1;
        }
    }
    drop(last);
    let lost: Vec<&u64> = answered.iter().filter(|number| !told.contains_key(number)).collect();
    assert!(lost.is_empty(), "answered for, and lost: {lost:?}");
    assert!(told.values().all(|times| *times == 1), "told twice");
    assert_eq!(desk.types("check").code, 0);
}
