//! What the lane of a market's deliveries announces, for the board, the log and whoever notifies.

use crate::error::AppError;
use doorstep_domain::dispatch::{Package, PackageSize, Status, Vehicle};
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::Position;
use doorstep_store::LaneTx;
use doorstep_store::package::{PackageRow, StopRow};
use serde::{Deserialize, Serialize};

/// Kind of an announcement that a delivery came to another state: this, and the state.
pub const DELIVERY: &str = "delivery.";

/// Kind of an announcement that a delivery was offered, or offers of it ended, without a new state.
pub const OFFERS: &str = "offers.changed";

/// Kind of an announcement that a person, or a provider, must see to a delivery.
pub const ATTENTION: &str = "attention.needed";

/// Kind of an announcement that a courier's card or availability has changed.
pub const COURIER: &str = "courier.changed";

/// Kind of an announcement that a delivery was handed to a provider, or given back by the last one.
pub const HANDED: &str = "handed.over";

/// Kind of an announcement that a provider ended a delivery otherwise than we have it, or for
/// another price than was told: nothing that changes its state, and something to settle.
pub const ENDED_THERE: &str = "ended.there";

/// Announces something in the lane of the command.
pub(super) fn announce(
    tx: &mut LaneTx<'_>,
    kind: &str,
    subject: &str,
    told: &impl Serialize,
    now: Micros,
) -> Result<(), AppError> {
    let payload =
        serde_json::to_vec(told).map_err(|error| AppError::machine("an announcement", error))?;
    tx.announce(kind, subject, &payload, now.0)?;
    Ok(())
}

/// A delivery came to another state. The subject is the delivery, the kind [`DELIVERY`] and the
/// state, such as `delivery.picked_up`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryTold {
    /// Which.
    pub delivery_id: String,
    /// Where.
    pub market: String,
    /// Whose goods.
    pub merchant_id: String,
    /// What whoever asked calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The state.
    pub status: Status,
    /// Counts its states, from 1.
    pub revision: i64,
    /// Who has it; where it was given back or taken away, who had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub courier_id: Option<String>,
    /// The provider that brings it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// When, by whoever said so.
    pub at: Micros,
    /// When it was written down.
    pub recorded_at: Micros,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether nothing is to follow.
    pub ended: bool,
    /// Couriers whose offers of it ended with this.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freed: Vec<String>,
    /// Deliveries whose offers to its courier ended with this: they are full now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<String>,
    /// What is to be looked for; of `requested` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Wanted>,
    /// Whether it takes back that it was delivered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdraws: bool,
    /// What was delivered; of `delivered` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion: Option<CompletionTold>,
}

/// What somebody is looked for to carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// 1e-7 degrees, latitude and longitude of the origin.
    pub origin_e7: (i32, i32),
    /// The same of the destination.
    pub destination_e7: (i32, i32),
    /// How large.
    pub size: PackageSize,
    /// Grams.
    pub weight_g: i64,
    /// When it can be picked up.
    pub ready_at: Micros,
    /// Since when somebody is looked for.
    pub since: Micros,
    /// When it must be looked at next.
    pub due_at: Micros,
}

impl Wanted {
    /// What a package asks for, since when, and when that is looked at next.
    pub(super) fn of(package: &PackageRow, since: Micros, due_at: Micros) -> Wanted {
        let position_e7 = |stop: &StopRow| (stop.position.lat_e7, stop.position.lng_e7);
        Wanted {
            origin_e7: position_e7(&package.origin),
            destination_e7: position_e7(&package.destination),
            size: package.size,
            weight_g: package.weight_g,
            ready_at: Micros(package.ready_at_us),
            since,
            due_at,
        }
    }

    /// Where the package is.
    pub fn origin(&self) -> Position {
        Position { lat_e7: self.origin_e7.0, lng_e7: self.origin_e7.1 }
    }

    /// Where it shall go.
    pub fn destination(&self) -> Position {
        Position { lat_e7: self.destination_e7.0, lng_e7: self.destination_e7.1 }
    }

    /// What matters of it to whoever shall carry it.
    pub fn package(&self) -> Package {
        Package { size: self.size, weight_g: self.weight_g }
    }
}

/// What a completion says besides who and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompletionTold {
    /// Value of the goods in minor units.
    pub order_minor: i64,
    /// Tip in minor units.
    pub tip_minor: i64,
    /// Metres.
    pub distance_m: i64,
    /// ISO 4217.
    pub currency: String,
    /// When, by the provider that delivered it, where it came to that state later here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Micros>,
    /// What the provider charges that delivered, in minor units, where it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_minor: Option<i64>,
}

/// How a delivery ended at a provider. The subject is the delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedThereTold {
    /// Which.
    pub delivery_id: String,
    /// Whose goods.
    pub merchant_id: String,
    /// Who says so.
    pub provider: String,
    /// When, by their clock.
    pub at: Micros,
    /// What they delivered; none where they take back that they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion: Option<CompletionTold>,
}

/// Offers of a delivery were made or ended. The subject is the delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OffersTold {
    /// Which.
    pub delivery_id: String,
    /// Rings that were asked since the search began.
    pub rings: i64,
    /// When it must be looked at next.
    pub due_at: Micros,
    /// Whether nobody has taken it for too long.
    pub for_a_person: bool,
    /// Who was offered it now, and until when.
    pub made: Vec<(String, Micros)>,
    /// Whose offers ended.
    pub freed: Vec<String>,
    /// Who does not want it, and is not asked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined: Option<String>,
}

/// A delivery was handed to a provider, or back to our couriers. The subject is the delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedTold {
    /// Which.
    pub delivery_id: String,
    /// Where.
    pub market: String,
    /// Whose goods.
    pub merchant_id: String,
    /// To whom; none where our couriers are asked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Counts the providers that it was handed to, from 1.
    pub number: i64,
    /// Counts its states.
    pub revision: i64,
    /// Couriers whose offers of it ended with this.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freed: Vec<String>,
    /// What is to be looked for, where our couriers are asked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Wanted>,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When.
    pub at: Micros,
}

/// A courier's card or availability, as it is now. The subject is the courier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourierTold {
    /// Who.
    pub courier_id: String,
    /// Whether they work.
    pub online: bool,
    /// Since when.
    pub since: Micros,
    /// Whether that has changed just now.
    pub availability_changed: bool,
    /// What they travel with.
    pub vehicle: Vehicle,
    /// Deliveries they may carry at once.
    pub capacity: i64,
    /// Deliveries whose offers to them ended with this.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<String>,
}
