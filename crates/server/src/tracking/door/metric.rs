//! Figures of the door.

use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};

const TAKEN: &str = "doorstep_pings_taken_total";
const REFUSED: &str = "doorstep_pings_refused_total";
const TURNED_AWAY: &str = "doorstep_ping_requests_turned_away_total";
const REQUESTS: &str = "doorstep_ping_flush_requests_batch_size";
const BLOCKS: &str = "doorstep_ping_flush_blocks_batch_size";

/// Says what the figures are.
pub(super) fn describe() {
    describe_counter!(TAKEN, Unit::Count, "Pings made durable");
    describe_counter!(REFUSED, Unit::Count, "Pings refused at the door, by code");
    describe_counter!(TURNED_AWAY, Unit::Count, "Requests told to come back later, by reason");
    describe_histogram!(REQUESTS, Unit::Count, "Parts of requests that shared one append");
    describe_histogram!(BLOCKS, Unit::Count, "Blocks of one append");
}

/// Pings are durable.
pub(super) fn taken(pings: u64) {
    counter!(TAKEN).increment(pings);
}

/// A ping was refused.
pub(super) fn refused(code: &'static str) {
    counter!(REFUSED, "code" => code).increment(1);
}

/// A request was told to come back later.
pub(super) fn turned_away(reason: &'static str) {
    counter!(TURNED_AWAY, "reason" => reason).increment(1);
}

/// Parts of requests are about to be appended as blocks.
pub(super) fn flushed(shares: usize, blocks: usize) {
    histogram!(REQUESTS).record(shares as f64);
    histogram!(BLOCKS).record(blocks as f64);
}
