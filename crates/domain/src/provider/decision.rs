//! What a person decides about a delivery that ended in two ways: which end is true.
//!
//! A decision is an event like all others, so that regions that exchange it agree. Of several the
//! last one counts, by the time at which they were made and then by name.

use super::canonical::{State, States};
use super::event::{Courier, Event, Meaning, Origin};
use super::fold::{Standing, fold};
use super::timeline::Timeline;
use crate::time::Micros;

/// What becomes of the wish to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// It is a decision, over these ends.
    New(States),
    /// That is decided already.
    Repeated,
    /// The delivery did not end in two ways.
    NothingToDecide,
    /// Nobody told of that end, but of these.
    NotTold(States),
}

/// A decision that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Its name.
    pub key: Box<str>,
    /// When it was made.
    pub at: Micros,
    /// Who made it.
    pub by: Box<str>,
    /// How the delivery ended.
    pub end: State,
    /// Over which ends.
    pub over: States,
    /// Why, in words.
    pub reason: Box<str>,
}

/// Whether a person can decide that a delivery ended as `end`.
pub fn rule(timeline: &Timeline, end: State) -> Ruling {
    let (told, standing) = (ends(timeline.events()), fold(timeline));
    if !standing.conflict && !standing.is_decided {
        Ruling::NothingToDecide
    } else if !told.contains(end) {
        Ruling::NotTold(told)
    } else if standing.is_decided && !standing.conflict && standing.state == Some(end) {
        Ruling::Repeated
    } else {
        Ruling::New(told)
    }
}

impl From<Decision> for Event {
    fn from(made: Decision) -> Event {
        Event {
            key: made.key,
            at: made.at,
            meaning: Meaning::Decided { end: made.end, over: made.over },
            name: made.by,
            status: made.end.as_str().into(),
            opens_after: States::default(),
            opens_with_courier: false,
            booking: None,
            courier: Courier::default(),
            position_e7: None,
            tracking_url: None,
            reason: Some(made.reason),
            origin: Origin::Person,
            received_at: made.at,
        }
    }
}

/// The ends that were told.
fn ends(events: &[Event]) -> States {
    events.iter().filter_map(|event| event.meaning.state()).filter(|state| state.is_end()).collect()
}

/// How it stands once the last decision counts. An end that was not decided over, or that is told
/// of a later time, is for a person again; what was decided stands meanwhile.
pub(super) fn applied(events: &[Event], told: Standing) -> Standing {
    let decided = events.iter().enumerate().rev().find_map(|(place, event)| match event.meaning {
        Meaning::Decided { end, over } => Some((place, event, end, over)),
        _ => None,
    });
    let Some((place, decision, end, over)) = decided else {
        return told;
    };
    let is_news = |event: &Event| {
        let state = event.meaning.state().filter(|state| state.is_end());
        state.is_some_and(|state| !over.contains(state) || event.at > decision.at)
    };
    let same = events.iter().rev().find(|event| event.meaning == Meaning::State(end));
    Standing {
        state: Some(end),
        at: Some(same.map_or(decision.at, |event| event.at)),
        decided_by: Some(place),
        reason: decision.reason.clone(),
        conflict: events.iter().any(is_news),
        is_decided: true,
        ..told
    }
}
