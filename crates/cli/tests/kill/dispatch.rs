//! Kills under a city that asks, accepts and carries: matching goes on, and nothing is lost, done
//! twice, or paid for wrongly.

use super::{MARKET, seconds_of, sleep, terms};
use crate::desk::{Desk, Server};
use crate::second_book::{asked, is_sound};
use doorstep_domain::time::{Clock, Day};
use doorstep_server::clock::SystemClock;
use doorstep_sim::chance::Chance;
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

const COURIERS: usize = 60;

/// Servers that are killed while the city asks.
const KILLED: u32 = 5;

/// The city: some five hundred deliveries, over a time in which all the kills fit.
const CITY: &str = "simulate dispatch --requests-per-second 15 --for 35s --every 1s --settle 90s";

/// How long the accountant may take to count what is over.
const COUNTED: Duration = Duration::from_secs(30);

/// Asks a server for JSON, which must be there.
fn asks(server: &Server, key: &str, path: &str) -> Value {
    serde_json::from_str(&text(server, key, path).unwrap()).unwrap()
}

fn text(server: &Server, key: &str, path: &str) -> Option<String> {
    let answer = ureq::get(format!("{}{path}", server.url))
        .header("authorization", format!("Bearer {key}"))
        .call();
    answer.ok()?.body_mut().read_to_string().ok()
}

/// Offers that a server has made since it began.
fn offers_made(server: &Server, key: &str) -> f64 {
    let metrics = text(server, key, "/metrics").unwrap_or_default();
    let made = metrics.lines().filter(|line| {
        line.starts_with("doorstep_offer_outcomes_total") && line.contains("\"made\"")
    });
    made.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).sum()
}

fn waits_for_offers(server: &Server, key: &str) {
    while offers_made(server, key) == 0.0 {
        sleep(Duration::from_millis(10));
    }
}

/// Every delivery that a server keeps, whole.
fn deliveries(server: &Server, key: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = asks(server, key, &format!("/v1/deliveries?limit=1000{cursor}"));
        for line in page["data"].as_array().unwrap() {
            let id = line["delivery_id"].as_str().unwrap();
            found.push(asks(server, key, &format!("/v1/deliveries/{id}")));
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

/// Deliveries and tips that couriers are paid for on these days.
fn paid(desk: &Desk, server: &Server, key: &str, days: &BTreeSet<Day>) -> (i64, i64) {
    let to = format!("--server {} --key {key}", server.url);
    let rows = days.iter().flat_map(|day| {
        let line = format!("pay --market {MARKET} --day {day} --json {to}");
        desk.types(&line).json().as_array().unwrap().clone()
    });
    let of =
        |row: &Value| (row["deliveries"].as_i64().unwrap(), row["tip_minor"].as_i64().unwrap());
    rows.map(|row| of(&row)).fold((0, 0), |sum, of| (sum.0 + of.0, sum.1 + of.1))
}

fn today() -> Day {
    terms().zone.day(SystemClock.now())
}

/// The city runs, and servers are killed under it; what the city says in the end.
fn lives_through_kills(desk: &Desk, key: &str) -> (Server, Value) {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let mut server = desk.serves_at(port);
    let city = format!("{CITY} --couriers {COURIERS} --json --server {} --key {key}", server.url);
    let city = desk.command(&city).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    waits_for_offers(&server, key);
    let mut chance = Chance::new(13);
    for _ in 0..KILLED {
        sleep(Duration::from_micros(1_000_000 + chance.below(2_000_000)));
        // Servers of stories go by SIGKILL.
        drop(server);
        let mut next = None;
        let took = seconds_of(|| waits_for_offers(next.insert(desk.serves_at(port)), key));
        println!("the first new offer came {took:?} after the kill");
        assert!(took < Duration::from_secs(5), "{took:?}");
        server = next.unwrap();
    }
    (server, crate::desk::Said::of(city.wait_with_output().unwrap()).json())
}

/// C4, C9, C12, C13: a server killed over and over while a city asks, accepts and carries: matching
/// is back within five seconds; whoever asks again under the same key is served, once; nobody has
/// what another has; everything is delivered, no offer is left standing; and what the accountant
/// has counted is what was delivered.
#[test]
fn a_city_is_served_through_kills() {
    let desk = Desk::with(&terms().to_toml());
    let created = desk.types("keys create --role operator --json").json();
    let key = created["secret"].as_str().unwrap();
    let mut days = BTreeSet::from([today()]);
    let (server, city) = lives_through_kills(&desk, key);
    let count = |name: &str| city.pointer(name).and_then(Value::as_u64).unwrap();
    let asked_for = count("/asked");
    assert!(asked_for > 400, "too few for a story: {city}");
    assert!(count("/sent_again") > 0, "no kill was felt: {city}");
    assert!(count("/answered") * 1_000 >= asked_for * 999, "{city}");
    for never in ["/proof/lost", "/proof/doubled", "/proof/with_two_couriers"] {
        assert_eq!(count(never), 0, "{never}: {city}");
    }
    assert_eq!(count("/failed_of_couriers"), 0, "{city}");
    assert_eq!(count("/proof/by_status/delivered"), count("/answered"), "{city}");

    for number in 1..=COURIERS {
        let work = asks(&server, key, &format!("/v1/couriers/courier-{number}/work"));
        let held = (&work["offers"], &work["deliveries"]);
        assert_eq!(held, (&Value::Array(vec![]), &Value::Array(vec![])), "courier-{number}");
    }
    let kept = deliveries(&server, key);
    assert_eq!(kept.len() as u64, count("/proof/kept"));
    let tips = kept.iter().map(|delivery| delivery["tip_minor"].as_i64().unwrap()).sum();
    days.insert(today());
    let expected = (i64::try_from(kept.len()).unwrap(), tips);
    let mut counted = (0, 0);
    let began = SystemClock.now();
    while counted != expected && SystemClock.now().0 - began.0 < COUNTED.as_micros() as i64 {
        counted = paid(&desk, &server, key, &days);
        sleep(Duration::from_millis(100));
    }
    assert_eq!(counted, expected, "deliveries and tips that were paid for");
    drop(server);
    let settled = days.iter().map(|day| {
        let settlement = asked(&desk, "settle", MARKET, *day);
        let merchants = settlement["merchants"].as_array().unwrap().clone();
        merchants.iter().map(|row| row["deliveries"].as_i64().unwrap()).sum::<i64>()
    });
    assert_eq!(settled.sum::<i64>(), expected.0, "deliveries that merchants are charged for");
    is_sound(&desk, MARKET, days);
}
