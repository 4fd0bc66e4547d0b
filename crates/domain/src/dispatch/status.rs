//! How a delivery stands, and what may follow: one table for every door.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nobody has it yet.
    Requested,
    /// A courier has accepted it.
    Assigned,
    /// The courier is where the package is.
    AtPickup,
    /// The courier has the package.
    PickedUp,
    /// The courier is where the package shall go.
    AtDropoff,
    /// It has arrived.
    Delivered,
    /// It will not arrive. Where it was picked up, the courier still has it.
    Failed,
    /// The package is back where it came from.
    Returned,
    /// It was called off before anybody had the package.
    Cancelled,
}

/// Which part of the way a delivery is on, as far as others may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leg {
    /// Nobody is on the way.
    None,
    /// To the package.
    Pickup,
    /// With the package, to the customer.
    Dropoff,
}

impl Status {
    /// Every one, in the order in which they come.
    pub const ALL: [Status; 9] = [
        Status::Requested,
        Status::Assigned,
        Status::AtPickup,
        Status::PickedUp,
        Status::AtDropoff,
        Status::Delivered,
        Status::Failed,
        Status::Returned,
        Status::Cancelled,
    ];

    /// What may follow: the table of transitions. `Requested` after another is giving back.
    pub fn next(self) -> &'static [Status] {
        use Status::*;
        match self {
            Requested => &[Assigned, Cancelled],
            Assigned => &[AtPickup, PickedUp, Requested, Failed, Cancelled],
            AtPickup => &[PickedUp, Requested, Failed, Cancelled],
            PickedUp => &[AtDropoff, Delivered, Failed],
            AtDropoff => &[Delivered, Failed],
            Failed => &[Returned],
            Delivered | Returned | Cancelled => &[],
        }
    }

    /// Whether `to` may follow.
    pub fn may_become(self, to: Status) -> bool {
        self.next().contains(&to)
    }

    /// What its courier may say next: accepting and calling off have doors of their own.
    pub fn next_by_courier(self) -> impl Iterator<Item = Status> {
        let others = [Status::Assigned, Status::Cancelled];
        self.next().iter().copied().filter(move |next| !others.contains(next))
    }

    /// Whether somebody has taken it on and is not done with it.
    pub fn is_carried(self) -> bool {
        use Status::*;
        matches!(self, Assigned | AtPickup | PickedUp | AtDropoff)
    }

    /// Whether the courier has not got the package yet: until then it can go to another.
    pub fn is_before_pickup(self) -> bool {
        matches!(self, Status::Requested | Status::Assigned | Status::AtPickup)
    }

    /// Which part of the way it is on.
    pub fn leg(self) -> Leg {
        match self {
            Status::Assigned | Status::AtPickup => Leg::Pickup,
            Status::PickedUp | Status::AtDropoff => Leg::Dropoff,
            _ => Leg::None,
        }
    }

    /// As it is written everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Requested => "requested",
            Status::Assigned => "assigned",
            Status::AtPickup => "at_pickup",
            Status::PickedUp => "picked_up",
            Status::AtDropoff => "at_dropoff",
            Status::Delivered => "delivered",
            Status::Failed => "failed",
            Status::Returned => "returned",
            Status::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl FromStr for Status {
    type Err = String;
    fn from_str(name: &str) -> Result<Status, String> {
        let found = Status::ALL.into_iter().find(|status| status.as_str() == name);
        found.ok_or_else(|| format!("{name:?} is no status of a delivery"))
    }
}
