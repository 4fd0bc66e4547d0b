//! When a courier was online.

use super::reading::Fact;

/// Stretches `[from, to)` in seconds, from facts in the order in which they happened. A shift
/// that never ends is not counted: this book is read after the day.
pub(super) fn online(facts: &[Fact]) -> Vec<(i64, i64)> {
    let mut stretches = Vec::new();
    let mut since = None;
    for fact in facts {
        if fact.kind == "courier.online" {
            since = since.or(Some(fact.at_s));
        } else if let Some(from_s) = since.take() {
            stretches.push((from_s, fact.at_s));
        }
    }
    stretches
}
