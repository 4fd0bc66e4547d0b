//! What providers are asked: to bring a delivery, to leave it, and how it stands.
//!
//! What they tell is read by a table; how they are asked is code, one file for each. All of them
//! go through one guard, and none of them ever makes two bookings of one delivery.

mod allowance;
mod apis;
mod doordash_drive;
mod fee;
mod line;
pub(crate) mod metric;
mod onfleet;
mod uber_direct;
pub(crate) mod work;

pub use allowance::Allowance;
pub use apis::{Api, Apis};
pub use doordash_drive::DoordashDrive;
pub use fee::Fee;
pub use onfleet::Onfleet;
pub use uber_direct::UberDirect;

use crate::calls::CallError;
use doorstep_domain::time::{Clock, Micros};
use doorstep_store::package::PackageRow;
use serde_json::Value;
use std::sync::Arc;

/// A provider's API.
pub trait Outbound: Send + Sync {
    /// Has a delivery brought. Where an answer to the same wish may have been lost (`is_repeated`),
    /// what was booked then is found and not booked again.
    ///
    /// Errors: [`CallError::Refused`] where they will not bring it; all others may pass.
    fn book(&self, wanted: &Wanted<'_>, is_repeated: bool) -> Result<Booked, CallError>;

    /// Has a delivery left; it is left already where it was before.
    ///
    /// Errors: [`CallError::Refused`] where it is too late.
    fn cancel(&self, names: Names<'_>) -> Result<(), CallError>;

    /// How a delivery stands: payloads as its adapter reads them; none where they do not know it.
    fn fetch(&self, names: Names<'_>) -> Result<Option<Vec<Value>>, CallError>;
}

/// What is to be brought.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// It.
    pub package: &'a PackageRow,
    /// The number that is called at the pickup.
    pub pickup_phone: &'a str,
    /// ISO 4217.
    pub currency: &'a str,
}

/// A delivery's names.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// Ours.
    pub delivery: &'a str,
    /// Theirs.
    pub reference: &'a str,
}

/// What was booked.
#[derive(Debug, Clone, PartialEq)]
pub struct Booked {
    /// Their name of it.
    pub reference: String,
    /// How it stands, as [`Outbound::fetch`] tells it.
    pub told: Vec<Value>,
    /// What it costs, where they say so.
    pub fee: Option<Fee>,
}

/// Where and how a provider's API is asked.
#[derive(Debug, Clone)]
pub struct Access {
    /// Its address, without what its documentation says of paths.
    pub url: String,
    /// What it is shown, as the file says it.
    pub credential: String,
    /// The account that its paths name.
    pub account: String,
    /// Where a token is had for the credential, where that is elsewhere.
    pub token_url: Option<String>,
    /// The calls that may be made, and when.
    pub allowance: Arc<Allowance>,
    /// Calls at once.
    pub at_once: usize,
}

/// The adapters whose APIs can be asked.
pub const ADAPTERS: [&str; 3] = ["uber_direct", "doordash_drive", "onfleet"];

/// Opens the API of a provider. Errors: its adapter tells only, or it is shown what cannot be read.
pub fn open(
    adapter: &str,
    access: Access,
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn Outbound>, String> {
    match adapter {
        "uber_direct" => Ok(Arc::new(UberDirect::new(access, clock)?)),
        "doordash_drive" => Ok(Arc::new(DoordashDrive::new(access, clock)?)),
        "onfleet" => Ok(Arc::new(Onfleet::new(access, clock)?)),
        other => {
            Err(format!("nothing is known of how {other} is asked: only {}", ADAPTERS.join(", ")))
        }
    }
}

/// An address as words: as it was told, and else where it is.
fn address(stop: &doorstep_store::package::StopRow) -> String {
    let position = stop.position;
    let place = || format!("{:.6}, {:.6}", degrees(position.lat_e7), degrees(position.lng_e7));
    stop.address.clone().unwrap_or_else(place)
}

fn degrees(e7: i32) -> f64 {
    f64::from(e7) / 1e7
}

/// RFC 3339 of an instant in microseconds.
fn rfc3339(at_us: i64) -> String {
    Micros(at_us).to_string()
}
