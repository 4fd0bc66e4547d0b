//! What a courier has before them: what is offered, what they carry, what lies open around.

use super::estimate::Estimates;
use super::view::{self, Kept, PackageView, StopView};
use super::{availability, rings_of};
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::dispatch::{Package, Status, Vehicle};
use doorstep_domain::id::CourierId;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::Position;
use doorstep_store::courier::card::{self, CardRow};
use doorstep_store::dispatch::{self, DispatchRow};
use doorstep_store::offer::{self, OfferRow};
use doorstep_store::package::{self, PackageRow};
use doorstep_store::{StoreError, Tx};
use serde::Serialize;
use utoipa::ToSchema;

/// Deliveries shown of what lies open.
const AVAILABLE_MAX: usize = 50;

/// What a courier has before them.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WorkView {
    /// Who.
    pub courier_id: String,
    /// Whether they work.
    pub online: bool,
    /// Since when, RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Micros>,
    /// Deliveries they may carry at once.
    pub capacity: i64,
    /// What they travel with.
    #[schema(value_type = String)]
    pub vehicle: Vehicle,
    /// What they may take now.
    pub offers: Vec<OfferView>,
    /// What they have taken on.
    pub deliveries: Vec<WorkDelivery>,
}

/// A delivery that is offered.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OfferView {
    /// Which.
    pub delivery_id: String,
    /// RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub offered_at: Micros,
    /// Until when it stands.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Micros,
    /// Metres to the package, as the crow flies.
    pub distance_m: i64,
    /// Seconds to the package.
    pub pickup_seconds: i64,
    /// Metres from origin to destination.
    pub carry_m: i64,
    /// Where the package is.
    pub origin: StopView,
    /// Where it shall go.
    pub destination: StopView,
    /// What it is.
    pub package: PackageView,
    /// When it can be picked up.
    #[schema(value_type = String, format = DateTime)]
    pub ready_at: Micros,
    /// Tip in minor units.
    pub tip_minor: i64,
    /// ISO 4217.
    pub currency: String,
}

/// A delivery that a courier has taken on.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WorkDelivery {
    /// Which.
    pub delivery_id: String,
    /// How it stands.
    #[schema(value_type = String)]
    pub status: Status,
    /// What its courier may say next.
    #[schema(value_type = Vec<String>)]
    pub next: Vec<Status>,
    /// Where the package is.
    pub origin: StopView,
    /// Where it shall go.
    pub destination: StopView,
    /// What it is, and whom to call.
    pub package: PackageView,
    /// When it can be picked up, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub ready_at: Micros,
    /// When it shall be there at the latest.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub deliver_by: Option<Micros>,
    /// When, and when it will be there.
    #[serde(flatten)]
    pub estimates: Estimates,
}

/// A delivery that nobody has, near a courier.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AvailableView {
    /// Which.
    pub delivery_id: String,
    /// Metres to the package, as the crow flies.
    pub distance_m: i64,
    /// Metres from origin to destination.
    pub carry_m: i64,
    /// Where the package is.
    pub origin: StopView,
    /// Where it shall go.
    pub destination: StopView,
    /// What it is.
    pub package: PackageView,
    /// When it can be picked up, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub ready_at: Micros,
    /// When it shall be there at the latest.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub deliver_by: Option<Micros>,
    /// Tip in minor units.
    pub tip_minor: i64,
    /// ISO 4217.
    pub currency: String,
}

/// What is kept of a courier's work, of one state of the store.
struct Before {
    card: CardRow,
    offers: Vec<(OfferRow, PackageRow)>,
    carried: Vec<(DispatchRow, PackageRow)>,
}

/// What a courier has before them. Errors: no such courier.
pub fn of(app: &App, courier: &CourierId) -> Result<WorkView, AppError> {
    let now = app.clock.now();
    let before = app.store.read(|tx| before(tx, courier.as_str(), now))?;
    let Before { card, offers, carried } = before
        .ok_or_else(|| AppError::NotFound { what: "courier", id: courier.as_str().to_owned() })?;
    let currency = app.market(&card.market)?.currency.to_string();
    let beside = |own: &DispatchRow| -> Vec<(Status, PackageRow)> {
        let others = carried.iter().filter(|(row, _)| row.delivery != own.delivery);
        let others = others.filter(|(row, _)| row.status.is_carried());
        others.map(|(row, package)| (row.status, package.clone())).collect()
    };
    let kept = carried.iter().map(|(row, package)| Kept {
        beside: beside(row),
        row: row.clone(),
        package: package.clone(),
        // They are not shown here, and so they were not read.
        steps: Vec::new(),
        card: Some(card.clone()),
    });
    let deliveries = kept.map(|kept| delivery(app, kept, now)).collect::<Result<Vec<_>, _>>()?;
    let mut offers: Vec<OfferView> =
        offers.iter().map(|(offer, package)| offer_view(offer, package, &currency)).collect();
    offers.sort_by(|a, b| (a.expires_at, &a.delivery_id).cmp(&(b.expires_at, &b.delivery_id)));
    Ok(WorkView {
        courier_id: card.courier,
        online: card.online,
        since: card.online_since_us.map(Micros),
        capacity: card.capacity,
        vehicle: card.vehicle,
        offers,
        deliveries,
    })
}

fn before(tx: &mut dyn Tx, courier: &str, now: Micros) -> Result<Option<Before>, StoreError> {
    let Some(card) = card::load(tx, courier)? else {
        return Ok(None);
    };
    let mut before = Before { card, offers: Vec::new(), carried: Vec::new() };
    for offer in offer::open_of_courier(tx, courier, now.0)? {
        if let Some(package) = package::load(tx, &offer.delivery)? {
            before.offers.push((offer, package));
        }
    }
    for row in dispatch::carried(tx, courier)? {
        let package = package::load(tx, &row.delivery)?.ok_or(StoreError::NoRow)?;
        before.carried.push((row, package));
    }
    Ok(Some(before))
}

fn offer_view(offer: &OfferRow, package: &PackageRow, currency: &str) -> OfferView {
    OfferView {
        delivery_id: offer.delivery.clone(),
        offered_at: Micros(offer.offered_at_us),
        expires_at: Micros(offer.expires_at_us),
        distance_m: offer.distance_m,
        pickup_seconds: offer.pickup_s,
        carry_m: package.distance_m,
        origin: (&package.origin).into(),
        destination: (&package.destination).into(),
        package: view::package_view(package, false),
        ready_at: Micros(package.ready_at_us),
        tip_minor: package.tip_minor,
        currency: currency.to_owned(),
    }
}

fn delivery(app: &App, kept: Kept, now: Micros) -> Result<WorkDelivery, AppError> {
    let market = app.market(&kept.row.market)?;
    let location = view::location(app, &kept)?;
    let estimates = view::estimates(app, &market.id, &kept, location, now)?;
    let Kept { row, package, .. } = kept;
    Ok(WorkDelivery {
        delivery_id: row.delivery,
        status: row.status,
        next: row.status.next_by_courier().collect(),
        origin: (&package.origin).into(),
        destination: (&package.destination).into(),
        package: view::package_view(&package, true),
        ready_at: Micros(package.ready_at_us),
        deliver_by: package.deliver_by_us.map(Micros),
        estimates,
    })
}

/// Open deliveries near a courier, or near a place they name: what fits them, the nearest first
/// (C3). Errors: no such courier; nobody knows where they are, and they do not say.
pub fn available(
    app: &App,
    courier: &CourierId,
    at: Option<Position>,
) -> Result<Vec<AvailableView>, AppError> {
    let card = availability::card_of(app, courier.as_str())?;
    let market = app.market(&card.market)?;
    let seen = || app.live.position(courier.as_str()).map(|seen| seen.ping.position);
    let at = at.or_else(seen).ok_or_else(|| {
        AppError::invalid("lat", "nobody knows where the courier is: say lat and lng")
    })?;
    let radius_m = rings_of(app, &market.id)?.radius_max_m;
    let open = app.dispatch.open_near(&market.id, at, radius_m)?;
    // What somebody who is full cannot take now they may take next.
    let fitting = open.into_iter().filter(|(_, _, package)| card.vehicle.takes(package));
    let nearest: Vec<(String, f64, Package)> = fitting.take(AVAILABLE_MAX).collect();
    let currency = market.currency.to_string();
    app.store.read(|tx| {
        let mut views = Vec::with_capacity(nearest.len());
        for (delivery, distance_m, _) in &nearest {
            // The board trails by moments: what was taken meanwhile is not shown.
            let row = dispatch::load(tx, delivery)?;
            let is_open = row.is_some_and(|row| row.status == Status::Requested);
            if let Some(package) = package::load(tx, delivery)?.filter(|_| is_open) {
                views.push(available_view(&package, *distance_m, &currency));
            }
        }
        Ok(views)
    })
}

fn available_view(package: &PackageRow, distance_m: f64, currency: &str) -> AvailableView {
    AvailableView {
        delivery_id: package.delivery.clone(),
        distance_m: distance_m.round() as i64,
        carry_m: package.distance_m,
        origin: (&package.origin).into(),
        destination: (&package.destination).into(),
        package: view::package_view(package, false),
        ready_at: Micros(package.ready_at_us),
        deliver_by: package.deliver_by_us.map(Micros),
        tip_minor: package.tip_minor,
        currency: currency.to_owned(),
    }
}
