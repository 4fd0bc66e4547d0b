//! Deliveries by others: paths, adapters, and how a delivery stands by the set of what was told.

mod folding;
mod laws;
mod paths;
mod reading;

use doorstep_domain::provider::{Courier, Event, Meaning, Origin, State, States, Timeline};
use doorstep_domain::time::{Micros, SECOND_US};

/// An event at a second, such as `3 at_pickup`; `by anna` names who carries it, `job 7` the
/// attempt, `decided:delivered+failed` is a decision. States that open an attempt do so as a
/// provider's would: what is looked for again after somebody had it, and whatever follows what
/// failed.
fn event(text: &str) -> Event {
    let mut words = text.split(' ');
    let second: i64 = words.next().and_then(|word| word.parse().ok()).expect("a second");
    let status = words.next().expect("a status");
    let rest: Vec<&str> = words.collect();
    let after = |name: &str| {
        let place = rest.iter().position(|word| *word == name)?;
        rest.get(place + 1).map(|word| Box::from(*word))
    };
    let meaning = match status {
        "teleported" => Meaning::Unknown,
        "eta" => Meaning::Ignored,
        decided if decided.starts_with("decided:") => decision(&decided["decided:".len()..]),
        state => Meaning::State(state.parse().expect("a state")),
    };
    let opens: States = match meaning.state() {
        Some(State::Searching) => {
            [State::Assigned, State::EnRoutePickup, State::AtPickup].into_iter().collect()
        }
        Some(State::EnRouteDropoff) => [State::Failed].into_iter().collect(),
        _ => States::default(),
    };
    Event {
        key: text.into(),
        at: Micros(second * SECOND_US),
        meaning,
        name: "status".into(),
        status: status.into(),
        opens_after: opens,
        opens_with_courier: true,
        booking: after("job"),
        courier: Courier { id: after("by"), ..Courier::default() },
        position_e7: None,
        tracking_url: None,
        reason: None,
        origin: Origin::Webhook,
        received_at: Micros(second * SECOND_US + 1),
    }
}

/// What was decided, and over which ends: `delivered+failed` is that it was delivered, over both.
fn decision(text: &str) -> Meaning {
    let over: Vec<State> = text.split('+').map(|end| end.parse().expect("a state")).collect();
    Meaning::Decided { end: over[0], over: over.into_iter().collect() }
}

/// A timeline of events as [`event`] reads them, between commas.
fn timeline(text: &str) -> Timeline {
    text.split(", ").map(event).collect()
}
