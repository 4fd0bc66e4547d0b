//! A delivery as its customer sees it, by the link: the active leg only, and only for a while.

use super::estimate::Estimates;
use super::links;
use super::view::{self, Kept, LocationView, StopView};
use crate::app::App;
use crate::error::AppError;
use crate::streets::{self, Layer};
use doorstep_domain::dispatch::{Status, Vehicle};
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::{EARTH_RADIUS_M, Position};
use doorstep_store::street::Extent;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// How far around a delivery's two ends its customer sees the streets, in metres.
const AROUND_M: f64 = 1_000.0;

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
    let kept = opened(app, link)?;
    let view = shown(app, &kept, app.clock.now())?;
    let (delivery, courier) = (kept.row.delivery, kept.row.courier);
    Ok(Tracked { delivery, courier, view })
}

/// The streets of the market a link's delivery is in, and which of them are around it. Errors: as
/// [`by_link`].
pub fn streets_by_link(app: &App, link: &str) -> Result<(Arc<Layer>, Extent), AppError> {
    let kept = opened(app, link)?;
    let ends = [&kept.package.origin, &kept.package.destination].map(|stop| stop.position);
    Ok((streets::layer(app, &market_of(app, &kept)?)?, around(ends)))
}

/// The code of a link that opens no more.
pub const LINK_EXPIRED: &str = "link_expired";

/// The delivery that a link opens now.
fn opened(app: &App, link: &str) -> Result<Kept, AppError> {
    let unknown = || AppError::NotFound { what: "link", id: String::new() };
    let delivery = links::opened(app, link)?.ok_or_else(unknown)?;
    let kept = match view::kept(app, &delivery) {
        Err(AppError::NotFound { .. }) => return Err(unknown()),
        kept => kept?,
    };
    let link_after_us = super::configured(app, &market_of(app, &kept)?)?.link_after.0;
    let ended_at = kept.row.ended_at_us.map(Micros);
    if ended_at.is_some_and(|ended_at| app.clock.now() > ended_at.plus(link_after_us)) {
        let reason = "the delivery ended some time ago".to_owned();
        return Err(AppError::Refused { code: LINK_EXPIRED, reason });
    }
    Ok(kept)
}

fn market_of(app: &App, kept: &Kept) -> Result<MarketId, AppError> {
    Ok(app.market(&kept.row.market)?.id.clone())
}

/// The box around places that lie in one market, with [`AROUND_M`] on each side.
fn around(places: [Position; 2]) -> Extent {
    let degrees = (AROUND_M / EARTH_RADIUS_M).to_degrees();
    let farthest = places.map(|place| place.lat().abs()).into_iter().fold(0.0, f64::max);
    // Degrees of longitude are shorter away from the equator; there are no streets at the poles.
    let stretch = farthest.min(89.0).to_radians().cos().recip();
    let [north, east] = [degrees, degrees * stretch].map(|margin| (margin * 1e7).round() as i32);
    let [a, b] = places;
    Extent {
        south_west: Position {
            lat_e7: a.lat_e7.min(b.lat_e7).saturating_sub(north),
            lng_e7: a.lng_e7.min(b.lng_e7).saturating_sub(east),
        },
        north_east: Position {
            lat_e7: a.lat_e7.max(b.lat_e7).saturating_add(north),
            lng_e7: a.lng_e7.max(b.lng_e7).saturating_add(east),
        },
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_box_is_a_kilometre_wider_on_each_side() {
        let cases = [
            ("San Francisco", (37.7640, -122.4660), (37.7955, -122.3937)),
            ("the other way round", (37.7955, -122.3937), (37.7640, -122.4660)),
            ("one place", (0.0, 0.0), (0.0, 0.0)),
            ("the far north", (69.65, 18.95), (69.60, 19.00)),
        ];
        for (name, a, b) in cases {
            let [a, b] = [a, b].map(|(lat, lng)| Position::from_degrees(lat, lng).unwrap());
            let Extent { south_west, north_east } = around([a, b]);
            let north = Position { lat_e7: a.lat_e7.max(b.lat_e7), ..north_east };
            let east = Position { lng_e7: a.lng_e7.max(b.lng_e7), ..north_east };
            let south = Position { lat_e7: a.lat_e7.min(b.lat_e7), ..south_west };
            let west = Position { lng_e7: a.lng_e7.min(b.lng_e7), ..south_west };
            for (side, edge, corner) in [
                ("north", north, north_east),
                ("east", east, north_east),
                ("south", south, south_west),
                ("west", west, south_west),
            ] {
                let margin = edge.distance_m(corner);
                assert!((980.0..1_020.0).contains(&margin), "{name}, {side}: {margin}");
            }
        }
    }
}
