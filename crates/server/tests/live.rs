//! The live side: pings reach the map, the map reaches those who watch.

mod events;
mod map;
mod order;
pub(crate) mod socket;
pub(crate) mod stream;
mod tracker;

use crate::world::{World, at};
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::{Ping, Position, batch};
use doorstep_log::Record;
use doorstep_server::tracking::tracker::turns::Budget;
use doorstep_server::tracking::tracker::{Tracker, catch_up};
use doorstep_server::wire::PINGS;
use doorstep_store::LaneId;
use doorstep_store::courier::{self, CourierRow};

/// A ping of these degrees, so many seconds after noon of the stories.
pub(crate) fn ping(lat: f64, lng: f64, second: i64) -> Ping {
    Ping {
        at: noon().plus(second * 1_000_000),
        position: Position::from_degrees(lat, lng).unwrap(),
        accuracy_dm: Some(50),
        speed_cm_s: None,
        heading_cdeg: Some(9_000),
        battery_percent: None,
    }
}

/// When it is in the stories.
pub(crate) fn noon() -> Micros {
    at("2008-05-25T19:00:00Z")
}

/// One block of pings.
pub(crate) fn block(pings: &[(&str, Ping)]) -> Vec<u8> {
    let mut writer = batch::Writer::new();
    for (courier, ping) in pings {
        writer.push(courier, ping);
    }
    writer.finish()
}

/// Puts a block of a market into the log, in a partition.
pub(crate) fn appends(world: &World, market: &str, partition: u32, value: Vec<u8>) {
    let record = Record { key: market.as_bytes().to_vec(), value };
    world.app.log.append_to(PINGS, partition, vec![record], world.app.clock.now().0).unwrap();
}

/// A tracker as a start makes it.
pub(crate) fn tracker(world: &World) -> Tracker {
    Tracker::restored(&world.app, Budget::default()).unwrap()
}

/// Pings reach the map.
pub(crate) fn are_seen(world: &World, pings: &[(&str, Ping)]) {
    appends(world, "sf", 0, block(pings));
    catch_up(&world.app, &mut tracker(world)).unwrap();
}

/// Couriers of the market of the stories.
pub(crate) fn registers(world: &World, couriers: &[&str]) {
    let row = |courier: &&str| CourierRow {
        courier: (*courier).to_owned(),
        market: "sf".to_owned(),
        registered_at_us: 1,
    };
    let rows: Vec<CourierRow> = couriers.iter().map(row).collect();
    let lane = LaneId::new("couriers").unwrap();
    world.app.store.lane(&lane, move |tx| courier::add(tx, &rows)).unwrap();
}
