//! A delivery as it is shown to whoever asked for it, carries it, or runs the network.

use super::estimate::{self, Carried, Estimates};
use super::links;
use crate::app::App;
use crate::error::AppError;
use crate::provider::view::{self as provided, ProviderView};
use crate::tracking::view::courier_position;
use doorstep_domain::dispatch::{Leg, PackageSize, Status, Vehicle};
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::Position;
use doorstep_store::courier::card::{self, CardRow};
use doorstep_store::dispatch::step::{self, StepRow};
use doorstep_store::dispatch::{self, Asked, DispatchRow};
use doorstep_store::package::{self, PackageRow, StopRow};
use doorstep_store::{StoreError, Tx};
use serde::Serialize;
use utoipa::ToSchema;

/// A delivery: package, assignment, where it is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DeliveryView {
    /// Which.
    pub delivery_id: String,
    /// Where.
    pub market: String,
    /// Whose goods.
    pub merchant_id: String,
    /// How it stands.
    #[schema(value_type = String)]
    pub status: Status,
    /// `no_courier`, `courier_silent`, or null.
    pub needs_attention: Option<String>,
    /// What is carried.
    pub package: PackageView,
    /// Where the package is.
    pub origin: StopView,
    /// Where it shall go.
    pub destination: StopView,
    /// When it can be picked up, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub ready_at: Micros,
    /// When it shall be there at the latest.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub deliver_by: Option<Micros>,
    /// Value of the goods in minor units.
    pub order_minor: i64,
    /// Tip in minor units.
    pub tip_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// Metres from origin to destination.
    pub distance_m: i64,
    /// Who has it, or had it.
    pub courier: Option<CourierCardView>,
    /// Where they are, while they have it.
    pub courier_location: Option<LocationView>,
    /// When, and when it will be there.
    #[serde(flatten)]
    pub estimates: Estimates,
    /// What the provider says to whom it was handed over; left out where nobody else has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderView>,
    /// The customer's link.
    pub tracking_url: String,
    /// Every state it was in.
    pub timeline: Vec<StepView>,
}

/// What is carried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PackageView {
    /// How large.
    #[schema(value_type = String)]
    pub size: PackageSize,
    /// Grams.
    pub weight_grams: i64,
    /// The customer's, E.164; left out for whoever does not carry it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// What whoever asked calls it.
    pub reference: Option<String>,
    /// Words to the courier.
    pub instructions: Option<String>,
}

/// Where a package comes from or goes to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StopView {
    /// As it was told, where words were.
    pub address: Option<String>,
    /// Degrees north, WGS 84.
    pub lat: f64,
    /// Degrees east.
    pub lng: f64,
}

/// Who carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CourierCardView {
    /// Who.
    pub courier_id: String,
    /// As customers are told it.
    pub name: Option<String>,
    /// E.164.
    pub phone: Option<String>,
    /// What they travel with.
    #[schema(value_type = String)]
    pub vehicle: Vehicle,
}

/// Where somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct LocationView {
    /// Degrees north, WGS 84.
    pub lat: f64,
    /// Degrees east.
    pub lng: f64,
    /// By the device's clock, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Micros,
}

/// A state that a delivery was in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StepView {
    /// The state.
    #[schema(value_type = String)]
    pub status: Status,
    /// When, by whoever said so, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Micros,
    /// Who said so.
    pub by: String,
    /// Who had it then; where it was given back, who had it before.
    pub courier_id: Option<String>,
    /// Why, in words.
    pub reason: Option<String>,
}

/// A delivery in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeliveryLine {
    /// Which.
    pub delivery_id: String,
    /// Where.
    pub market: String,
    /// Whose goods.
    pub merchant_id: String,
    /// How it stands.
    #[schema(value_type = String)]
    pub status: Status,
    /// Since when, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub since: Micros,
    /// Who has it, or had it.
    pub courier_id: Option<String>,
    /// `no_courier`, `courier_silent`, or null.
    pub needs_attention: Option<String>,
}

/// Everything that is kept of one delivery, of one state of the store.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) row: DispatchRow,
    pub(super) package: PackageRow,
    pub(super) steps: Vec<StepRow>,
    pub(super) card: Option<CardRow>,
    /// What else its courier has taken on, while they have it.
    pub(super) beside: Vec<(Status, PackageRow)>,
}

/// Reads all of a delivery. Errors: there is none of that name.
pub(super) fn kept(app: &App, delivery: &str) -> Result<Kept, AppError> {
    let found = app.store.read(|tx| {
        let (Some(row), Some(package)) =
            (dispatch::load(tx, delivery)?, package::load(tx, delivery)?)
        else {
            return Ok::<_, AppError>(None);
        };
        let steps = step::of(tx, delivery)?;
        let card = match &row.courier {
            Some(courier) => card::load(tx, courier)?,
            None => None,
        };
        let beside = match &row.courier {
            Some(courier) if row.status.is_carried() => beside(tx, courier, delivery)?,
            _ => Vec::new(),
        };
        Ok(Some(Kept { row, package, steps, card, beside }))
    })?;
    found.ok_or_else(|| AppError::NotFound { what: "delivery", id: delivery.to_owned() })
}

/// What a courier has taken on besides a delivery, and is not done with.
fn beside(
    tx: &mut dyn Tx,
    courier: &str,
    delivery: &str,
) -> Result<Vec<(Status, PackageRow)>, StoreError> {
    let mut beside = Vec::new();
    for row in dispatch::carried(tx, courier)? {
        // What failed goes back when it suits; it is on nobody's way.
        if row.delivery != delivery && row.status.is_carried() {
            let package = package::load(tx, &row.delivery)?;
            beside.extend(package.map(|package| (row.status, package)));
        }
    }
    Ok(beside)
}

/// A delivery as it is now.
pub fn show(app: &App, delivery: &str) -> Result<DeliveryView, AppError> {
    let kept = kept(app, delivery)?;
    let market = app.market(&kept.row.market)?;
    let location = location(app, &kept)?;
    let provider = app.store.read(|tx| provided::of_delivery(tx, delivery))?;
    let estimates = estimates(app, &market.id, &kept, location, app.clock.now())?;
    let Kept { row, package, steps, card, .. } = kept;
    Ok(DeliveryView {
        provider,
        tracking_url: links::tracking_url(app, &row.delivery)?,
        package: package_view(&package, true),
        origin: (&package.origin).into(),
        destination: (&package.destination).into(),
        ready_at: Micros(package.ready_at_us),
        deliver_by: package.deliver_by_us.map(Micros),
        order_minor: package.order_minor,
        tip_minor: package.tip_minor,
        currency: market.currency.to_string(),
        distance_m: package.distance_m,
        courier: card.map(CourierCardView::from),
        courier_location: location,
        estimates,
        timeline: steps.into_iter().map(StepView::from).collect(),
        delivery_id: row.delivery,
        market: row.market,
        merchant_id: row.merchant,
        status: row.status,
        needs_attention: row.attention,
    })
}

/// Deliveries before `before`, the newest first.
pub fn list(
    app: &App,
    asked: Asked<'_>,
    before: &str,
    limit: u32,
) -> Result<Vec<DeliveryLine>, AppError> {
    let rows = app.store.read(|tx| dispatch::list(tx, asked, before, limit));
    let line = |row: DispatchRow| DeliveryLine {
        delivery_id: row.delivery,
        market: row.market,
        merchant_id: row.merchant,
        status: row.status,
        since: Micros(row.since_us),
        courier_id: row.courier,
        needs_attention: row.attention,
    };
    Ok(rows.map_err(AppError::from)?.into_iter().map(line).collect())
}

/// Whose a delivery is, for whoever may only see their own: its merchant and its courier.
pub fn owners(app: &App, delivery: &str) -> Result<(String, Option<String>), AppError> {
    let row = app.store.read(|tx| dispatch::load(tx, delivery).map_err(AppError::from))?;
    let row =
        row.ok_or_else(|| AppError::NotFound { what: "delivery", id: delivery.to_owned() })?;
    Ok((row.merchant, row.courier))
}

/// Where the courier of a delivery is, on the leg that is under way; nothing before and after.
pub(super) fn location(app: &App, kept: &Kept) -> Result<Option<LocationView>, AppError> {
    match &kept.row.courier {
        Some(courier) if kept.row.status.leg() != Leg::None => {
            match courier_position(app, courier) {
                Ok(seen) => {
                    let (lat, lng, updated_at) = (seen.fix.lat, seen.fix.lng, seen.fix.at);
                    Ok(Some(LocationView { lat, lng, updated_at }))
                }
                Err(AppError::NotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        }
        _ => Ok(None),
    }
}

/// When a delivery will be there.
pub(super) fn estimates(
    app: &App,
    market: &MarketId,
    kept: &Kept,
    location: Option<LocationView>,
    now: Micros,
) -> Result<Estimates, AppError> {
    let at = |location: LocationView| {
        let position = Position::from_degrees(location.lat, location.lng)?;
        Some((position, location.updated_at))
    };
    let carried = Carried {
        package: &kept.package,
        status: kept.row.status,
        since: Micros(kept.row.since_us),
        courier: location.and_then(at),
        vehicle: kept.card.as_ref().map_or(Vehicle::Car, |card| card.vehicle),
        beside: &kept.beside,
    };
    estimate::of_carried(app, market, carried, now)
}

/// A package for somebody who carries it, or for somebody who could.
pub(super) fn package_view(package: &PackageRow, with_phone: bool) -> PackageView {
    PackageView {
        size: package.size,
        weight_grams: package.weight_g,
        phone: with_phone.then(|| package.phone.clone()),
        reference: package.reference.clone().filter(|_| with_phone),
        instructions: package.instructions.clone(),
    }
}

impl From<&StopRow> for StopView {
    fn from(row: &StopRow) -> StopView {
        let (lat, lng) = (row.position.lat(), row.position.lng());
        StopView { address: row.address.clone(), lat, lng }
    }
}

impl From<CardRow> for CourierCardView {
    fn from(card: CardRow) -> CourierCardView {
        CourierCardView {
            courier_id: card.courier,
            name: card.name,
            phone: card.phone,
            vehicle: card.vehicle,
        }
    }
}

impl From<StepRow> for StepView {
    fn from(row: StepRow) -> StepView {
        StepView {
            status: row.status,
            at: Micros(row.at_us),
            by: row.actor,
            courier_id: row.courier,
            reason: row.reason,
        }
    }
}
