//! Processes that are killed at random moments, with SIGKILL, and what the next ones make of it.

mod archiving;
mod closing;
mod dispatch;
mod pings;
mod positions;
mod providers;
mod telling;

use crate::desk::Desk;
use crate::real_day::{joined, long_after};
use crate::second_book::{agrees, asked, days_of, is_sound};
use doorstep_domain::time::Day;
use doorstep_sim::book::{Book, BookTerms};
use doorstep_sim::chance::Chance;
use doorstep_sim::city::{CityPlan, city};
use doorstep_sim::dirt::{Faults, soil};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

pub(crate) const MARKET: &str = "sf";
pub(crate) const IMPORT: &str = "import events city.ndjson";
const ROUNDS: u32 = 50;

/// Two days of a small city, soiled.
pub(crate) fn lines(seed: u64) -> Vec<Vec<u8>> {
    let plan = CityPlan {
        seed,
        couriers: 40,
        deliveries_per_courier: 12,
        days: 2,
        first_day: "2008-05-19".parse().unwrap(),
        zone: "America/Los_Angeles".parse().unwrap(),
        market: MARKET.to_owned(),
        currency: "USD".to_owned(),
    };
    soil(city(plan), Faults::bad_day(seed)).collect()
}

pub(crate) fn terms() -> BookTerms {
    let zone = "America/Los_Angeles".parse().unwrap();
    BookTerms::example(MARKET, zone, long_after())
}

/// B10, A6: an import that was killed fifty times at random moments and then let through leaves
/// what an undisturbed one leaves: the same pay to the byte, the same digests, nothing adjusted.
#[test]
fn a_killed_import_neither_loses_nor_doubles() {
    let (lines, terms) = (lines(1), terms());
    let book = Book::of(&lines, &terms);
    let undisturbed = Desk::with(&terms.to_toml());
    undisturbed.holds("city.ndjson", &joined(&lines));
    let took = seconds_of(|| {
        undisturbed.types(&format!("{IMPORT} --json")).json();
    });
    agrees(&undisturbed, &terms, &book);

    let disturbed = Desk::with(&terms.to_toml());
    disturbed.holds("city.ndjson", &joined(&lines));
    kills(&disturbed, IMPORT, Chance::new(1), ROUNDS, took);
    let imported = disturbed.types(&format!("{IMPORT} --json")).json();
    assert_eq!(imported["adjustments"], 0, "{imported}");

    let days: Vec<Day> = days_of(&book).into_iter().collect();
    for day in &days {
        assert_eq!(left(&disturbed, *day), left(&undisturbed, *day), "{day}");
    }
    agrees(&disturbed, &terms, &book);
    let letters = |desk: &Desk| desk.types("status --json").json()["dead_letters"].clone();
    assert_eq!(letters(&disturbed), letters(&undisturbed));
    is_sound(&disturbed, MARKET, days);
}

/// Starts a command over and over, until it was killed so many times, each at a random moment of
/// the time that it takes. Where one is through by then, the others have less time.
pub(crate) fn kills(desk: &Desk, line: &str, mut chance: Chance, rounds: u32, mut took: Duration) {
    let mut killed = 0;
    while killed < rounds {
        let mut process = desk
            .command(line)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let moment_us = chance.below(u64::try_from(took.as_micros()).unwrap());
        sleep(Duration::from_micros(moment_us));
        process.kill().unwrap();
        let ended = process.wait().unwrap();
        match ended.code() {
            None => killed += 1,
            Some(0) => took = took * 9 / 10,
            Some(_) => panic!("{line}: {ended}"),
        }
    }
}

/// What a day comes to: pay as it is printed, and the settlement without the instants of closing
/// and of finding conflicts, which no two runs share.
fn left(desk: &Desk, day: Day) -> (String, Value) {
    let pay = desk.types(&format!("pay --market {MARKET} --day {day} --json"));
    let mut settlement = asked(desk, "settle", MARKET, day);
    settlement["closed_at"] = Value::from(settlement["closed_at"].is_string());
    for conflict in settlement["conflicts"].as_array_mut().unwrap() {
        conflict["raised_at"].take();
    }
    (pay.out, settlement)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the moments of death are spread over what an import really takes here"
)]
pub(crate) fn seconds_of(work: impl FnOnce()) -> Duration {
    let started = std::time::Instant::now();
    work();
    started.elapsed()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a random moment is the point: nothing is being waited for"
)]
fn sleep(until: Duration) {
    std::thread::sleep(until);
}

/// One delivery of a courier of its own, whole: 25.00 of goods, 4.00 of tip, half an hour.
fn whole_delivery(number: u64) -> String {
    let of = |kind: &str, time: &str, data: &Value| {
        let event = json!({
            "specversion": "1.0", "id": format!("{number}-{kind}"), "source": "/kill",
            "type": format!("delivery.{kind}"), "subject": format!("d{number}"), "time": time,
            "market": MARKET, "data": data,
        });
        format!("{event}\n")
    };
    let courier = json!({ "courier_id": format!("c{number}") });
    let mut done = json!({
        "merchant_id": "m8", "order_minor": 2500, "tip_minor": 400, "currency": "USD",
        "distance_m": 3000,
    });
    done["courier_id"] = courier["courier_id"].clone();
    [
        of("assigned", "2008-05-19T19:00:00Z", &courier),
        of("picked_up", "2008-05-19T19:10:00Z", &courier),
        of("delivered", "2008-05-19T19:40:00Z", &done),
    ]
    .concat()
}

/// Sends deliveries one after another until the server is gone; which ones it answered for.
fn sends_until_it_is_gone(url: &str, key: &str, numbers: &AtomicU64) -> Vec<u64> {
    let mut answered = Vec::new();
    loop {
        let number = numbers.fetch_add(1, Relaxed);
        let sent = ureq::post(format!("{url}/v1/events"))
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/x-ndjson")
            .send(whole_delivery(number));
        match sent {
            Ok(answer) => {
                assert_eq!(answer.status(), 202);
                answered.push(number);
            }
            Err(ureq::Error::StatusCode(code)) => panic!("refused with {code}"),
            Err(_) => return answered,
        }
    }
}

/// A1, B10: a server killed at random moments, over and over, while four clients send: whatever
/// it answered for is counted, whole and once, and of the rest nothing is counted in part.
#[test]
fn whatever_a_killed_server_answered_for_is_counted() {
    let desk = Desk::with(&terms().to_toml());
    let created = desk.types("keys create --role operator --json").json();
    let key = created["secret"].as_str().unwrap();
    let (mut chance, numbers) = (Chance::new(5), AtomicU64::new(0));
    let mut answered = BTreeSet::new();
    for _ in 0..8 {
        let server = desk.serves();
        let url = server.url.clone();
        let moment_us = chance.below(600_000);
        std::thread::scope(|scope| {
            let client = || sends_until_it_is_gone(&url, key, &numbers);
            let clients: Vec<_> = (0..4).map(|_| scope.spawn(client)).collect();
            sleep(Duration::from_micros(moment_us));
            // Servers of stories go by SIGKILL.
            drop(server);
            for client in clients {
                answered.extend(client.join().unwrap());
            }
        });
    }
    assert!(answered.len() > 20, "only {} were answered", answered.len());
    let day: Day = "2008-05-19".parse().unwrap();
    let mut counted = BTreeSet::new();
    for row in asked(&desk, "pay", MARKET, day).as_array().unwrap() {
        let courier = row["courier_id"].as_str().unwrap();
        let figures = ["total_minor", "tip_minor", "deliveries", "worked_seconds"];
        assert_eq!(figures.map(|figure| row[figure].as_i64().unwrap()), [1_200, 400, 1, 1_800]);
        counted.insert(courier[1..].parse().unwrap());
    }
    let lost: Vec<&u64> = answered.difference(&counted).collect();
    assert!(lost.is_empty(), "answered for, and lost: {lost:?}");
    is_sound(&desk, MARKET, [day]);
}
