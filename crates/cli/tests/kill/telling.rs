//! Kills while others are told.

use super::sleep;
use crate::desk::Desk;
use doorstep_domain::time::{Clock, Micros};
use doorstep_server::app::App;
use doorstep_server::clock::SystemClock;
use doorstep_server::config::Config;
use doorstep_server::notifications;
use doorstep_sim::chance::Chance;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Servers that are killed.
const KILLED: u32 = 8;

const MARKET: &str = r#"
[notifications]
allowed_networks = ["127.0.0.0/8"]
[markets.sf]
time_zone = "America/Los_Angeles"
currency = "USD"
"#;

/// Messages by delivery: under which names each came.
type Heard = Arc<Mutex<BTreeMap<String, BTreeSet<String>>>>;

/// Somebody who listens and takes everything.
fn listens() -> (String, Heard) {
    let (socket, heard) = (TcpListener::bind("127.0.0.1:0").unwrap(), Heard::default());
    let url = format!("http://{}/", socket.local_addr().unwrap());
    let shared = Arc::clone(&heard);
    std::thread::spawn(move || {
        for stream in socket.incoming().map_while(Result::ok) {
            let shared = Arc::clone(&shared);
            // Whoever is killed while it speaks ends in the middle.
            std::thread::spawn(move || while take(&stream, &shared).is_some() {});
        }
    });
    (url, heard)
}

/// Takes one message; none where the connection ends before it is whole.
fn take(mut stream: &TcpStream, heard: &Heard) -> Option<()> {
    let (mut reader, mut name, mut length) = (BufReader::new(stream), String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
        match line.trim_end().split_once(": ") {
            Some(("webhook-id", value)) => value.clone_into(&mut name),
            Some(("content-length", value)) => length = value.parse().ok()?,
            _ if line == "\r\n" => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let message: Value = serde_json::from_slice(&body).unwrap();
    if message["type"] == "delivery.requested" {
        let delivery = message["data"]["delivery_id"].as_str().unwrap().to_owned();
        heard.lock().unwrap().entry(delivery).or_default().insert(name);
    }
    stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").ok()
}

/// Asks for deliveries one after another until the server is gone; which ones it answered for.
fn asks_until_it_is_gone(url: &str, key: &str, numbers: &AtomicU64) -> Vec<String> {
    let new = json!({
        "merchant_id": "m8", "phone": "+14155550123",
        "origin_address": { "lat": 37.7640, "lng": -122.4660 },
        "destination_address": { "lat": 37.7955, "lng": -122.3937 },
    });
    let mut answered = Vec::new();
    loop {
        let number = numbers.fetch_add(1, Relaxed);
        let sent = ureq::post(format!("{url}/v1/deliveries"))
            .header("authorization", format!("Bearer {key}"))
            .header("idempotency-key", format!("ask-{number}"))
            .send_json(&new);
        match sent {
            Ok(mut answer) => {
                let answer: Value = answer.body_mut().read_json().unwrap();
                answered.push(answer["delivery_id"].as_str().unwrap().to_owned());
            }
            Err(ureq::Error::StatusCode(code)) => panic!("refused with {code}"),
            Err(_) => return answered,
        }
    }
}

/// Ten minutes later: whatever somebody who was killed held in their hands is free again.
struct Later;

impl Clock for Later {
    fn now(&self) -> Micros {
        SystemClock.now().plus(600_000_000)
    }
}

/// C11, E7: a server killed at random moments, over and over, while deliveries are asked for and
/// told of: of each that it answered for a message arrives, and never under two names.
#[test]
fn whatever_a_killed_server_answered_for_is_told_under_one_name() {
    let (desk, (hook, heard)) = (Desk::with(MARKET), listens());
    let created = desk.types("keys create --role operator --json").json();
    let key = created["secret"].as_str().unwrap();
    assert_eq!(desk.types(&format!("subscriptions create {hook}")).code, 0);
    let (mut chance, numbers) = (Chance::new(17), AtomicU64::new(0));
    let mut answered = BTreeSet::new();
    for _ in 0..KILLED {
        let server = desk.serves();
        let url = server.url.clone();
        let moment_us = chance.below(1_500_000);
        std::thread::scope(|scope| {
            let client = || asks_until_it_is_gone(&url, key, &numbers);
            let clients: Vec<_> = (0..2).map(|_| scope.spawn(client)).collect();
            sleep(Duration::from_micros(moment_us));
            // Servers of stories go by SIGKILL.
            drop(server);
            for client in clients {
                answered.extend(client.join().unwrap());
            }
        });
    }
    assert!(answered.len() > 20, "only {} were answered", answered.len());
    let before = heard.lock().unwrap().len();
    assert!(before > 0, "nobody was told anything while the servers ran");
    tells_the_rest(&desk);
    let heard = heard.lock().unwrap();
    let lost: Vec<&String> = answered.iter().filter(|one| !heard.contains_key(*one)).collect();
    assert!(lost.is_empty(), "answered for, and nobody was told: {lost:?}");
    let doubled: Vec<_> = heard.iter().filter(|(_, names)| names.len() > 1).collect();
    assert!(doubled.is_empty(), "told under two names: {doubled:?}");
    assert_eq!(desk.types("tasks list --state waiting --json").json()["data"], json!([]));
}

/// What the servers left is told by one that nobody kills.
fn tells_the_rest(desk: &Desk) {
    let config = Config::read(&desk.path("doorstep.toml")).unwrap();
    let app = App::open(config, &desk.path("doorstep-data"), Arc::new(Later)).unwrap();
    let market = "sf".parse().unwrap();
    while notifications::step(&app, &market).unwrap() > 0 {}
    notifications::run_due(&app, "undisturbed").unwrap();
}
