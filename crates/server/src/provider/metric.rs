//! Figures about providers.

use super::apply::Applied;
use super::normalizer::NORMALIZER;
use metrics::{Unit, counter, describe_counter, gauge};
use std::collections::BTreeMap;

const EVENTS: &str = "doorstep_provider_events_total";
const MESSAGES: &str = "doorstep_provider_messages_total";
const LETTERS: &str = "doorstep_provider_dead_letters_total";

/// Says what the figures are.
pub(crate) fn describe() {
    describe_counter!(EVENTS, Unit::Count, "Events of providers, by what became of them");
    describe_counter!(
        MESSAGES,
        Unit::Count,
        "Messages of providers, by how they were answered: taken, or refused for their signature"
    );
    describe_counter!(LETTERS, Unit::Count, "Messages of providers that could not be read");
}

/// A message was answered.
pub(crate) fn answered(provider: &str, outcome: &'static str) {
    counter!(MESSAGES, "provider" => provider.to_owned(), "outcome" => outcome).increment(1);
}

/// A run of messages was read.
pub(super) fn applied(applied: &Applied, ignored: &BTreeMap<String, u64>, letters: usize) {
    for ((provider, disposition), count) in &applied.0 {
        let labels = [("provider", provider.clone()), ("disposition", disposition.as_str().into())];
        counter!(EVENTS, &labels).increment(*count);
    }
    for (provider, count) in ignored {
        let labels = [("provider", provider.clone()), ("disposition", "ignored".to_owned())];
        counter!(EVENTS, &labels).increment(*count);
    }
    counter!(LETTERS).increment(letters as u64);
}

/// How far a partition is behind, in messages.
pub(super) fn lag(partition: u32, messages: u64) {
    gauge!("doorstep_consumer_lag_records", "consumer" => NORMALIZER,
        "partition" => partition.to_string())
    .set(messages as f64);
}
