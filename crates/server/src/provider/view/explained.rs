//! What was told of a delivery, and what each of it did.

use super::timeline_of;
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::provider::{self, Explained, Meaning};
use doorstep_domain::time::Micros;
use doorstep_store::provider::booking::{self, BookingRow};
use doorstep_store::{StoreError, Tx};
use serde::Serialize;
use utoipa::ToSchema;

/// One thing that a provider told of a delivery.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct EventView {
    /// Who told it.
    pub provider: String,
    /// Their name of the delivery.
    pub reference: String,
    /// Which attempt of theirs, from 1.
    pub attempt: u32,
    /// When, by the provider's clock, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Micros,
    /// What it means, or was decided; null where its status is not known, or says nothing of the
    /// state.
    pub status: Option<String>,
    /// The status as it was told.
    pub told: String,
    /// The provider's name of what happened; of a decision, who has decided.
    pub name: String,
    /// The event's name, the provider's or one made of its content.
    pub event: String,
    /// `webhook`, `poll` where the provider was asked because it was silent, or `person` where it
    /// is decided how a delivery ended of which two ends were told.
    pub origin: String,
    /// Who carried it.
    pub courier: Option<String>,
    /// Degrees north of the courier.
    pub lat: Option<f64>,
    /// Degrees east.
    pub lng: Option<f64>,
    /// Why, in the provider's words.
    pub reason: Option<String>,
    /// When we first heard of it, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Micros,
}

/// One thing that a provider told, and what it did.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ExplainedView {
    /// What was told.
    #[serde(flatten)]
    pub event: EventView,
    /// `decided`, `led`, `lower_rank`, `earlier_attempt`, `after_the_end`, `same_as`, `other_end`,
    /// `overruled`, `flagged` or `ignored`.
    pub verdict: String,
    /// Why, in words.
    pub why: String,
}

/// Everything that providers told of a delivery, with what each event did: by provider and their
/// clock.
pub fn explain(app: &App, delivery: &str) -> Result<Vec<ExplainedView>, AppError> {
    let explained = app.store.read(|tx| {
        let mut explained = Vec::new();
        for row in booking::of_delivery(tx, delivery)? {
            explained.extend(told(tx, &row)?);
        }
        Ok::<_, StoreError>(explained)
    })?;
    Ok(explained)
}

/// What one of them told.
pub(crate) fn told(tx: &mut dyn Tx, row: &BookingRow) -> Result<Vec<ExplainedView>, StoreError> {
    let timeline = timeline_of(tx, row)?;
    Ok(provider::explain(&timeline).iter().map(|one| view(row, one)).collect())
}

fn view(row: &BookingRow, explained: &Explained<'_>) -> ExplainedView {
    let Explained { event, attempt, verdict, why } = explained;
    let courier = event.courier.name.as_ref().or(event.courier.id.as_ref());
    let degrees = |e7: i32| f64::from(e7) / 1e7;
    ExplainedView {
        event: EventView {
            provider: row.provider.clone(),
            reference: row.reference.clone().unwrap_or_default(),
            attempt: *attempt,
            at: event.at,
            status: match event.meaning {
                Meaning::State(state) | Meaning::Decided { end: state, .. } => {
                    Some(state.to_string())
                }
                Meaning::Unknown | Meaning::Ignored => None,
            },
            told: event.status.clone().into(),
            name: event.name.clone().into(),
            event: event.key.clone().into(),
            origin: event.origin.as_str().to_owned(),
            courier: courier.map(|courier| courier.clone().into()),
            lat: event.position_e7.map(|(lat, _)| degrees(lat)),
            lng: event.position_e7.map(|(_, lng)| degrees(lng)),
            reason: event.reason.clone().map(String::from),
            received_at: event.received_at,
        },
        verdict: verdict.as_str().to_owned(),
        why: why.clone(),
    }
}
