//! From a file of events to pay: how fast, in how much memory, on how much disk.

use crate::cities;
use crate::figures::{disk_mib, peak_mib, timed};
use crate::world::World;
use serde_json::{Value, json};

pub(crate) fn measure(days: u32) -> Value {
    let file = cities::file(days);
    let world = World::new();
    let (events, counted_s) = timed(|| world.is_told(cities::chunks_of_file(file)));
    let peak_importing_mib = peak_mib();
    let (deliveries, listed_s) = timed(|| deliveries_paid(&world, days));
    let data = world.directory.path();
    json!({
        "events": events,
        "deliveries": deliveries,
        "counted_s": counted_s,
        "listed_s": listed_s,
        "events_per_s": events as f64 / (counted_s + listed_s),
        "peak_importing_mib": peak_importing_mib,
        "peak_mib": peak_mib(),
        "log_mib": disk_mib(&data.join("log")),
        "store_mib": disk_mib(&data.join("store.sqlite")),
        "write_ahead_mib": disk_mib(&data.join("store.sqlite-wal")),
    })
}

/// Lists everybody's pay on every day; answers how many deliveries were paid.
fn deliveries_paid(world: &World, days: u32) -> i64 {
    let all = std::iter::successors(Some(cities::first_day()), |day| Some(day.next()));
    // The last deliveries of the last day may end after its midnight.
    all.take(days as usize + 1).flat_map(|day| world.pay(day)).map(|pay| pay.deliveries).sum()
}
