//! Places: where an address is, how one is reached from another, and when somebody will be there.
//!
//! Made of the store's streets, in memory, anew whenever streets were imported. Where a market has
//! none, ways are straight lines, lengthened.

mod arrival;
mod learned;
mod maps;
mod trips;
mod way;

pub use arrival::{ArrivalAsked, ArrivalView, FactorView, arrival};
pub use learned::{Evaluation, ModelView, evaluate, learn, learn_of_deliveries, models};
pub use maps::{Maps, Place, at_hand, market_around};
pub use way::{Stop, Way, ways};

use crate::app::App;
use crate::error::AppError;
use doorstep_domain::id::MarketId;
use doorstep_domain::streets::Found;
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
    /// `number`, `nearest_number`, `corner`, or `street` where only the street was found.
    pub how: &'static str,
    /// Letters by which the street's name differs from what was asked.
    pub letters_off: u64,
    /// From 0 to 1; below 0.6 ask the customer.
    pub confidence: f64,
}

/// Where an address of a market is.
///
/// Errors: no such market, no streets there, or nothing that is near to the address.
pub fn geocode(app: &App, market: &MarketId, address: &str) -> Result<AddressView, AppError> {
    if address.trim().is_empty() || address.len() > ADDRESS_BYTES_MAX {
        let reason = format!("is empty, or longer than {ADDRESS_BYTES_MAX} bytes");
        return Err(AppError::invalid("address", reason));
    }
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
        }
    }
}
