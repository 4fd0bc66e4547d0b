//! Kills under pings: where couriers are is there again after each.

use super::{MARKET, seconds_of, sleep, terms};
use crate::desk::{Desk, Server};
use doorstep_domain::time::Micros;
use doorstep_sim::chance::Chance;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

const COURIERS: usize = 40;
const CLIENTS: usize = 3;

/// A config whose tracker writes positions down so often that kills meet it doing so.
fn config() -> String {
    format!("{}\n[tracking]\nsnapshot_every = \"50ms\"\n", terms().to_toml())
}

fn sends(url: &str, key: &str, path: &str, body: &Value) -> Option<ureq::Body> {
    let sent = ureq::post(format!("{url}{path}"))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .send(body.to_string());
    match sent {
        Ok(answer) => Some(answer.into_body()),
        Err(ureq::Error::StatusCode(code)) => panic!("{path} was refused with {code}"),
        Err(_) => None,
    }
}

fn courier(client: usize, number: usize) -> String {
    format!("c{client}-{number}")
}

/// Pings of all couriers of a client, one step after another, until the server is gone; the time
/// of the last step that was answered for.
fn drives(url: &str, key: &str, client: usize, from: Micros) -> Micros {
    let mut answered = from;
    loop {
        let at = answered.plus(100_000);
        let pings: Vec<Value> = (0..COURIERS)
            .map(|number| {
                let id = courier(client, number);
                json!({ "courier_id": id, "lat": 37.77, "lng": -122.42, "at": at })
            })
            .collect();
        let Some(mut body) = sends(url, key, "/v1/pings", &json!(pings)) else {
            return answered;
        };
        let taken: Value = serde_json::from_str(&body.read_to_string().unwrap()).unwrap();
        assert_eq!(taken["accepted"], COURIERS, "{taken}");
        answered = at;
    }
}

/// Where the couriers of a client were last, by the time of the oldest of these pings.
fn oldest_seen(server: &Server, key: &str, client: usize) -> Option<Micros> {
    let seen = |number| {
        let id = courier(client, number);
        let answer = ureq::get(format!("{}/v1/couriers/{id}/position", server.url))
            .header("authorization", format!("Bearer {key}"))
            .call();
        let position: Value =
            serde_json::from_str(&answer.ok()?.body_mut().read_to_string().ok()?).ok()?;
        position["at"].as_str()?.parse().ok()
    };
    (0..COURIERS).map(seen).collect::<Option<Vec<Micros>>>()?.into_iter().min()
}

/// A1, A3, C12: a server killed at random moments while three clients drive a hundred and twenty
/// couriers: after each start every courier is where the last answered ping was, or further on.
#[test]
fn positions_are_back_after_every_kill() {
    let desk = Desk::with(&config());
    let created = desk.types("keys create --role operator --json").json();
    let key = created["secret"].as_str().unwrap();
    let names = (0..CLIENTS).flat_map(|client| (0..COURIERS).map(move |n| courier(client, n)));
    let registered: Vec<Value> =
        names.map(|id| json!({ "courier_id": id, "market": MARKET })).collect();
    let mut server = desk.serves();
    sends(&server.url, key, "/v1/couriers", &json!(registered)).unwrap();
    // Pings may be a week old: half an hour ago is a time no courier's clock is ahead of.
    let began = now().plus(-1_800_000_000);
    let mut last: HashMap<usize, Micros> = (0..CLIENTS).map(|client| (client, began)).collect();
    let mut chance = Chance::new(3);
    for _ in 0..5 {
        let moment = Duration::from_micros(100_000 + chance.below(400_000));
        let url = server.url.clone();
        last = std::thread::scope(|scope| {
            let (url, last) = (&url, &last);
            let drive = |(client, from): (&usize, &Micros)| {
                let (client, from) = (*client, *from);
                scope.spawn(move || (client, drives(url, key, client, from)))
            };
            let clients: Vec<_> = last.iter().map(drive).collect();
            sleep(moment);
            // Servers of stories go by SIGKILL.
            drop(server);
            clients.into_iter().map(|client| client.join().unwrap()).collect()
        });
        server = desk.serves();
        let took = seconds_of(|| {
            for (client, answered) in &last {
                while oldest_seen(&server, key, *client).is_none_or(|seen| seen < *answered) {
                    sleep(Duration::from_millis(5));
                }
            }
        });
        println!("positions were back {took:?} after the server listened");
    }
    assert!(last.values().all(|answered| *answered > began), "nothing was answered: no story");
}

#[expect(clippy::disallowed_methods, reason = "the server believes pings of its own time only")]
fn now() -> Micros {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Micros(since.as_micros().try_into().unwrap())
}
