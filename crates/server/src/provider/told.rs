//! What is announced of deliveries that providers carry.

use crate::error::AppError;
use doorstep_domain::provider::{Courier, Standing, State, Timeline};
use doorstep_domain::time::Micros;
use doorstep_store::LaneTx;
use doorstep_store::provider::booking::{BookingRow, BookingState};
use serde::{Deserialize, Serialize};

/// Kind of an announcement that a delivery which was handed over stands otherwise: this, and the
/// provider's state.
pub const PROVIDER: &str = "provider.";

/// The same of a delivery that is only followed. It is announced again in the lane of its market,
/// where everybody listens who is told of deliveries.
pub const FOLLOWED: &str = "followed.";

/// A delivery that a provider carries came to another state. The subject is the delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderTold {
    /// Ours.
    pub delivery_id: String,
    /// Where.
    pub market: String,
    /// Whose goods.
    pub merchant_id: String,
    /// Who carries it.
    pub provider: String,
    /// Their name of it.
    pub reference: Option<String>,
    /// Which of the providers it was given to, from 1.
    pub booking: i64,
    /// Whether it is nothing of dispatch's.
    pub followed: bool,
    /// How it stands there.
    pub status: State,
    /// Counts announcements, from 1.
    pub revision: i64,
    /// The provider's attempt, from 1.
    pub attempt: u32,
    /// When, by the provider's clock.
    pub at: Micros,
    /// When it was last heard of.
    pub heard_at: Micros,
    /// When it was written down.
    pub recorded_at: Micros,
    /// What their courier is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub courier_name: Option<String>,
    /// Their number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub courier_phone: Option<String>,
    /// Where it can be watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_url: Option<String>,
    /// Why, in the provider's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether it ended in two ways, so that a person must look.
    pub conflict: bool,
    /// Whether a person has decided how it ended.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub decided: bool,
    /// What it costs in minor units, tip aside, where they said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee_minor: Option<i64>,
}

impl ProviderTold {
    /// What is announced of a booking; [`ProviderTold::status_of`] says whether there is anything.
    pub(super) fn of(
        row: &BookingRow,
        timeline: &Timeline,
        standing: &Standing,
        now: Micros,
    ) -> ProviderTold {
        let Courier { name, phone, .. } = standing.courier.clone();
        ProviderTold {
            delivery_id: row.delivery.clone(),
            market: row.market.clone(),
            merchant_id: row.merchant.clone(),
            provider: row.provider.clone(),
            reference: row.reference.clone(),
            booking: row.number,
            followed: row.state == BookingState::Followed,
            status: standing.state.unwrap_or(State::Created),
            revision: row.revision,
            attempt: standing.attempt,
            at: standing.at.unwrap_or(now),
            heard_at: timeline.heard_at().unwrap_or(now),
            recorded_at: now,
            courier_name: name.map(String::from),
            courier_phone: phone.map(String::from),
            tracking_url: standing.tracking_url.clone().map(String::from),
            reason: standing.reason.clone().map(String::from),
            conflict: standing.conflict,
            decided: standing.is_decided,
            fee_minor: row.fee_minor,
        }
    }

    /// What tells one announcement from the next: the state, the attempt, whether it is disputed
    /// and decided, what it costs.
    pub(super) fn status_of(row: &BookingRow, standing: &Standing) -> Option<String> {
        let disputed = if standing.conflict { " disputed" } else { "" };
        let decided = if standing.is_decided { " decided" } else { "" };
        let costs = row.fee_minor.map(|minor| format!(" for {minor}")).unwrap_or_default();
        standing
            .state
            .map(|state| format!("{state} {}{disputed}{decided}{costs}", standing.attempt))
    }

    /// The kind of the announcement, such as `followed.picked_up`.
    pub fn kind(&self) -> String {
        format!("{}{}", if self.followed { FOLLOWED } else { PROVIDER }, self.status)
    }
}

/// Announces it in the lane of the command.
pub(super) fn announce(
    tx: &mut LaneTx<'_>,
    told: &ProviderTold,
    now: Micros,
) -> Result<(), AppError> {
    let payload =
        serde_json::to_vec(told).map_err(|error| AppError::machine("an announcement", error))?;
    tx.announce(&told.kind(), &told.delivery_id, &payload, now.0)?;
    Ok(())
}
