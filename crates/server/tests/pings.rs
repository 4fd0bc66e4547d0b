//! Pings in: every form, every refusal, every sender.

mod devices;
mod forms;
mod keys;
mod refusals;
mod registry;
mod socket;

use crate::served::{Answer, Served, Visitor};
use crate::world::{SF, World};
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::batch::{self, Writer};
use doorstep_domain::tracking::{Ping, Position};
use doorstep_server::couriers::{self, NewCourier};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// When stories of pings happen: the world's noon.
pub(crate) const NOON: &str = "2008-05-25T19:00:00Z";

/// Two markets with two couriers each.
pub(crate) fn world() -> World {
    let world = World::with(&format!("{SF}\n{}", SF.replace("sf", "ny")));
    let couriers = [("anna", "sf"), ("bea", "sf"), ("carl", "ny"), ("dora", "ny")];
    for (courier, market) in couriers {
        registers(&world, courier, market);
    }
    world
}

pub(crate) fn registers(world: &World, courier: &str, market: &str) {
    let (courier_id, market) = (courier.parse().unwrap(), market.parse().unwrap());
    let registered =
        couriers::register(&world.app, &[NewCourier::new(courier_id, market)]).unwrap();
    assert_eq!(registered.refused, []);
}

/// A ping somewhere in the city, `second` seconds before noon.
pub(crate) fn ping(courier: &str, second: i64) -> Value {
    let noon: Micros = NOON.parse().unwrap();
    json!({
        "courier_id": courier, "lat": 37.7749, "lng": -122.4194,
        "at": noon.plus(-second * 1_000_000).to_string(),
    })
}

/// The same in the domain's units.
fn same(second: i64) -> Ping {
    let noon: Micros = NOON.parse().unwrap();
    Ping {
        at: noon.plus(-second * 1_000_000),
        position: Position { lat_e7: 377_749_000, lng_e7: -1_224_194_000 },
        accuracy_dm: None,
        speed_cm_s: None,
        heading_cdeg: None,
        battery_percent: None,
    }
}

/// Pings as a binary batch.
fn binary(pings: &[(&str, i64)]) -> Vec<u8> {
    let mut writer = Writer::new();
    pings.iter().for_each(|(courier, second)| writer.push(courier, &same(*second)));
    writer.finish()
}

fn sends(visitor: &Visitor, content_type: &str, body: impl AsRef<[u8]>) -> Answer {
    visitor.asks("POST", "/v1/pings", &[("content-type", content_type)], body)
}

/// Sends one or several pings as JSON.
fn tells(visitor: &Visitor, pings: &Value) -> Answer {
    sends(visitor, "application/json", pings.to_string())
}

/// What the log holds of each courier, in order, as market and ping.
fn logged(world: &World) -> BTreeMap<String, Vec<(String, Ping)>> {
    let log = &world.app.log;
    let mut found: BTreeMap<String, Vec<(String, Ping)>> = BTreeMap::new();
    for partition in 0..log.partitions("pings").unwrap() {
        for entry in log.read("pings", partition, 0, usize::MAX, usize::MAX).unwrap() {
            let market = String::from_utf8(entry.key).unwrap();
            for read in batch::read(&entry.value).unwrap() {
                let (courier, ping) = read.unwrap();
                let of = log.partition_of("pings", courier.as_bytes()).unwrap();
                assert_eq!(of, partition, "{courier} is in a partition of somebody else's");
                found.entry(courier.to_owned()).or_default().push((market.clone(), ping));
            }
        }
    }
    found
}

/// The dead letters of pings: code and raw text, in the order in which they were refused.
fn letters(served: &Served) -> Vec<(String, String)> {
    let listed = served.operator.gets("/v1/dead-letters?topic=pings").json();
    let letters = listed["data"].as_array().unwrap().iter().map(|letter| {
        let id = letter["letter_id"].as_str().unwrap();
        let shown = served.operator.gets(&format!("/v1/dead-letters/{id}")).json();
        let raw = shown["raw"].as_str().unwrap_or("(binary)").to_owned();
        (letter["code"].as_str().unwrap().to_owned(), raw)
    });
    letters.collect()
}
