//! Which centres reach a place, and how soon.

use super::Center;
use crate::app::App;
use crate::error::AppError;
use crate::places;
use doorstep_domain::id::MarketId;
use doorstep_domain::stock::second_of_week;
use doorstep_domain::streets::Profile;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::Position;
use std::sync::Arc;

/// A centre that reaches a place.
#[derive(Debug, Clone)]
pub struct Reached {
    /// Which.
    pub center: Arc<Center>,
    /// Metres along the great circle.
    pub distance_m: f64,
    /// Seconds from the order to the door: picking, finding a courier, the way.
    pub eta_s: i64,
    /// Whether it is open now.
    pub is_open: bool,
}

pub(super) fn reaching(
    app: &App,
    market: &MarketId,
    place: Position,
    now: Micros,
) -> Result<Vec<Reached>, AppError> {
    let zone = &app.market(market.as_str())?.time_zone;
    let second = second_of_week(zone, now);
    let mut reached = Vec::new();
    for center in app.stock.catalogue.at_hand().centers() {
        if center.market != *market {
            continue;
        }
        let leg = places::straight(center.position, place, Profile::Driving);
        let eta_s = 600 + (leg.duration_ms / 1_000) as i64;
        if eta_s <= 3_600 {
            let is_open = !center.is_closed && center.hours.is_open_in(second);
            let distance_m = center.position.distance_m(place);
            reached.push(Reached { center: Arc::clone(center), distance_m, eta_s, is_open });
        }
    }
    reached.sort_by_key(|reached| (reached.eta_s, reached.center.center_no));
    Ok(reached)
}
