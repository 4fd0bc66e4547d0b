//! Time online: the fold of a courier's online and offline facts into intervals.

use crate::limits::{INTERVAL_US_MAX, OPEN_INTERVAL_US_MAX};
use crate::time::{Micros, Span};

/// A courier said to be online or offline from an instant on.
///
/// The order is that of the fold: at the same instant, offline comes before online.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Presence {
    /// When.
    pub at: Micros,
    /// Online, or offline.
    pub online: bool,
}

/// The intervals that count as time online, in order: a pure function of the set of facts.
///
/// Online until the next offline; repeats change nothing. What is still open lasts until `now`,
/// and is nothing where `now` is not given or [`OPEN_INTERVAL_US_MAX`] has passed: abandoned.
/// A closed interval longer than [`INTERVAL_US_MAX`] was never closed in truth and is left out.
pub fn online_intervals(
    facts: impl IntoIterator<Item = Presence>,
    now: Option<Micros>,
) -> Vec<Span> {
    let mut facts: Vec<Presence> = facts.into_iter().collect();
    facts.sort_unstable();
    let mut since = None;
    let mut intervals = Vec::new();
    for fact in facts {
        if fact.online {
            since.get_or_insert(fact.at);
        } else if let Some(start) = since.take() {
            intervals.extend(believed(Span::new(start, fact.at), INTERVAL_US_MAX));
        }
    }
    let open = since.zip(now).map(|(start, now)| Span::new(start, now));
    intervals.extend(open.and_then(|open| believed(open, OPEN_INTERVAL_US_MAX)));
    intervals
}

fn believed(interval: Span, longest_us: i64) -> Option<Span> {
    (!interval.is_empty() && interval.length_us() <= longest_us).then_some(interval)
}
