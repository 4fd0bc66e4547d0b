//! How far the tracker is, for whoever asks: the door, the status, the metrics.

use doorstep_domain::time::Micros;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

/// What the tracker of this process has done since it began.
#[derive(Debug, Default)]
pub struct Progress {
    /// A tracker has said how far it is.
    is_followed: AtomicBool,
    /// Blocks in the log that are not applied.
    lag_records: AtomicU64,
    /// Time of the newest ping applied, in microseconds; zero before the first.
    newest_at_us: AtomicI64,
    /// Pings that moved a courier.
    applied: AtomicU64,
    /// Pings that came after a newer one.
    stale: AtomicU64,
    /// Pings too far from the one before.
    implausible: AtomicU64,
}

impl Progress {
    /// Whether a tracker of this process follows the log.
    pub fn is_followed(&self) -> bool {
        self.is_followed.load(Relaxed)
    }

    /// Blocks of the log that are durable and not yet on the map.
    pub fn lag_records(&self) -> u64 {
        self.lag_records.load(Relaxed)
    }

    /// The device's time of the newest ping applied.
    pub fn newest_at(&self) -> Option<Micros> {
        Some(self.newest_at_us.load(Relaxed)).filter(|at| *at > 0).map(Micros)
    }

    /// Pings that moved a courier, came after a newer one, were kept off the map.
    pub fn pings(&self) -> [u64; 3] {
        [&self.applied, &self.stale, &self.implausible].map(|count| count.load(Relaxed))
    }

    pub(super) fn lags(&self, records: u64) {
        self.lag_records.store(records, Relaxed);
        self.is_followed.store(true, Relaxed);
    }

    pub(super) fn saw(&self, newest: Micros) {
        self.newest_at_us.fetch_max(newest.0, Relaxed);
    }

    pub(super) fn add(&self, applied: u64, stale: u64, implausible: u64) {
        self.applied.fetch_add(applied, Relaxed);
        self.stale.fetch_add(stale, Relaxed);
        self.implausible.fetch_add(implausible, Relaxed);
    }
}
