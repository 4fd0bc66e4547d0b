//! The figures of the live side, described.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Pings that moved a courier.
pub(super) const APPLIED: &str = "doorstep_pings_applied_total";

/// Pings that came after a newer one.
pub(super) const STALE: &str = "doorstep_pings_stale_total";

/// Pings kept off the map.
pub(super) const IMPLAUSIBLE: &str = "doorstep_pings_implausible_total";

/// How old pings are when they reach the map.
pub(super) const PING_AGE: &str = "doorstep_ping_age_seconds";

/// How old the newest ping on the map is.
pub(super) const NEWEST_AGE: &str = "doorstep_tracker_newest_ping_age_seconds";

/// Connections that watch.
pub(super) const WATCHERS: &str = "doorstep_watchers";

/// How old positions are when they are told.
pub(super) const WATCH_LATENCY: &str = "doorstep_watch_latency_seconds";

/// Bytes told.
pub(crate) const WATCH_SENT: &str = "doorstep_watch_sent_bytes_total";

/// Records of the log that were archived.
pub(crate) const ARCHIVED_RECORDS: &str = "doorstep_archived_records_total";

/// Rows that they made.
pub(crate) const ARCHIVED_ROWS: &str = "doorstep_archived_rows_total";

/// Says what the figures are; again changes nothing.
pub(super) fn describe() {
    describe_counter!(APPLIED, Unit::Count, "Pings that moved a courier on the map");
    describe_counter!(STALE, Unit::Count, "Pings that came after a newer one of their courier");
    describe_counter!(IMPLAUSIBLE, Unit::Count, "Pings too far from the one before, kept off");
    describe_histogram!(PING_AGE, Unit::Seconds, "From a device's time to the map, sampled");
    describe_gauge!(NEWEST_AGE, Unit::Seconds, "Age of the newest ping on the map");
    describe_gauge!(WATCHERS, Unit::Count, "Connections that watch");
    describe_histogram!(
        WATCH_LATENCY,
        Unit::Seconds,
        "From a device's time to a watcher's connection, sampled"
    );
    describe_counter!(ARCHIVED_RECORDS, Unit::Count, "Records of the log put into the archive");
    describe_counter!(ARCHIVED_ROWS, Unit::Count, "Rows they made there: pings, or records");
    describe_counter!(WATCH_SENT, Unit::Bytes, "Bytes told to watchers");
}
