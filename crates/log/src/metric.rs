use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

use crate::partition::Identity;

const APPENDED: &str = "doorstep_log_appended_records_total";
const COMMIT: &str = "doorstep_log_commit_records";
const FAILED: &str = "doorstep_log_failed_commits_total";
const WAITING: &str = "doorstep_log_waiting_records";

/// Tells the recorder, where there is one, what each figure means.
pub(crate) fn describe() {
    describe_counter!(APPENDED, Unit::Count, "Records made durable");
    describe_histogram!(COMMIT, Unit::Count, "Records that shared one commit");
    describe_counter!(FAILED, Unit::Count, "Commits that failed, each answered with the error");
    describe_gauge!(WAITING, Unit::Count, "Records left waiting when the last commit began");
}

pub(crate) fn committed(identity: &Identity, records: u64) {
    counter!(APPENDED, "topic" => identity.topic).increment(records);
    histogram!(COMMIT, "topic" => identity.topic).record(records as f64);
}

pub(crate) fn failed(identity: &Identity) {
    counter!(FAILED, "topic" => identity.topic).increment(1);
}

pub(crate) fn waiting(identity: &Identity, records: u64) {
    let partition = identity.number.to_string();
    gauge!(WAITING, "topic" => identity.topic, "partition" => partition).set(records as f64);
}
