//! Pay of one courier's day, among a million courier-days: at rest, and while events come in.

use crate::cities::{self, COURIERS};
use crate::figures::{disk_mib, quantile, timed};
use crate::world::{MARKET, World};
use doorstep_domain::id::CourierId;
use doorstep_domain::time::Day;
use doorstep_server::settlement;
use doorstep_sim::chance::Chance;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

/// With 20,000 couriers, a million courier-days.
const DAYS: u32 = 50;

/// Of these, how many are closed: their pay is read from statements, that of the others from facts.
const DAYS_CLOSED: u32 = 25;

/// Deliveries of a courier on a day.
const DELIVERIES_PER_COURIER: u32 = 2;

/// Courier-days read, drawn at random.
const READS: u64 = 20_000;

pub(crate) fn measure() -> Value {
    let world = World::new();
    let days: Vec<Day> = std::iter::successors(Some(cities::first_day()), |day| Some(day.next()))
        .take(DAYS as usize)
        .collect();
    let plan = cities::plan(days[0], DAYS, DELIVERIES_PER_COURIER);
    world.is_told(cities::chunks_of_completions(plan));
    for day in &days[..DAYS_CLOSED as usize] {
        settlement::close(&world.app, MARKET, *day, "bench").expect("a close");
    }
    let (at_rest, rest_s) = timed(|| reads(&world, &days, 1));
    let (importing, events_per_s) = reads_while_importing(&world, &days);
    json!({
        "courier_days": DAYS * COURIERS,
        "closed_share": f64::from(DAYS_CLOSED) / f64::from(DAYS),
        "reads": READS,
        "reads_per_s": READS as f64 / rest_s,
        "at_rest_ms": at_rest,
        "while_importing_ms": importing,
        "events_per_s_meanwhile": events_per_s,
        "store_mib": disk_mib(&world.directory.path().join("store.sqlite")),
    })
}

/// Reads while the days after are imported; answers how fast that was as well.
fn reads_while_importing(world: &World, days: &[Day]) -> (Value, f64) {
    let enough = AtomicBool::new(false);
    let later = days[days.len() - 1].next();
    thread::scope(|scope| {
        let importing = scope.spawn(|| {
            let plan = cities::plan(later, DAYS, DELIVERIES_PER_COURIER);
            let chunks = cities::chunks_of_completions(plan).into_iter();
            timed(|| world.is_told(chunks.take_while(|_| !enough.load(Relaxed))))
        });
        let read = reads(world, days, 2);
        enough.store(true, Relaxed);
        let (events, seconds) = importing.join().expect("an import");
        (read, events as f64 / seconds)
    })
}

/// Reads random courier-days one after another; answers what it took, in milliseconds.
fn reads(world: &World, days: &[Day], seed: u64) -> Value {
    let mut chance = Chance::new(seed);
    let mut draw = |end: usize| usize::try_from(chance.below(end as u64)).expect("a place");
    let mut took_ms = Vec::new();
    let mut found = 0;
    for _ in 0..READS {
        let day = days[draw(days.len())];
        let courier = format!("courier-{}", draw(COURIERS as usize) + 1);
        let courier: CourierId = courier.parse().expect("an identifier");
        let (pay, seconds) = timed(|| world.pay_of(day, Some(&courier)));
        found += pay.len() as u64;
        took_ms.push(seconds * 1e3);
    }
    assert!(found * 10 > READS * 9, "nearly everybody works every day");
    json!({
        "p50": quantile(&mut took_ms, 0.5),
        "p99": quantile(&mut took_ms, 0.99),
        "most": quantile(&mut took_ms, 1.0),
    })
}
