//! The figures of the router and the geocoder of others, described.

use metrics::{Unit, counter, describe_counter};

/// What a router answers.
pub(in crate::places) const WAY: &str = "way";

/// What a geocoder answers.
pub(in crate::places) const ADDRESS: &str = "address";

/// Answers of the built-in engines in place of others'.
const FALLBACKS: &str = "doorstep_places_fallbacks_total";

/// Answers that were at hand.
const KEPT: &str = "doorstep_places_kept_total";

/// Says what the figures are.
pub(super) fn describe(what: &'static str) {
    let text = "Ways and addresses the built-in engines answered because the others did not";
    describe_counter!(FALLBACKS, Unit::Count, text);
    describe_counter!(KEPT, Unit::Count, "Ways and addresses of others that were at hand");
    counter!(KEPT, "what" => what).increment(0);
    counter!(FALLBACKS, "what" => what, "reason" => "open").increment(0);
}

/// The built-in engine answers because of this.
pub(in crate::places) fn fell_back(what: &'static str, reason: &'static str) {
    counter!(FALLBACKS, "what" => what, "reason" => reason).increment(1);
}

/// So many answers were at hand.
pub(super) fn was_kept(what: &'static str, answers: u64) {
    counter!(KEPT, "what" => what).increment(answers);
}
