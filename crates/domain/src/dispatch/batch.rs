//! All waiting deliveries and all couriers at once, at least total cost (C6).
//!
//! Deliveries of one origin are bundled where that saves more than it delays, bundles are assigned
//! to couriers, also to those who are free only later, and nobody is sent before they must: what
//! is held may still be planned otherwise when more is known. The model is that of Reyes, Erera,
//! Savelsbergh, Sahasrabudhe, O'Neil: "The Meal Delivery Routing Problem", 2018; bundles are made
//! by the prices of the assignment (`docs/decisions/0010-batch-assignment.md`).

pub mod assignment;

mod bundle;
mod cost;
mod improve;
mod scene;
mod settings;

pub use cost::Cost;
pub use settings::Settings;

use crate::id::{CourierId, DeliveryId};
use crate::time::Micros;
use scene::Scene;
use std::collections::BTreeSet;

/// A delivery that has not been picked up. Places are whatever the travel time understands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting<P> {
    /// Which one.
    pub id: DeliveryId,
    /// The name of the place where it is picked up: what has the same one may be bundled.
    pub origin: String,
    /// Where that is.
    pub from: P,
    /// Where it goes.
    pub to: P,
    /// When it was asked for.
    pub requested_at: Micros,
    /// When it can be picked up.
    pub ready_at: Micros,
    /// How much of a courier's room it takes.
    pub size: u32,
    /// Who has taken it already; a change costs [`Settings::change_us`].
    pub assigned_to: Option<CourierId>,
}

/// Somebody who carries, now or soon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Courier<P> {
    /// Who.
    pub id: CourierId,
    /// Where they are when they are free.
    pub place: P,
    /// When they have done what they carry; for whom is on the way to an origin, when they arrive.
    pub free_at: Micros,
    /// After this they pick nothing up.
    pub off_at: Micros,
    /// How much they carry at once.
    pub room: u32,
    /// The origin that they are on the way to, or wait at, and cannot be sent away from.
    pub bound_for: Option<String>,
    /// What they are not to be asked for.
    pub refused: BTreeSet<DeliveryId>,
}

/// A market at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot<P> {
    /// What has not been picked up.
    pub waiting: Vec<Waiting<P>>,
    /// Who could.
    pub couriers: Vec<Courier<P>>,
}

/// What is to be done with each delivery.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Each courier at most once, by courier.
    pub matches: Vec<Match>,
    /// What has no courier, by delivery.
    pub left: Vec<(DeliveryId, Reason)>,
}

/// A courier and what they are to pick up together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Who.
    pub courier: CourierId,
    /// Where to go.
    pub origin: String,
    /// What, in the order in which it is to be delivered.
    pub stops: Vec<Stop>,
    /// When to set out: not before they are free, and no earlier than it takes.
    pub leave_at: Micros,
    /// When it is picked up.
    pub pickup_at: Micros,
    /// Why nobody sets out yet; none where it is time.
    pub held: Option<Held>,
    /// What was weighed.
    pub cost: Cost,
}

/// A delivery on somebody's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// Which one.
    pub delivery: DeliveryId,
    /// When it is delivered.
    pub at: Micros,
}

/// Why a match is not yet told to anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// The courier would only wait at the origin.
    NotReady,
    /// The courier is not free yet.
    CourierBusy,
}

/// Why a delivery has no courier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Nobody within reach has the room and the time, or all have refused.
    NoCourier,
    /// Whoever could is needed more elsewhere.
    CouriersNeeded,
}

/// The cheapest plan: the same for the same snapshot in whatever order.
///
/// `travel` answers how long the way from one place to another takes, in microseconds.
pub fn plan<P: Copy>(
    snapshot: &Snapshot<P>,
    settings: &Settings,
    travel: impl Fn(P, P) -> i64,
    now: Micros,
) -> Plan {
    let scene = Scene::new(snapshot, settings, travel, now);
    let mut plan = Plan::default();
    for (bundle, courier) in improve::cheapest(&scene) {
        match courier.and_then(|courier| scene.matched(courier, &bundle)) {
            Some(matched) => plan.matches.push(matched),
            None => plan.left.extend(bundle.stops.iter().map(|stop| scene.left(*stop))),
        }
    }
    plan.matches.sort_by(|one, other| one.courier.cmp(&other.courier));
    plan.left.sort_by(|one, other| one.0.cmp(&other.0));
    plan
}
