//! How a delivery stands: the fold of its timeline.

use super::canonical::{State, States};
use super::decision;
use super::event::{Courier, Event, Meaning};
use super::timeline::Timeline;
use crate::time::Micros;

/// What a timeline amounts to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The state; `None` where nothing that was told is understood.
    pub state: Option<State>,
    /// When it came to that, by the provider's clock.
    pub at: Option<Micros>,
    /// Which event decided, by its place in the timeline.
    pub decided_by: Option<usize>,
    /// The newest attempt, from 1; 0 where nothing is known.
    pub attempt: u32,
    /// Who carries it, as last told in that attempt.
    pub courier: Courier,
    /// Where it can be watched, as last told.
    pub tracking_url: Option<Box<str>>,
    /// Why, in the provider's words, where the deciding event says it.
    pub reason: Option<Box<str>>,
    /// Whether a person must look: it ended in two ways.
    pub conflict: bool,
    /// Whether a person has decided how it ended.
    pub is_decided: bool,
    /// Events that no row of the adapter knows.
    pub flagged: u32,
}

/// Folds a timeline: what was told, and over it what a person has decided.
pub fn fold(timeline: &Timeline) -> Standing {
    decision::applied(timeline.events(), as_told(timeline))
}

/// How it stands by what the provider told alone.
pub(super) fn as_told(timeline: &Timeline) -> Standing {
    let events = timeline.events();
    let walk = Walk::over(events);
    let Some(attempt) = walk.attempts.last() else {
        return Standing::default();
    };
    let decided_by = attempt.current();
    let decided = decided_by.map(|place| &events[place]);
    let flagged = events.iter().filter(|event| event.meaning == Meaning::Unknown).count();
    let delivered_before = walk.attempts.iter().rev().skip(1).any(|earlier| {
        earlier.current().and_then(|place| events[place].meaning.state()) == Some(State::Delivered)
    });
    Standing {
        state: decided.and_then(|event| event.meaning.state()),
        at: decided.map(|event| event.at),
        decided_by,
        attempt: u32::try_from(walk.attempts.len()).unwrap_or(u32::MAX),
        courier: attempt.courier.map(|place| events[place].courier.clone()).unwrap_or_default(),
        tracking_url: events.iter().rev().find_map(|event| event.tracking_url.clone()),
        reason: decided.and_then(|event| event.reason.clone()),
        conflict: attempt.is_disputed() || delivered_before,
        is_decided: false,
        flagged: u32::try_from(flagged).unwrap_or(u32::MAX),
    }
}

/// What an event did when the walk came to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// It brought the delivery further.
    Led,
    /// It ended the attempt.
    Ended,
    /// Something heavier stood already.
    LowerRank,
    /// The attempt was at its end.
    AfterTheEnd,
    /// The event at this place said the same.
    SameAs(usize),
    /// It has no state.
    Stateless,
}

/// The events of a timeline, attempt by attempt.
pub(super) struct Walk {
    /// From the oldest to the newest.
    pub(super) attempts: Vec<Attempt>,
    /// For each event its attempt, from 0, and what it did.
    pub(super) places: Vec<(usize, Mark)>,
}

impl Walk {
    /// Walks the events in the order of the provider's clock. Where the provider names attempts,
    /// one is walked after the other, in the order in which they began; what has no state begins
    /// none.
    pub(super) fn over(events: &[Event]) -> Walk {
        let mut bookings: Vec<Option<&str>> = Vec::new();
        for event in events.iter().filter(|event| event.meaning.state().is_some()) {
            if !bookings.contains(&event.booking.as_deref()) {
                bookings.push(event.booking.as_deref());
            }
        }
        let last = bookings.len().saturating_sub(1);
        let mut walk =
            Walk { attempts: Vec::new(), places: vec![(0, Mark::Stateless); events.len()] };
        if bookings.is_empty() && !events.is_empty() {
            walk.attempts.push(Attempt::default());
        }
        for (number, booking) in bookings.iter().enumerate() {
            walk.attempts.push(Attempt::default());
            for (place, event) in events.iter().enumerate() {
                let told = event.booking.as_deref();
                if told == *booking || (number == last && !bookings.contains(&told)) {
                    walk.step(events, place);
                }
            }
        }
        walk
    }

    fn step(&mut self, events: &[Event], place: usize) {
        let event = &events[place];
        if let Meaning::State(_) = event.meaning
            && self.attempts.last().is_some_and(|attempt| attempt.is_over_by(events, event))
        {
            self.attempts.push(Attempt::default());
        }
        let number = self.attempts.len() - 1;
        let attempt = &mut self.attempts[number];
        let mark = event
            .meaning
            .state()
            .map_or(Mark::Stateless, |state| attempt.take(events, place, state));
        if event.courier.is_known() {
            attempt.courier = Some(place);
        }
        self.places[place] = (number, mark);
    }
}

/// One go at a delivery, by places of events in the timeline.
#[derive(Debug, Default)]
pub(super) struct Attempt {
    /// The heaviest state that is no end.
    step: Option<usize>,
    /// The latest end that may be followed by a return: failed, canceled.
    turned: Option<usize>,
    /// The latest other end.
    end: Option<usize>,
    /// In which ways it ended.
    ends: States,
    /// Whether anything told of a return.
    returns: bool,
    /// The latest event that names who carries it.
    courier: Option<usize>,
}

impl Attempt {
    /// The event by which the attempt stands.
    pub(super) fn current(&self) -> Option<usize> {
        match (self.end, self.turned.filter(|_| !self.returns)) {
            // Of two ends the later by the provider's clock counts: places are in that order.
            (Some(end), turned) => Some(turned.map_or(end, |turned| turned.max(end))),
            (None, Some(turned)) => Some(turned),
            (None, None) => self.step.or(self.turned),
        }
    }

    /// Whether it ended in two ways. What failed or was called off and came back is one way.
    fn is_disputed(&self) -> bool {
        let is_of_the_return = |state: &State| {
            matches!(state, State::Failed | State::Canceled | State::Returned) && self.returns
        };
        let others = self.ends.iter().filter(|state| !is_of_the_return(state)).count();
        others + usize::from(self.returns) > 1
    }

    fn state(&self, events: &[Event]) -> Option<State> {
        self.current().and_then(|place| events[place].meaning.state())
    }

    /// Whether an event belongs to the next attempt.
    fn is_over_by(&self, events: &[Event], event: &Event) -> bool {
        let Some(state) = self.state(events) else {
            return false;
        };
        if event.opens_after.contains(state) {
            return true;
        }
        let before = self.courier.and_then(|place| events[place].courier.id.as_ref());
        let another = before.is_some_and(|before| {
            event.courier.id.as_ref().is_some_and(|courier| courier != before)
        });
        let takes_over = event.meaning.state().is_some_and(State::is_before_pickup);
        event.opens_with_courier && another && takes_over && state.is_before_pickup()
    }

    fn take(&mut self, events: &[Event], place: usize, state: State) -> Mark {
        let ended_by = self.current().filter(|at| is_end(&events[*at]));
        self.returns |= state.is_of_a_return();
        if state.is_end() {
            return self.take_end(ended_by.map(|at| (at, &events[at])), place, state);
        }
        // A return follows what failed or was called off; whatever else comes after an end is late.
        if ended_by.is_some() && (self.end.is_some() || !state.is_of_a_return()) {
            return Mark::AfterTheEnd;
        }
        let Some(step) = self.step else {
            self.step = Some(place);
            return Mark::Led;
        };
        let stands = events[step].meaning.state();
        match stands.map(State::rank).cmp(&Some(state.rank())) {
            std::cmp::Ordering::Greater => Mark::LowerRank,
            std::cmp::Ordering::Equal if stands == Some(state) => Mark::SameAs(step),
            _ => {
                self.step = Some(place);
                Mark::Led
            }
        }
    }

    fn take_end(&mut self, ended: Option<(usize, &Event)>, place: usize, state: State) -> Mark {
        self.ends.insert(state);
        if let Some((at, _)) = ended.filter(|(_, end)| end.meaning == Meaning::State(state)) {
            return Mark::SameAs(at);
        }
        match state {
            State::Failed | State::Canceled => self.turned = Some(place),
            _ => self.end = Some(place),
        }
        Mark::Ended
    }
}

fn is_end(event: &Event) -> bool {
    event.meaning.state().is_some_and(State::is_end)
}
