//! Places: where an address is, how one is reached from another, and when somebody will be there.
//!
//! Made of the store's streets, in memory, anew whenever streets were imported. Where a market has
//! none, ways are straight lines, lengthened. Where the configuration names a router or a geocoder,
//! those are asked first: [`table`], [`travel`] and [`address`] are the entrances.

mod arrival;
mod learned;
mod maps;
pub mod others;
mod travel;
mod trips;
mod way;

pub use arrival::{ArrivalAsked, ArrivalView, FactorView, arrival};
pub use learned::{Evaluation, ModelView, evaluate, learn, learn_of_deliveries, models};
pub use maps::{Maps, Place, at_hand, market_around};
pub use travel::{Router, Table, Travel, table, travel};
pub use way::{Stop, Way, straight, ways};

use crate::app::App;
use crate::error::AppError;
use doorstep_domain::id::MarketId;
use doorstep_domain::streets::Found;
use doorstep_store::street;
use others::{ADDRESS, Area, fell_back};
use serde::Serialize;
use utoipa::ToSchema;

/// Longest address, in bytes.
const ADDRESS_BYTES_MAX: usize = 512;

/// Where an address is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AddressView {
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lng: f64,
    /// The street as its sign says; both streets of a corner.
    pub street: String,
    /// The house number that was taken; the nearest where the street has no such number.
    pub number: Option<i64>,
    /// Postal code.
    pub zip: Option<String>,
    /// `number`, `nearest_number`, `corner`, `street` where only the street was found, or `place`
    /// where something was found by its name.
    pub how: &'static str,
    /// Letters by which the street's name differs from what was asked; only `streets` counts them.
    pub letters_off: u64,
    /// From 0 to 1; below 0.6 ask the customer.
    pub confidence: f64,
    /// Who found it: `streets`, the market's own, or the configured `photon` or `nominatim`.
    pub geocoder: &'static str,
}

/// Where an address of a market is: asked of the geocoder that is configured, and of the market's
/// own streets where that does not answer or does not know it. It blocks for `calls.patience` at
/// most before these are asked.
///
/// Errors: no such market, no streets there, or nothing that is near to the address.
pub fn address(app: &App, market: &MarketId, address: &str) -> Result<AddressView, AppError> {
    if address.trim().is_empty() || address.len() > ADDRESS_BYTES_MAX {
        let reason = format!("is empty, or longer than {ADDRESS_BYTES_MAX} bytes");
        return Err(AppError::invalid("address", reason));
    }
    app.market(market.as_str())?;
    match elsewhere(app, market, address)? {
        Some(found) => Ok(found),
        None => on_streets(app, market, address),
    }
}

/// As the configured geocoder has it; `None` where there is none, or none that answers.
fn elsewhere(app: &App, market: &MarketId, address: &str) -> Result<Option<AddressView>, AppError> {
    let Some(geocoder) = &app.others.geocoder else { return Ok(None) };
    let map = app.store.read(|tx| street::map(tx, market.as_str()))?;
    let area = map.and_then(|map| map.extent).map(Area::around);
    match geocoder.find(market, area, address) {
        Ok(Some(found)) => return Ok(Some(found)),
        Ok(None) => fell_back(ADDRESS, "not_found"),
        Err(error) => fell_back(ADDRESS, error.outcome()),
    }
    Ok(None)
}

/// As the market's own streets have it.
fn on_streets(app: &App, market: &MarketId, address: &str) -> Result<AddressView, AppError> {
    let place = at_hand(app, market)?;
    if place.geocoder.is_empty() {
        let reason = format!("market {market} has no streets: `doorstep import streets`");
        return Err(AppError::Refused { code: "no_streets", reason });
    }
    let unknown = || AppError::NotFound { what: "address", id: address.to_owned() };
    place.geocoder.find(address).map(AddressView::from).ok_or_else(unknown)
}

impl From<Found> for AddressView {
    fn from(found: Found) -> AddressView {
        AddressView {
            lat: found.position.lat(),
            lng: found.position.lng(),
            street: found.street,
            number: found.number,
            zip: found.zip,
            how: found.how.as_str(),
            letters_off: found.letters_off as u64,
            confidence: (found.confidence * 100.0).round() / 100.0,
            geocoder: "streets",
        }
    }
}
