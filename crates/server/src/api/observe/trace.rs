//! Names of traces (W3C Trace Context).

use crate::keys::hex;
use axum::http::HeaderMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The trace of `traceparent` where the caller has one, otherwise a new one.
pub(super) fn trace_id(headers: &HeaderMap) -> String {
    let parent = headers.get("traceparent").and_then(|value| value.to_str().ok());
    let given = parent.and_then(|parent| parent.split('-').nth(1)).filter(|trace| {
        let zero = trace.bytes().all(|digit| digit == b'0');
        trace.len() == 32 && !zero && trace.bytes().all(|digit| digit.is_ascii_hexdigit())
    });
    given.map_or_else(|| ours().next(), str::to_ascii_lowercase)
}

/// Names that no other process gives and this one gives once: asking the system for randomness
/// each time would cost a call into the kernel for every ping.
struct Ours {
    process: u64,
    next: AtomicU64,
}

impl Ours {
    fn next(&self) -> String {
        let number = mixed(self.next.fetch_add(1, Ordering::Relaxed));
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.process.to_be_bytes());
        bytes[8..].copy_from_slice(&number.to_be_bytes());
        hex(&bytes)
    }
}

fn ours() -> &'static Ours {
    static OURS: OnceLock<Ours> = OnceLock::new();
    OURS.get_or_init(|| {
        let mut seeds = [[0; 8]; 2];
        for seed in &mut seeds {
            // Without randomness a trace is still one here; it only may be another process's too.
            let _ = getrandom::fill(seed);
        }
        let [process, first] = seeds.map(u64::from_be_bytes);
        Ours { process: process | 1, next: AtomicU64::new(first) }
    })
}

/// Spreads numbers that follow each other, each to one of its own (the finaliser of SplitMix64,
/// Steele, Lea and Flood 2014): who samples by the last digits gets a fair sample.
fn mixed(number: u64) -> u64 {
    let once = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let twice = (once ^ (once >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    twice ^ (twice >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_caller_s_trace_is_taken_where_it_is_one() {
        let mine = "4bf92f3577b34da6a3ce929d0e0e4736";
        let cases = [
            (format!("00-{mine}-00f067aa0ba902b7-01"), true),
            (format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)), false),
            ("00-nonsense-01".to_owned(), false),
            (String::new(), false),
        ];
        for (parent, taken) in cases {
            let mut headers = HeaderMap::new();
            headers.insert("traceparent", parent.parse().unwrap());
            let trace = trace_id(&headers);
            assert_eq!(trace == mine, taken, "{parent}");
            assert_eq!(trace.len(), 32);
        }
    }

    #[test]
    fn no_two_are_the_same() {
        let traces: BTreeSet<String> = (0..1_000).map(|_| trace_id(&HeaderMap::new())).collect();
        assert_eq!(traces.len(), 1_000);
    }
}
