//! Where two streets meet.

use super::super::address::Address;
use super::{Candidate, Found, Geocoder, How};
use crate::tracking::Position;

/// Ends that are nearer than this meet: the arms of a wide crossing are drawn apart.
const MEETING_M: f64 = 30.0;

impl Geocoder {
    pub(super) fn corner(&self, address: &Address) -> Option<Found> {
        let either = |words: &[String]| {
            let exact = self.named(words);
            if exact.is_empty() { self.closest(words) } else { exact }
        };
        let (first, second) = (either(&address.words), either(&address.corner));
        let pairs = first.iter().flat_map(|one| second.iter().map(move |other| (one, other)));
        let met = pairs.filter_map(|(one, other)| self.meeting(one, other));
        met.max_by(|one, other| one.confidence.total_cmp(&other.confidence))
    }

    fn meeting(&self, one: &Candidate, other: &Candidate) -> Option<Found> {
        let (first, second) = (&self.streets[one.street], &self.streets[other.street]);
        if one.street == other.street {
            return None;
        }
        let (ends, others) = (self.ends(one.street), self.ends(other.street));
        let pairs = ends.iter().flat_map(|a| others.iter().map(move |b| (*a, *b)));
        let apart = |pair: &(Position, Position)| pair.0.distance_m(pair.1);
        let (position, near) = pairs.min_by(|one, other| apart(one).total_cmp(&apart(other)))?;
        (position.distance_m(near) <= MEETING_M).then(|| Found {
            position,
            street: format!("{} & {}", first.sign, second.sign),
            number: None,
            zip: None,
            how: How::Corner,
            letters_off: one.letters_off + other.letters_off,
            confidence: one.confidence * other.confidence * 0.95,
        })
    }

    fn ends(&self, street: usize) -> Vec<Position> {
        let lines = self.streets[street].stretches.iter().map(|at| &self.stretches[*at].line);
        lines.flat_map(|line| [line.first(), line.last()]).flatten().copied().collect()
    }
}
