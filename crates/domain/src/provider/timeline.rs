//! The set of what a provider told of one delivery.

use super::event::{Event, Meaning};
use crate::limits;

/// What became of an event that joined a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// It was new.
    New,
    /// It was known, and says more now, or was heard of earlier.
    Amended,
    /// It was known.
    Repeated,
    /// [`limits::EVENTS_PER_TIMELINE_MAX`] others matter more.
    Full,
}

/// The events of one delivery, in the order of the provider's clock, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline(Vec<Event>);

impl Timeline {
    /// Adds an event. Whatever the order in which events join, the set is the same.
    pub fn join(&mut self, event: Event) -> Joined {
        match self.0.iter().position(|known| known.key == event.key) {
            Some(place) => self.amend(place, &event),
            None => self.add(event),
        }
    }

    fn amend(&mut self, place: usize, event: &Event) -> Joined {
        let merged = self.0[place].merged_with(event);
        if merged == self.0[place] {
            return Joined::Repeated;
        }
        self.0.remove(place);
        self.insert(merged);
        Joined::Amended
    }

    fn add(&mut self, event: Event) -> Joined {
        if self.0.len() < limits::EVENTS_PER_TIMELINE_MAX {
            self.insert(event);
            return Joined::New;
        }
        // The least of all goes, so that what is left is a function of the set as well.
        let least = (0..self.0.len()).min_by(|a, b| weight(&self.0[*a]).cmp(&weight(&self.0[*b])));
        match least {
            Some(place) if weight(&self.0[place]) < weight(&event) => {
                self.0.remove(place);
                self.insert(event);
                Joined::New
            }
            _ => Joined::Full,
        }
    }

    fn insert(&mut self, event: Event) {
        let place = self.0.partition_point(|known| known.order() < event.order());
        self.0.insert(place, event);
    }

    /// Adds all that another region has seen (E6).
    pub fn merge(&mut self, other: Timeline) {
        for event in other.0 {
            self.join(event);
        }
    }

    /// The events, in the order of the provider's clock.
    pub fn events(&self) -> &[Event] {
        &self.0
    }

    /// When anything was last heard of for the first time, in microseconds; `None` of nothing.
    pub fn heard_at(&self) -> Option<crate::time::Micros> {
        self.0.iter().map(|event| event.received_at).max()
    }
}

impl FromIterator<Event> for Timeline {
    fn from_iter<I: IntoIterator<Item = Event>>(events: I) -> Timeline {
        let mut timeline = Timeline::default();
        for event in events {
            timeline.join(event);
        }
        timeline
    }
}

/// Decisions and ends are kept longest, then whatever is newest by the provider's clock.
fn weight(event: &Event) -> (bool, bool, (crate::time::Micros, u8, &str)) {
    let is_end = event.meaning.state().is_some_and(|state| state.is_end());
    (matches!(event.meaning, Meaning::Decided { .. }), is_end, event.order())
}
