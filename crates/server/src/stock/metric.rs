//! Figures of stock, each named `doorstep_…`.

use crate::app::App;
use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

const AGE: &str = "doorstep_stock_index_age_seconds";
const ROWS: &str = "doorstep_stock_index_rows";
const LOADS: &str = "doorstep_stock_index_loads_total";
const COPY: &str = "doorstep_availability_from_replica_total";
const STALE: &str = "doorstep_availability_from_store_total";

/// Says what the figures are.
pub(crate) fn describe() {
    describe_gauge!(AGE, Unit::Seconds, "How old what the index says may be, by market");
    describe_gauge!(ROWS, "Stock rows in the index");
    describe_counter!(LOADS, "How often the index was loaded from a store");
    describe_counter!(
        STALE,
        "Answers about availability that were read from the store: the index was not there yet"
    );
    describe_counter!(
        COPY,
        "Those of them that were read from the store's copy: the store was not there"
    );
}

/// Puts what is only known by looking.
pub(crate) fn look(app: &App) {
    let now = app.clock.now();
    for market in app.markets.keys() {
        if let Some(known_at) = app.stock.known_at(market) {
            let age_us = now.0.saturating_sub(known_at.0).max(0);
            gauge!(AGE, "market" => market.to_string()).set(age_us as f64 / 1e6);
        }
    }
    gauge!(ROWS).set(app.stock.index.size().0 as f64);
    counter!(STALE).increment(0);
    counter!(COPY).increment(0);
}

pub(super) fn loaded() {
    counter!(LOADS).increment(1);
}

pub(super) fn read_from_copy() {
    counter!(COPY).increment(1);
}

pub(super) fn read_from_store() {
    counter!(STALE).increment(1);
}
