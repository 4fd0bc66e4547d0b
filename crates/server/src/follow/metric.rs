//! Figures of following, each named `doorstep_follow_…`.

use doorstep_domain::time::SECOND_US;
use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

const PULLED: &str = "doorstep_follow_records_total";
const BEHIND: &str = "doorstep_follow_behind_records";
const ANSWERED: &str = "doorstep_follow_answered_timestamp_seconds";

/// Says what the figures are.
pub(crate) fn describe() {
    describe_counter!(PULLED, Unit::Count, "Records of other nodes looked at, by node");
    describe_gauge!(BEHIND, Unit::Count, "Records of other nodes not yet pulled, by node");
    describe_gauge!(ANSWERED, Unit::Seconds, "When a node answered last, since 1970, by node");
}

pub(super) fn pulled(url: &str, records: u64) {
    counter!(PULLED, "url" => url.to_owned()).increment(records);
}

/// How many records are known of and not pulled, and when all partitions had answered, in
/// microseconds UTC.
pub(super) fn stands(url: &str, behind: i64, answered_us: Option<i64>) {
    gauge!(BEHIND, "url" => url.to_owned()).set(behind as f64);
    if let Some(at_us) = answered_us {
        gauge!(ANSWERED, "url" => url.to_owned()).set(at_us as f64 / SECOND_US as f64);
    }
}
