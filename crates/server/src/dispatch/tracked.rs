//! A delivery as its customer sees it, by the link: the active leg only, and only for a while.

use super::estimate::Estimates;
use super::links;
use super::view::{self, Kept, LocationView, StopView};
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::dispatch::{Status, Vehicle};
use doorstep_domain::time::{HOUR_US, Micros};
use serde::Serialize;
use utoipa::ToSchema;

/// How long a link opens after the end.
const OPENS_AFTER_US: i64 = 2 * HOUR_US;

/// A delivery, for whoever waits for it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TrackedView {
    /// How it stands.
    #[schema(value_type = String)]
    pub status: Status,
    /// Whose goods.
    pub merchant_id: String,
    /// Where they are from.
    pub origin: StopView,
    /// Where they go.
    pub destination: StopView,
    /// Who brings them.
    pub courier: Option<BringerView>,
    /// Where that is, on the leg under way.
    pub courier_location: Option<LocationView>,
    /// When, and when it will be there.
    #[serde(flatten)]
    pub estimates: Estimates,
    /// When it shall be there at the latest.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub deliver_by: Option<Micros>,
    /// Every state it was in.
    pub timeline: Vec<TrackedStep>,
}

/// Who brings it, as far as customers are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BringerView {
    /// The first name.
    pub name: Option<String>,
    /// What they travel with.
    #[schema(value_type = String)]
    pub vehicle: Vehicle,
}

/// A state it was in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TrackedStep {
    /// The state.
    #[schema(value_type = String)]
    pub status: Status,
    /// When, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Micros,
}

/// What a link opens.
#[derive(Debug, Clone, PartialEq)]
pub struct Tracked {
    /// Which delivery.
    pub delivery: String,
    /// Who has it now.
    pub courier: Option<String>,
    /// What of it is shown.
    pub view: TrackedView,
}

/// What a link shows. Errors: [`AppError::NotFound`] where the token is not the delivery's own,
/// `link_expired` some hours after the end.
pub fn by_link(app: &App, link: &str) -> Result<Tracked, AppError> {
    let unknown = || AppError::NotFound { what: "link", id: String::new() };
    let delivery = links::opened(app, link)?.ok_or_else(unknown)?;
    let kept = match view::kept(app, &delivery) {
        Err(AppError::NotFound { .. }) => return Err(unknown()),
        kept => kept?,
    };
    let now = app.clock.now();
    let ended_at = kept.row.ended_at_us.map(Micros);
    if ended_at.is_some_and(|ended_at| now > ended_at.plus(OPENS_AFTER_US)) {
        let reason = "the delivery ended some time ago".to_owned();
        return Err(AppError::Refused { code: LINK_EXPIRED, reason });
    }
    let view = shown(app, &kept, now)?;
    Ok(Tracked { delivery, courier: kept.row.courier, view })
}

/// The code of a link that opens no more.
pub const LINK_EXPIRED: &str = "link_expired";

fn shown(app: &App, kept: &Kept, now: Micros) -> Result<TrackedView, AppError> {
    let market = app.market(&kept.row.market)?;
    let location = view::location(app, kept)?;
    let step = |step: &doorstep_store::dispatch::step::StepRow| TrackedStep {
        status: step.status,
        at: Micros(step.at_us),
    };
    // Who had it before and gave it back is nothing to a customer, nor is who failed.
    let carries = kept.row.courier.is_some();
    let bringer = kept.card.as_ref().filter(|_| carries).map(|card| BringerView {
        name: card.name.as_deref().and_then(first_name),
        vehicle: card.vehicle,
    });
    Ok(TrackedView {
        status: kept.row.status,
        merchant_id: kept.row.merchant.clone(),
        origin: (&kept.package.origin).into(),
        destination: (&kept.package.destination).into(),
        courier: bringer,
        courier_location: location,
        estimates: view::estimates(app, &market.id, kept, location, now)?,
        deliver_by: kept.package.deliver_by_us.map(Micros),
        timeline: kept.steps.iter().map(step).collect(),
    })
}

fn first_name(name: &str) -> Option<String> {
    name.split_whitespace().next().map(str::to_owned)
}
