//! What a provider told once, as it joins a timeline.

use super::canonical::{State, States};
use crate::time::Micros;
use std::cmp::Reverse;

/// How we came to know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The provider was asked, because it was silent.
    Poll,
    /// The provider told us.
    Webhook,
    /// A person has decided it.
    Person,
}

impl Origin {
    /// As it is written everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Poll => "poll",
            Origin::Webhook => "webhook",
            Origin::Person => "person",
        }
    }
}

/// What its status means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meaning {
    /// No row of the adapter knows it: kept, flagged, and never guessed at.
    Unknown,
    /// It is known, and says nothing of how the delivery stands.
    Ignored,
    /// The delivery came to this.
    State(State),
    /// A person has decided that it ended like this.
    Decided {
        /// How.
        end: State,
        /// The ends that this was decided over: a further one is for a person again.
        over: States,
    },
}

impl Meaning {
    /// The state that the provider told, where it is one.
    pub fn state(self) -> Option<State> {
        match self {
            Meaning::State(state) => Some(state),
            Meaning::Unknown | Meaning::Ignored | Meaning::Decided { .. } => None,
        }
    }

    /// A decision, an end, another state, or none, understood or not: the greater decides more.
    fn class(self) -> u8 {
        match self {
            Meaning::Unknown => 0,
            Meaning::Ignored => 1,
            Meaning::State(state) => 2 + u8::from(state.is_end()),
            Meaning::Decided { .. } => 4,
        }
    }
}

/// Who carries it there, as far as the provider says.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Courier {
    /// The provider's name of them.
    pub id: Option<Box<str>>,
    /// What they are called.
    pub name: Option<Box<str>>,
    /// Their number, as it was told.
    pub phone: Option<Box<str>>,
}

impl Courier {
    /// Whether anything is known of them.
    pub fn is_known(&self) -> bool {
        self.id.is_some() || self.name.is_some() || self.phone.is_some()
    }
}

/// One thing that a provider told of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The provider's name of the event, or one made of its content.
    pub key: Box<str>,
    /// When, by the provider's clock; where it does not say, when we heard of it first.
    pub at: Micros,
    /// What it means.
    pub meaning: Meaning,
    /// The provider's name of what happened, in lower case; of a decision, who has decided.
    pub name: Box<str>,
    /// The status as it was told, in lower case.
    pub status: Box<str>,
    /// It begins the next attempt where the present one stands at one of these.
    pub opens_after: States,
    /// It begins the next attempt where somebody else had the delivery and not yet the package.
    pub opens_with_courier: bool,
    /// What the provider calls the attempt, where it does: its job for the delivery.
    pub booking: Option<Box<str>>,
    /// Who carries it.
    pub courier: Courier,
    /// Where they are: 10⁻⁷ degrees north and east.
    pub position_e7: Option<(i32, i32)>,
    /// Where it can be watched.
    pub tracking_url: Option<Box<str>>,
    /// Why, in the provider's words.
    pub reason: Option<Box<str>>,
    /// How we came to know of it.
    pub origin: Origin,
    /// When we first heard of it.
    pub received_at: Micros,
}

impl Event {
    /// The place in a timeline: by the provider's clock, then by weight, then by name.
    pub(super) fn order(&self) -> (Micros, u8, &str) {
        (self.at, self.meaning.state().map_or(0, State::rank), &self.key)
    }

    /// What both tellings of one event amount to, whichever came first: the weightier.
    pub(super) fn merged_with(&self, other: &Event) -> Event {
        let greater = if self.weight() < other.weight() { other } else { self };
        greater.clone()
    }

    /// What it weighs where one of two tellings of an event counts, and where there is no room for
    /// all events. Both go by this one order: what had to go weighed less than whatever was kept,
    /// so that what is told of it later is all of it that could have mattered.
    ///
    /// Decisions weigh most, then ends, then what has a state, then the newest by the provider's
    /// clock; of what it gives no time the one heard of first. All that an event says is part of
    /// the order.
    pub(super) fn weight(&self) -> impl Ord + '_ {
        let told_at = self.is_timed().then_some(self.at);
        let said = (self.meaning.class(), told_at, Reverse(self.at), self.order(), self.meaning);
        let words = (self.origin, &self.name, &self.status);
        let rules = (self.opens_after, self.opens_with_courier, &self.booking);
        let more = (&self.courier, self.position_e7, &self.tracking_url, &self.reason);
        (said, words, rules, more, Reverse(self.received_at))
    }

    /// Whether the provider says when: what it gives no time has the time we heard of it.
    fn is_timed(&self) -> bool {
        self.at != self.received_at
    }
}
