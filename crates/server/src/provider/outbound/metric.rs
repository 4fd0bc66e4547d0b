//! Figures about what providers are asked.

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

const ASKED: &str = "doorstep_provider_asked_total";
const SILENCE: &str = "doorstep_provider_silence_seconds";
const USUAL: &str = "doorstep_provider_usual_silence_seconds";

/// Says what the figures are.
pub(crate) fn describe() {
    describe_counter!(
        ASKED,
        Unit::Count,
        "Providers asked: to book, cancel or fetch, by how it ended"
    );
    describe_gauge!(
        SILENCE,
        Unit::Seconds,
        "How long ago the open delivery of a provider was heard of that was heard of longest ago"
    );
    describe_gauge!(
        USUAL,
        Unit::Seconds,
        "How long a provider is usually silent, as learned, by how the delivery stands"
    );
}

/// Somebody was asked something.
pub(crate) fn asked(provider: &str, what: &'static str, outcome: &'static str) {
    let provider = provider.to_owned();
    counter!(ASKED, "provider" => provider, "what" => what, "outcome" => outcome).increment(1);
}

/// The longest silence, in microseconds.
pub(crate) fn silence(provider: &str, silence_us: i64) {
    gauge!(SILENCE, "provider" => provider.to_owned()).set(silence_us.max(0) as f64 / 1e6);
}

/// What is usual, in microseconds.
pub(crate) fn usual(provider: &str, status: &'static str, usual_us: i64) {
    gauge!(USUAL, "provider" => provider.to_owned(), "status" => status).set(usual_us as f64 / 1e6);
}
