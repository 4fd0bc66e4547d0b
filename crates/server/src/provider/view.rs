//! Deliveries that providers carry, as they are shown.

mod explained;
mod listed;

pub(crate) use explained::told;
pub use explained::{EventView, ExplainedView, explain};
pub use listed::{
    AdapterView, DisputedLine, ProviderLine, Tested, UnknownLine, adapters, disputed, list, test,
    unknown,
};

use crate::app::App;
use crate::error::AppError;
use doorstep_domain::provider::{Standing, State, Timeline, fold};
use doorstep_domain::time::Micros;
use doorstep_store::provider::asked;
use doorstep_store::provider::booking::{self, BookingRow};
use doorstep_store::{StoreError, Tx, provider};
use serde::Serialize;
use utoipa::ToSchema;

/// A delivery that is only followed: booked elsewhere, and nothing of dispatch's.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FollowedView {
    /// Our name of it.
    pub delivery_id: String,
    /// Where.
    pub market: String,
    /// Whose goods.
    pub merchant_id: String,
    /// How it stands; null until anything understood was told.
    pub status: Option<String>,
    /// What its provider says.
    pub provider: ProviderView,
}

/// What a provider says of a delivery.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProviderView {
    /// Which provider.
    pub provider: String,
    /// Its name of the delivery; null until it is known.
    pub reference: Option<String>,
    /// How it stands with booking it: `followed`, `wanted`, `booked`, `refused` or `ended`.
    pub booking: String,
    /// How it stands there; null until anything understood was told.
    pub status: Option<String>,
    /// The newest attempt, from 1; 0 before the first.
    pub attempt: u32,
    /// Since when, by the provider's clock, RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Micros>,
    /// When it was last heard of, RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub heard_at: Option<Micros>,
    /// Who carries it there.
    pub courier: Option<ProviderCourier>,
    /// Where it can be watched.
    pub tracking_url: Option<String>,
    /// Why it stands so, in the provider's words.
    pub reason: Option<String>,
    /// Whether it ended in two ways, so that a person must look.
    pub conflict: bool,
    /// Whether a person has decided how it ended.
    pub decided: bool,
    /// Events that nobody understands.
    pub flagged: u32,
    /// How often in a row the provider was asked for it and did not know it. After six times it is
    /// asked for no more, until the provider tells something or somebody follows it again.
    pub asked_in_vain: i64,
}

/// A courier of a provider, as far as it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProviderCourier {
    /// The provider's name of them.
    pub courier_id: Option<String>,
    /// What they are called.
    pub name: Option<String>,
    /// Their number, as it was told.
    pub phone: Option<String>,
}

impl FollowedView {
    pub(super) fn of(
        tx: &mut dyn Tx,
        row: &BookingRow,
        timeline: &Timeline,
        standing: &Standing,
    ) -> Result<FollowedView, StoreError> {
        Ok(FollowedView {
            delivery_id: row.delivery.clone(),
            market: row.market.clone(),
            merchant_id: row.merchant.clone(),
            status: standing.state.map(|state| state.to_string()),
            provider: ProviderView::of(tx, row, timeline, standing)?,
        })
    }
}

impl ProviderView {
    fn of(
        tx: &mut dyn Tx,
        row: &BookingRow,
        timeline: &Timeline,
        standing: &Standing,
    ) -> Result<ProviderView, StoreError> {
        let reference = row.reference.as_deref().unwrap_or_default();
        let asked_in_vain = asked::in_vain(tx, &row.provider, reference)?;
        let courier = standing.courier.is_known().then(|| {
            let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
            let courier = &standing.courier;
            ProviderCourier {
                courier_id: text(&courier.id),
                name: text(&courier.name),
                phone: text(&courier.phone),
            }
        });
        Ok(ProviderView {
            provider: row.provider.clone(),
            reference: row.reference.clone(),
            booking: row.state.as_str().to_owned(),
            status: standing.state.map(State::as_str).map(str::to_owned),
            attempt: standing.attempt,
            at: standing.at,
            heard_at: timeline.heard_at(),
            courier,
            tracking_url: standing.tracking_url.clone().map(String::from),
            reason: standing.reason.clone().map(String::from),
            conflict: standing.conflict,
            decided: standing.is_decided,
            flagged: standing.flagged,
            asked_in_vain,
        })
    }
}

/// A delivery that is only followed. Errors: there is none of that name.
pub fn followed(app: &App, delivery: &str) -> Result<FollowedView, AppError> {
    let newest = app.store.read(|tx| {
        let Some(row) = booking::of_delivery(tx, delivery)?.pop() else {
            return Ok::<_, StoreError>(None);
        };
        let timeline = timeline_of(tx, &row)?;
        FollowedView::of(tx, &row, &timeline, &fold(&timeline)).map(Some)
    })?;
    newest.ok_or_else(|| AppError::NotFound { what: "delivery", id: delivery.to_owned() })
}

/// What the provider says to whom a delivery was given last; `None` where it was given to nobody.
pub(crate) fn of_delivery(
    tx: &mut dyn Tx,
    delivery: &str,
) -> Result<Option<ProviderView>, StoreError> {
    let Some(row) = booking::of_delivery(tx, delivery)?.pop() else {
        return Ok(None);
    };
    let timeline = timeline_of(tx, &row)?;
    ProviderView::of(tx, &row, &timeline, &fold(&timeline)).map(Some)
}

pub(super) fn timeline_of(tx: &mut dyn Tx, row: &BookingRow) -> Result<Timeline, StoreError> {
    let Some(reference) = row.reference.as_deref() else {
        return Ok(Timeline::default());
    };
    let mut known = provider::load(tx, &row.provider, &[reference])?;
    Ok(known.remove(reference).unwrap_or_default())
}
