//! Everything that happened to a delivery, in one list: its own steps, whom it was offered to, to
//! whom it was handed over, and what providers told.

use super::handing::PROVIDER_ACTOR;
use crate::app::App;
use crate::error::AppError;
use crate::provider::view::{self as provided, EventView};
use doorstep_domain::time::Micros;
use doorstep_store::StoreError;
use doorstep_store::dispatch::step::{self, StepRow};
use doorstep_store::offer::{self, OfferRow, OfferState};
use doorstep_store::provider::booking::{self, BookingRow, BookingState};
use serde::Serialize;
use utoipa::ToSchema;

/// Whose eyes it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eyes<'a> {
    /// Everything.
    Operator,
    /// Of those who were asked, only this courier; where somebody was is nobody's business.
    Courier(&'a str),
    /// Nobody who was asked and did not take it, and no positions.
    Others,
}

/// Something that happened to a delivery.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct TimelineEntry {
    /// `dispatch` where it is a step of ours, `offer` where a courier was asked, `booking` where it
    /// was given to a provider, `provider` what that told, `person` what was decided over that.
    pub source: String,
    /// When, by whoever said so, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Micros,
    /// The state it came to; of an offer `offered`, `declined`, `expired`, `lost` or `withdrawn`,
    /// of a booking `handed_over` or `followed`. Null where a provider's words say nothing of it.
    pub status: Option<String>,
    /// Who said so.
    pub by: String,
    /// Who had it, or was asked; of a provider's what it calls them.
    pub courier: Option<String>,
    /// Why, in words.
    pub reason: Option<String>,
    /// The provider that it was given to, or that told; left out where none has to do with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// What exactly was told; left out where nobody else told it.
    #[serde(flatten)]
    pub told: Option<ToldView>,
}

/// What a provider told, or a person decided over it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ToldView {
    /// The provider's name of the delivery.
    pub reference: String,
    /// Which attempt of theirs, from 1.
    pub attempt: u32,
    /// The status as it was told.
    pub told: String,
    /// The provider's name of what happened.
    pub name: String,
    /// The event's name, the provider's or one made of its content.
    pub event: String,
    /// `webhook`, `poll` or `person`.
    pub origin: String,
    /// Degrees north of the courier, for operators.
    pub lat: Option<f64>,
    /// Degrees east.
    pub lng: Option<f64>,
    /// When we first heard of it, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Micros,
}

/// Everything that these eyes may see, in the order in which it happened.
pub fn show(app: &App, delivery: &str, eyes: Eyes<'_>) -> Result<Vec<TimelineEntry>, AppError> {
    let mut entries = app.store.read(|tx| {
        let mut entries: Vec<(Rank, TimelineEntry)> = Vec::new();
        for row in step::of(tx, delivery)? {
            let rank = if row.revision == 1 { Rank::Asked } else { Rank::Step };
            entries.push((rank, row.into()));
        }
        for row in offer::of_delivery(tx, delivery)? {
            if eyes.may_see(&row) {
                entries.extend(of_offer(&row));
            }
        }
        for row in booking::of_delivery(tx, delivery)? {
            let told = provided::told(tx, &row)?;
            entries.push((Rank::Booked, row.into()));
            entries.extend(
                told.into_iter()
                    .map(|told| eyes.narrowed(told.event).into())
                    .map(|entry| (Rank::Told, entry)),
            );
        }
        Ok::<_, StoreError>(entries)
    })?;
    entries.sort_by_key(|(rank, entry)| (entry.at, *rank));
    Ok(entries.into_iter().map(|(_, entry)| entry).collect())
}

/// What happened at one instant stands in the order in which one thing follows from the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Asked,
    Booked,
    Offered,
    Told,
    Step,
    OfferEnded,
}

impl Eyes<'_> {
    fn may_see(self, offer: &OfferRow) -> bool {
        match self {
            Eyes::Operator => true,
            Eyes::Courier(own) => offer.courier == own,
            Eyes::Others => false,
        }
    }

    /// Without what is private to whoever carries it.
    pub fn narrowed(self, event: EventView) -> EventView {
        match self {
            Eyes::Operator => event,
            Eyes::Courier(_) | Eyes::Others => EventView { lat: None, lng: None, ..event },
        }
    }
}

/// When a courier was asked last, and what came of it. Who took it is a step.
fn of_offer(row: &OfferRow) -> Vec<(Rank, TimelineEntry)> {
    let entry = |at: i64, status: &str, by: String| TimelineEntry {
        source: "offer".to_owned(),
        at: Micros(at),
        status: Some(status.to_owned()),
        by,
        courier: Some(row.courier.clone()),
        ..TimelineEntry::default()
    };
    let ours = || "dispatch".to_owned();
    let mut entries = Vec::new();
    // Whoever declines what they saw in a list was never asked.
    if row.asked > 0 {
        entries.push((Rank::Offered, entry(row.offered_at_us, "offered", ours())));
    }
    let is_over = !matches!(row.state, OfferState::Open | OfferState::Accepted);
    if let Some(at) = row.answered_at_us.filter(|_| is_over) {
        let is_theirs = row.state == OfferState::Declined;
        let by = if is_theirs { format!("courier:{}", row.courier) } else { ours() };
        entries.push((Rank::OfferEnded, entry(at, row.state.as_str(), by)));
    }
    entries
}

impl From<StepRow> for TimelineEntry {
    fn from(row: StepRow) -> TimelineEntry {
        TimelineEntry {
            source: "dispatch".to_owned(),
            at: Micros(row.at_us),
            status: Some(row.status.as_str().to_owned()),
            by: row.actor,
            courier: row.courier,
            reason: row.reason,
            ..TimelineEntry::default()
        }
    }
}

impl From<BookingRow> for TimelineEntry {
    fn from(row: BookingRow) -> TimelineEntry {
        let is_followed = row.state == BookingState::Followed;
        TimelineEntry {
            source: "booking".to_owned(),
            at: Micros(row.created_at_us),
            status: Some(if is_followed { "followed" } else { "handed_over" }.to_owned()),
            by: row.created_by,
            provider: Some(row.provider),
            ..TimelineEntry::default()
        }
    }
}

impl From<EventView> for TimelineEntry {
    fn from(event: EventView) -> TimelineEntry {
        let is_decided = event.origin == "person";
        let by = match is_decided {
            true => event.name.clone(),
            false => format!("{PROVIDER_ACTOR}{}", event.provider),
        };
        TimelineEntry {
            source: if is_decided { "person" } else { "provider" }.to_owned(),
            at: event.at,
            status: event.status,
            by,
            courier: event.courier,
            reason: event.reason,
            provider: Some(event.provider),
            told: Some(ToldView {
                reference: event.reference,
                attempt: event.attempt,
                told: event.told,
                name: event.name,
                event: event.event,
                origin: event.origin,
                lat: event.lat,
                lng: event.lng,
                received_at: event.received_at,
            }),
        }
    }
}
