//! How long a provider is usually silent, learned from what it told: beyond that it is asked.

use super::event::Origin;
use super::{State, Timeline};
use crate::time::SECOND_US;
use std::collections::BTreeMap;

const MINUTE_US: i64 = 60 * SECOND_US;

/// Gaps that must be known before they say anything.
const GAPS_MIN: u32 = 50;

/// What is usual as long as they do not, in microseconds.
const UNLEARNED_US: i64 = 15 * MINUTE_US;

/// Bounds of what is learned, in microseconds.
const USUAL_US: (i64, i64) = (MINUTE_US, 60 * MINUTE_US);

/// How many gaps of a hundred are no longer.
const PERCENTILE: u64 = 95;

/// Buckets for each doubling: what is told is at most an eighth too long.
const STEPS: u32 = 8;

/// Gaps counted by length, each bucket an eighth longer than the one before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Gaps(BTreeMap<u32, u32>);

impl Gaps {
    fn add(&mut self, gap_us: i64) {
        *self.0.entry(bucket(gap_us)).or_default() += 1;
    }

    fn count(&self) -> u32 {
        self.0.values().sum()
    }

    /// So long that [`PERCENTILE`] of a hundred are no longer, in microseconds.
    fn usual_us(&self) -> i64 {
        let wanted = (u64::from(self.count()) * PERCENTILE).div_ceil(100);
        let mut seen = 0;
        for (bucket, count) in &self.0 {
            seen += u64::from(*count);
            if seen >= wanted {
                return end_us(*bucket);
            }
        }
        UNLEARNED_US
    }
}

fn bucket(gap_us: i64) -> u32 {
    let gap = u64::try_from(gap_us.max(1)).unwrap_or(1);
    let doublings = gap.ilog2();
    // The part above the power of two, in eighths of it.
    let eighths = ((u128::from(gap) * u128::from(STEPS)) >> doublings) as u32 - STEPS;
    doublings * STEPS + eighths
}

fn end_us(bucket: u32) -> i64 {
    let (doublings, eighths) = (bucket / STEPS, bucket % STEPS);
    let end = (u128::from(STEPS + eighths + 1) << doublings) / u128::from(STEPS);
    i64::try_from(end).unwrap_or(i64::MAX)
}

/// How long one provider is usually silent while a delivery stands at each state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Silences(BTreeMap<State, Gaps>);

impl Silences {
    /// Learns from what was told of a delivery. What we asked for says nothing of when they speak.
    pub fn learn(&mut self, timeline: &Timeline) {
        let told = timeline.events().iter().filter(|event| event.origin == Origin::Webhook);
        let mut told: Vec<_> = told.collect();
        told.sort_by_key(|event| event.received_at);
        for pair in told.windows(2) {
            let Some(state) = pair[0].meaning.state().filter(|state| !state.is_end()) else {
                continue;
            };
            let gap_us = pair[1].received_at.0 - pair[0].received_at.0;
            self.0.entry(state).or_default().add(gap_us);
        }
    }

    /// How long it is usually silent in a state, in microseconds: the 95th percentile of the gaps,
    /// from a minute to an hour; a quarter of an hour until there are fifty of them.
    pub fn usual_us(&self, state: State) -> i64 {
        match self.0.get(&state) {
            Some(gaps) if gaps.count() >= GAPS_MIN => gaps.usual_us().clamp(USUAL_US.0, USUAL_US.1),
            _ => UNLEARNED_US,
        }
    }

    /// The shortest of them, in microseconds: nothing is asked for sooner.
    pub fn shortest_us() -> i64 {
        USUAL_US.0
    }

    /// Each state that something was learned of.
    pub fn states(&self) -> impl Iterator<Item = State> {
        self.0.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{Courier, Event, Meaning, States};
    use crate::time::Micros;

    fn event(number: usize, received_s: i64, origin: Origin) -> Event {
        Event {
            key: format!("evt_{number}").into(),
            at: Micros(received_s * SECOND_US),
            meaning: Meaning::State(State::Assigned),
            name: "".into(),
            status: "".into(),
            opens_after: States::default(),
            opens_with_courier: false,
            booking: None,
            courier: Courier::default(),
            position_e7: None,
            tracking_url: None,
            reason: None,
            origin,
            received_at: Micros(received_s * SECOND_US),
        }
    }

    fn learned(gaps_s: &[i64], origin: Origin) -> Silences {
        let mut silences = Silences::default();
        for gap_s in gaps_s {
            silences.learn(&[event(1, 0, origin), event(2, *gap_s, origin)].into_iter().collect());
        }
        silences
    }

    /// E5: silence is learned for each state, never below a minute, never above an hour.
    #[test]
    fn what_is_usual_is_learned_from_fifty_gaps_on() {
        let many = |gap_s: i64, count: usize| vec![gap_s; count];
        let mixed: Vec<i64> = (1..=100).map(|minute| minute * 30).collect();
        let cases = [
            ("nothing", vec![], 900..=900),
            ("too few", many(120, 49), 900..=900),
            ("enough", many(120, 50), 120..=135),
            ("short ones", many(3, 60), 60..=60),
            ("long ones", many(40_000, 60), 3_600..=3_600),
            ("95 of a hundred", mixed, 2_850..=3_207),
        ];
        for (what, gaps_s, expected_s) in cases {
            let usual_s = learned(&gaps_s, Origin::Webhook).usual_us(State::Assigned) / SECOND_US;
            assert!(expected_s.contains(&usual_s), "{what}: {usual_s} s");
        }
        let asked = learned(&many(120, 60), Origin::Poll);
        let usual_us = asked.usual_us(State::Assigned);
        assert_eq!(usual_us, UNLEARNED_US, "what was asked for teaches nothing");
        let other = learned(&many(120, 60), Origin::Webhook);
        assert_eq!(other.usual_us(State::PickedUp), UNLEARNED_US, "of another state");
    }

    #[test]
    fn a_bucket_ends_less_than_an_eighth_behind_what_it_holds() {
        for gap_us in (1..2_000).chain([1 << 40, (1 << 40) + 12_345, i64::MAX / 2]) {
            let end = end_us(bucket(gap_us));
            assert!(end >= gap_us && end - gap_us <= gap_us / 8 + 1, "{gap_us}: {end}");
        }
    }
}
