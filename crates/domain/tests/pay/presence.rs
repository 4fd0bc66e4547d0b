//! Time online.

use doorstep_domain::limits::{INTERVAL_US_MAX, OPEN_INTERVAL_US_MAX};
use doorstep_domain::pay::{Presence, online_intervals};
use doorstep_domain::time::{Micros, Span};
use proptest::prelude::*;

/// `+5 -9`: online at 5, offline at 9.
fn facts(text: &str) -> Vec<Presence> {
    let fact = |word: &str| Presence {
        at: Micros(word[1..].parse().expect("an instant")),
        online: word.starts_with('+'),
    };
    text.split_whitespace().map(fact).collect()
}

fn written(intervals: Vec<Span>) -> String {
    let words = intervals.iter().map(|span| format!("{}..{}", span.start.0, span.end.0));
    words.collect::<Vec<_>>().join(" ")
}

/// B2: online until the next offline, repeats harmless. Columns: facts, now, intervals.
#[test]
fn online_until_the_next_offline() {
    let cases = [
        ("", Some(100), ""),
        ("+5 -9", None, "5..9"),
        ("-9 +5", None, "5..9"),
        ("+5 +6 +5 -9 -9 -12", None, "5..9"),
        ("-3 +5 -9", None, "5..9"),
        ("+1 -5 +5 -9", None, "1..5 5..9"),
        ("+5 -5", None, ""),
        ("+5 -5", Some(8), "5..8"),
        ("+1 -3 +5", None, "1..3"),
        ("+1 -3 +5", Some(100), "1..3 5..100"),
        ("+1 -3 +5", Some(5), "1..3"),
        ("+1 -3 +5", Some(4), "1..3"),
        ("+1 -3 +5 +7", Some(9), "1..3 5..9"),
    ];
    for (text, now, expected) in cases {
        let intervals = online_intervals(facts(text), now.map(Micros));
        assert_eq!(written(intervals), expected, "{text} at {now:?}");
    }
}

/// B2: what was never closed is not work. Columns: facts, now, is anything left.
#[test]
fn abandoned_intervals_are_not_paid() {
    let (open, closed) = (OPEN_INTERVAL_US_MAX, INTERVAL_US_MAX);
    let cases = [
        ("+0".to_owned(), open, true),
        ("+0".to_owned(), open + 1, false),
        (format!("+0 -{closed}"), 0, true),
        (format!("+0 -{}", closed + 1), 0, false),
    ];
    for (text, now, left) in cases {
        let intervals = online_intervals(facts(&text), Some(Micros(now)));
        assert_eq!(!intervals.is_empty(), left, "{text} at {now}");
    }
}

proptest! {
    /// B2: a pure function of the set: any order and repetition of the facts, the same intervals,
    /// in order and apart.
    #[test]
    fn presence_is_a_function_of_the_set(
        told in prop::collection::vec((0..50_i64, any::<bool>()), 0..20),
        again in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        now in prop::option::of(0..60_i64),
    ) {
        let fact = |(at, online): (i64, bool)| Presence { at: Micros(at), online };
        let facts: Vec<Presence> = told.into_iter().map(fact).collect();
        let now = now.map(Micros);
        let once = online_intervals(facts.clone(), now);
        let mut repeated = facts.clone();
        if !facts.is_empty() {
            repeated.extend(again.iter().map(|index| *index.get(&facts)));
        }
        repeated.reverse();
        prop_assert_eq!(&once, &online_intervals(repeated, now));
        prop_assert!(once.iter().all(|span| !span.is_empty()));
        prop_assert!(once.is_sorted_by(|before, after| before.end <= after.start));
    }
}
