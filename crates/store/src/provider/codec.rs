//! How a timeline is kept: a version byte, then postcard.
//!
//! Old rows are read for good: a new form gets a new version byte and the old reader stays.

use crate::StoreError;
use doorstep_domain::provider::{Courier, Event, Meaning, Origin, State, States, Timeline};
use doorstep_domain::time::Micros;
use serde::{Deserialize, Serialize};

const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct StoredEvent<'a> {
    key: &'a str,
    at_us: i64,
    meaning: StoredMeaning,
    name: &'a str,
    status: &'a str,
    opens_after: u16,
    opens_with_courier: bool,
    booking: Option<&'a str>,
    courier_id: Option<&'a str>,
    courier_name: Option<&'a str>,
    courier_phone: Option<&'a str>,
    position_e7: Option<(i32, i32)>,
    tracking_url: Option<&'a str>,
    reason: Option<&'a str>,
    was_asked_for: bool,
    received_at_us: i64,
}

/// A state is stored as its place in [`State::ALL`]: new ones go to the end of that.
#[derive(Serialize, Deserialize)]
enum StoredMeaning {
    Unknown,
    Ignored,
    State(u8),
    /// How it ended, and the bits of the ends that this was decided over.
    Decided(u8, u16),
}

/// The bytes of a timeline: equal timelines have equal bytes (E4).
pub fn encode(timeline: &Timeline) -> Result<Vec<u8>, StoreError> {
    let stored: Vec<StoredEvent<'_>> = timeline.events().iter().map(stored).collect();
    postcard::to_extend(&stored, vec![VERSION]).map_err(unreadable)
}

/// Reads [`encode`] back. Errors: bytes that are no timeline, or of a form that is not known.
pub fn decode(bytes: &[u8]) -> Result<Timeline, StoreError> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => {
            let stored: Vec<StoredEvent<'_>> = postcard::from_bytes(rest).map_err(unreadable)?;
            stored.iter().map(event).collect()
        }
        Some((version, _)) => Err(unreadable(format!("form {version} is not known"))),
        None => Err(unreadable("is empty")),
    }
}

fn unreadable(why: impl std::fmt::Display) -> StoreError {
    StoreError::invalid(format!("events of a provider's delivery: {why}"))
}

fn stored(event: &Event) -> StoredEvent<'_> {
    StoredEvent {
        key: &event.key,
        at_us: event.at.0,
        meaning: match event.meaning {
            Meaning::Unknown => StoredMeaning::Unknown,
            Meaning::Ignored => StoredMeaning::Ignored,
            Meaning::State(state) => StoredMeaning::State(state as u8),
            Meaning::Decided { end, over } => StoredMeaning::Decided(end as u8, over.bits()),
        },
        name: &event.name,
        status: &event.status,
        opens_after: event.opens_after.bits(),
        opens_with_courier: event.opens_with_courier,
        booking: event.booking.as_deref(),
        courier_id: event.courier.id.as_deref(),
        courier_name: event.courier.name.as_deref(),
        courier_phone: event.courier.phone.as_deref(),
        position_e7: event.position_e7,
        tracking_url: event.tracking_url.as_deref(),
        reason: event.reason.as_deref(),
        was_asked_for: event.origin == Origin::Poll,
        received_at_us: event.received_at.0,
    }
}

fn event(stored: &StoredEvent<'_>) -> Result<Event, StoreError> {
    let meaning = match stored.meaning {
        StoredMeaning::Unknown => Meaning::Unknown,
        StoredMeaning::Ignored => Meaning::Ignored,
        StoredMeaning::State(place) => Meaning::State(state(place)?),
        StoredMeaning::Decided(place, bits) => {
            Meaning::Decided { end: state(place)?, over: States::from_bits(bits) }
        }
    };
    Ok(Event {
        key: stored.key.into(),
        at: Micros(stored.at_us),
        meaning,
        name: stored.name.into(),
        status: stored.status.into(),
        opens_after: States::from_bits(stored.opens_after),
        opens_with_courier: stored.opens_with_courier,
        booking: stored.booking.map(Box::from),
        courier: Courier {
            id: stored.courier_id.map(Box::from),
            name: stored.courier_name.map(Box::from),
            phone: stored.courier_phone.map(Box::from),
        },
        position_e7: stored.position_e7,
        tracking_url: stored.tracking_url.map(Box::from),
        reason: stored.reason.map(Box::from),
        origin: match meaning {
            Meaning::Decided { .. } => Origin::Person,
            _ if stored.was_asked_for => Origin::Poll,
            _ => Origin::Webhook,
        },
        received_at: Micros(stored.received_at_us),
    })
}

fn state(place: u8) -> Result<State, StoreError> {
    let state = State::ALL.get(usize::from(place)).copied();
    state.ok_or_else(|| unreadable(format!("state {place}")))
}
