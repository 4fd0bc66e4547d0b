//! The figures of calls to others, described.

use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

/// Calls by how they ended.
const CALLS: &str = "doorstep_calls_total";

/// Attempts beyond the first.
const RETRIES: &str = "doorstep_calls_retries_total";

/// How long those took that were sent.
const SECONDS: &str = "doorstep_calls_seconds";

/// Breakers that are not closed.
const BREAKER_OPEN: &str = "doorstep_calls_breaker_open";

/// Says what the figures are, and makes those of a callee known before its first call.
pub(super) fn describe(to: &'static str) {
    describe_counter!(CALLS, Unit::Count, "Calls to others, by whom and how they ended");
    describe_counter!(RETRIES, Unit::Count, "Attempts of calls beyond the first");
    describe_histogram!(SECONDS, Unit::Seconds, "Calls that were sent, with their retries");
    describe_gauge!(BREAKER_OPEN, Unit::Count, "Callees left alone because calls failed");
    counter!(CALLS, "to" => to, "outcome" => "ok").increment(0);
    gauge!(BREAKER_OPEN, "to" => to).increment(0.0);
}

/// A call ended; `seconds` where it was sent.
pub(super) fn ended(to: &'static str, outcome: &'static str, seconds: Option<f64>) {
    counter!(CALLS, "to" => to, "outcome" => outcome).increment(1);
    if let Some(seconds) = seconds {
        histogram!(SECONDS, "to" => to).record(seconds);
    }
}

/// One more attempt.
pub(super) fn repeated(to: &'static str) {
    counter!(RETRIES, "to" => to).increment(1);
}

/// A breaker opened or closed; several callees may go by one name.
pub(super) fn turned(to: &'static str, is_open: bool) {
    gauge!(BREAKER_OPEN, "to" => to).increment(if is_open { 1.0 } else { -1.0 });
}
