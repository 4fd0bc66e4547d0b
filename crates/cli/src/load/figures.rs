//! What a load has come to.

use hdrhistogram::Histogram;
use serde_json::{Value, json};

/// Longest latency told apart, in microseconds: ten minutes.
const LATENCY_US_MAX: u64 = 600_000_000;

/// How long things took, to three digits.
#[derive(Debug, Clone)]
pub(crate) struct Latency(Option<Histogram<u64>>);

impl Default for Latency {
    fn default() -> Latency {
        // The bounds are ours, and those that the histogram asks for.
        Latency(Histogram::new_with_bounds(1, LATENCY_US_MAX, 3).ok())
    }
}

impl Latency {
    /// Adds one; less than nothing, as between two clocks, is nothing.
    pub(crate) fn add(&mut self, latency_us: i64) {
        if let Some(histogram) = &mut self.0 {
            histogram.saturating_record(u64::try_from(latency_us).unwrap_or(0));
        }
    }

    /// Forgets all of them.
    pub(crate) fn clear(&mut self) {
        if let Some(histogram) = &mut self.0 {
            histogram.clear();
        }
    }

    /// The latency that this share of them has at most, in milliseconds.
    pub(crate) fn quantile_ms(&self, share: f64) -> f64 {
        let us = self.0.as_ref().map_or(0, |histogram| histogram.value_at_quantile(share));
        us as f64 / 1e3
    }

    /// Median, 90th and 99th of a hundred, and most.
    pub(crate) fn to_json(&self) -> Value {
        let [p50, p90, p99, most] = [0.5, 0.9, 0.99, 1.0].map(|share| self.quantile_ms(share));
        json!({ "p50": p50, "p90": p90, "p99": p99, "most": most })
    }
}

/// What was sent, and what became of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sent {
    /// Pings handed to the server, each once.
    pub(crate) pings: u64,
    /// Pings it has answered for: they are durable.
    pub(crate) acknowledged: u64,
    /// Pings it has taken out of a batch and refused.
    pub(crate) rejected: u64,
    /// Requests it asked to send again later (429, 503).
    pub(crate) asked_to_wait: u64,
    /// Requests without an answer, or with one that makes no sense.
    pub(crate) failed: u64,
    /// What the first of those said.
    pub(crate) first_failure: Option<String>,
    /// From when a request should have gone to its final answer.
    pub(crate) latency: Latency,
    /// The same since somebody last looked.
    pub(crate) lately: Latency,
}

impl Sent {
    /// Counts a request that was answered.
    pub(crate) fn answered(&mut self, accepted: u64, rejected: u64, latency_us: i64) {
        self.acknowledged += accepted;
        self.rejected += rejected;
        self.latency.add(latency_us);
        self.lately.add(latency_us);
    }

    /// Counts a request that came to nothing.
    pub(crate) fn fails(&mut self, why: impl Into<String>) {
        self.failed += 1;
        self.first_failure.get_or_insert_with(|| why.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_told_in_milliseconds() {
        let mut latency = Latency::default();
        (1..=1_000).for_each(|ms| latency.add(ms * 1_000));
        latency.add(-5);
        let told = latency.to_json();
        for (name, expected) in [("p50", 500.0), ("p90", 900.0), ("p99", 990.0), ("most", 1_000.0)]
        {
            let ms = told[name].as_f64().unwrap();
            assert!((ms / expected - 1.0).abs() < 0.002, "{name}: {ms}");
        }
        latency.clear();
        assert_eq!(latency.quantile_ms(0.5), 0.0);
    }
}
