//! `[tracking]`.

use super::Span;
use serde::Deserialize;

/// Which pings are taken, how many, and what is done with them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrackingConfig {
    /// How old a ping may be when it comes: phones send later what they queued without a network.
    pub max_age: Span,
    /// Pings a second that one device may send in the long run; bursts may be sixty times that.
    pub device_pings_per_second: u32,
    /// How often the positions are written to the store.
    pub snapshot_every: Span,
    /// Connections that watch at once.
    pub watchers_max: usize,
    /// How long the log keeps pings once they are archived.
    pub keep_pings: Span,
}

impl Default for TrackingConfig {
    fn default() -> TrackingConfig {
        TrackingConfig {
            max_age: Span(7 * 24 * 3_600_000_000),
            device_pings_per_second: 5,
            snapshot_every: Span(30 * 1_000_000),
            watchers_max: 20_000,
            keep_pings: Span(2 * 3_600_000_000),
        }
    }
}
