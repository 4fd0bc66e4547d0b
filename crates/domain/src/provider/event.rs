//! What a provider told once, as it joins a timeline.

use super::canonical::{State, States};
use crate::time::Micros;
use std::cmp::{Ordering, Reverse};

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

    /// What both tellings of one event amount to, whichever came first: where contents differ,
    /// what is understood counts before what is not, the earlier time before the later.
    pub(super) fn merged_with(&self, other: &Event) -> Event {
        let greater = if self.contents(other) == Ordering::Less { other } else { self };
        Event { received_at: self.received_at.min(other.received_at), ..greater.clone() }
    }

    /// Compares all that two tellings of one event say, but when they came.
    fn contents(&self, other: &Event) -> Ordering {
        fn of(event: &Event) -> impl Ord + '_ {
            let said = (event.meaning, Reverse(event.at), event.origin, &event.name, &event.status);
            let rules = (event.opens_after, event.opens_with_courier, &event.booking);
            let more = (&event.courier, event.position_e7, &event.tracking_url, &event.reason);
            (said, rules, more)
        }
        of(self).cmp(&of(other))
    }
}
