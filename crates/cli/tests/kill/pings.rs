//! Kills while pings come in.

use super::sleep;
use crate::desk::Desk;
use doorstep_domain::time::{Clock, Micros};
use doorstep_domain::tracking::batch;
use doorstep_server::app::App;
use doorstep_server::clock::SystemClock;
use doorstep_server::config::Config;
use doorstep_sim::chance::Chance;
use serde_json::json;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::Duration;

/// Servers that are killed.
const KILLED: u32 = 10;

const COURIERS: i64 = 50;

/// Pings of one request.
const PINGS_AT_ONCE: i64 = 20;

const MARKETS: &str = r#"
[tracking]
device_pings_per_second = 0
[markets.ny]
time_zone = "America/New_York"
currency = "USD"
[markets.sf]
time_zone = "America/Los_Angeles"
currency = "USD"
"#;

/// One ping: its courier's number, and its instant, which no other one has.
type Told = (i64, i64);

fn line((courier, at): Told) -> String {
    let at = Micros(at).to_string();
    let ping = json!({ "courier_id": format!("c{courier}"), "lat": 40.7, "lng": -74.0, "at": at });
    format!("{ping}\n")
}

/// Sends requests one after another until the server is gone; what it answered for.
fn sends_until_it_is_gone(url: &str, key: &str, next: &AtomicI64) -> Vec<Told> {
    let mut answered = Vec::new();
    loop {
        let first = next.fetch_add(PINGS_AT_ONCE, Relaxed);
        let told: Vec<Told> =
            (first..first + PINGS_AT_ONCE).map(|at| (at % COURIERS, at)).collect();
        let sent = ureq::post(format!("{url}/v1/pings"))
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/x-ndjson")
            .send(told.iter().map(|told| line(*told)).collect::<String>());
        match sent {
            Ok(mut answer) => {
                let answer: serde_json::Value = answer.body_mut().read_json().unwrap();
                assert_eq!(answer, json!({ "accepted": PINGS_AT_ONCE, "rejected": [] }));
                answered.extend(told);
            }
            Err(ureq::Error::StatusCode(code)) => panic!("refused with {code}"),
            Err(_) => return answered,
        }
    }
}

/// Every ping of the log, each of the market it belongs to.
fn logged(desk: &Desk) -> HashSet<Told> {
    let config = Config::read(&desk.path("doorstep.toml")).unwrap();
    let app = App::open(config, &desk.path("doorstep-data"), Arc::new(SystemClock)).unwrap();
    let mut found = HashSet::new();
    for partition in 0..app.log.partitions("pings").unwrap() {
        for entry in app.log.read("pings", partition, 0, usize::MAX, usize::MAX).unwrap() {
            for read in batch::read(&entry.value).unwrap() {
                let (courier, ping) = read.unwrap();
                let number: i64 = courier[1..].parse().unwrap();
                assert_eq!(entry.key, market(number).as_bytes());
                found.insert((number, ping.at.0));
            }
        }
        app.log.verify("pings", partition).unwrap();
    }
    found
}

fn market(courier: i64) -> &'static str {
    if courier % 2 == 0 { "ny" } else { "sf" }
}

/// A1, A2: a server killed at random moments, over and over, while four gateways send: whatever
/// it answered for is in the log, under its market.
#[test]
fn whatever_a_killed_server_answered_for_is_in_the_log() {
    let desk = Desk::with(MARKETS);
    let couriers: String = (0..COURIERS).map(|n| format!("c{n},{}\n", market(n))).collect();
    assert_eq!(desk.pipes(couriers.as_bytes(), "import couriers -").code, 0);
    let created = desk.types("keys create --role gateway --json").json();
    let key = created["secret"].as_str().unwrap();
    let (mut chance, next) = (Chance::new(11), AtomicI64::new(SystemClock.now().0 - 3_600_000_000));
    let mut answered = HashSet::new();
    for _ in 0..KILLED {
        let server = desk.serves();
        let url = server.url.clone();
        let moment_us = chance.below(500_000);
        std::thread::scope(|scope| {
            let client = || sends_until_it_is_gone(&url, key, &next);
            let clients: Vec<_> = (0..4).map(|_| scope.spawn(client)).collect();
            sleep(Duration::from_micros(moment_us));
            // Servers of stories go by SIGKILL.
            drop(server);
            for client in clients {
                answered.extend(client.join().unwrap());
            }
        });
    }
    assert!(answered.len() > 1_000, "only {} were answered", answered.len());
    let logged = logged(&desk);
    let lost: Vec<&Told> = answered.difference(&logged).collect();
    assert!(lost.is_empty(), "answered for, and lost: {lost:?}");
}
