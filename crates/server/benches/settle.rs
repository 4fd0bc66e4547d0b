//! Closing a day of a million completions: 20,000 couriers, 2,000 merchants.

use crate::cities;
use crate::figures::{disk_mib, forget_peak, median, peak_mib, timed};
use crate::world::{MARKET, World};
use doorstep_domain::time::Day;
use doorstep_server::settlement;
use doorstep_store::{Tx, TxExt};
use serde_json::{Value, json};

/// Of 64 deliveries two are never completed, and a few only after midnight: this leaves a million.
const DELIVERIES_PER_COURIER: u32 = 53;

/// Reads of which the median is taken.
const READS: usize = 5;

pub(crate) fn measure() -> Value {
    let world = World::new();
    let day = cities::first_day();
    let plan = cities::plan(day, 1, DELIVERIES_PER_COURIER);
    let told = world.is_told(cities::chunks_of_completions(plan));
    let store = world.directory.path().join("store.sqlite");
    let view = || settlement::view(&world.app, MARKET, day).expect("a settlement");
    let store_before_mib = disk_mib(&store);
    let (open, computed_s) = timed(view);

    forget_peak();
    let close = || settlement::close(&world.app, MARKET, day, "bench").expect("a close");
    let (closed, closed_s) = timed(close);
    let peak_closing_mib = peak_mib();
    let again = (0..READS).map(|_| timed(close).1).collect();
    let reads = (0..READS).map(|_| timed(view).1).collect();

    let settled = view();
    assert_eq!(settled.digest, closed.digest, "what was closed is what is read");
    assert_eq!(open.digest, closed.digest, "what was shown is what was closed");
    json!({
        "told": told,
        "completions": settled.totals.deliveries,
        "couriers": settled.couriers.len(),
        "merchants": settled.merchants.len(),
        "statements": settled.couriers.len() + settled.merchants.len(),
        "postings": postings(&world, day),
        "computed_s": computed_s,
        "closed_s": closed_s,
        "closed_again_s": median(again),
        "read_s": median(reads),
        "peak_closing_mib": peak_closing_mib,
        "store_before_mib": store_before_mib,
        "store_mib": disk_mib(&store),
    })
}

/// What a close has posted, counted.
fn postings(world: &World, day: Day) -> i64 {
    let count = |tx: &mut dyn Tx| {
        tx.query_one(
            "select count(*) from posting where market_id = $1 and day = $2",
            &[MARKET.into(), day.number().into()],
            |row| row.int(0),
        )
    };
    world.app.store.read(count).expect("a count")
}
