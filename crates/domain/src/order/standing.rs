//! How an order stands: what is kept of it, and what its deliveries say.

use crate::dispatch::Status;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What is kept of an order; everything else is read from its deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kept {
    /// Its stock is held until it is confirmed or its time is over.
    Reserved,
    /// It was never confirmed; its stock is back.
    Released,
    /// It is being delivered, or has been.
    Placed,
    /// It was called off; its stock is back.
    Cancelled,
}

/// How an order stands, as everybody sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Its stock is held, and nothing is delivered yet.
    Reserved,
    /// It was never confirmed.
    Released,
    /// Nothing of it is carried yet.
    Placed,
    /// A courier has some of it.
    UnderWay,
    /// Every part has ended, and at least one arrived.
    Delivered,
    /// Every part has ended, none arrived, and not all were called off.
    Failed,
    /// It was called off, or every part was.
    Cancelled,
}

impl Kept {
    /// Every one.
    pub const ALL: [Kept; 4] = [Kept::Reserved, Kept::Released, Kept::Placed, Kept::Cancelled];

    /// As it is kept.
    pub fn as_str(self) -> &'static str {
        match self {
            Kept::Reserved => "reserved",
            Kept::Released => "released",
            Kept::Placed => "placed",
            Kept::Cancelled => "cancelled",
        }
    }

    /// Whether its stock is not back.
    pub fn holds_stock(self) -> bool {
        matches!(self, Kept::Reserved | Kept::Placed)
    }
}

impl FromStr for Kept {
    type Err = String;
    fn from_str(name: &str) -> Result<Kept, String> {
        let found = Kept::ALL.into_iter().find(|kept| kept.as_str() == name);
        found.ok_or_else(|| format!("{name:?} is no state that is kept of an order"))
    }
}

impl OrderStatus {
    /// Every one.
    pub const ALL: [OrderStatus; 7] = [
        OrderStatus::Reserved,
        OrderStatus::Released,
        OrderStatus::Placed,
        OrderStatus::UnderWay,
        OrderStatus::Delivered,
        OrderStatus::Failed,
        OrderStatus::Cancelled,
    ];

    /// Of an order whose deliveries stand like this; none where dispatch has not heard of one yet.
    pub fn of(kept: Kept, parts: &[Option<Status>]) -> OrderStatus {
        match kept {
            Kept::Reserved => return OrderStatus::Reserved,
            Kept::Released => return OrderStatus::Released,
            Kept::Cancelled => return OrderStatus::Cancelled,
            Kept::Placed => {}
        }
        let parts = || parts.iter().map(|status| status.unwrap_or(Status::Requested));
        let has_ended = |status| {
            use Status::*;
            matches!(status, Delivered | Failed | Returned | Cancelled)
        };
        let has_left = |status: Status| !status.is_before_pickup() && status != Status::Cancelled;
        if !parts().all(has_ended) {
            let under_way = parts().any(has_left);
            return if under_way { OrderStatus::UnderWay } else { OrderStatus::Placed };
        }
        if parts().any(|status| status == Status::Delivered) {
            OrderStatus::Delivered
        } else if parts().all(|status| status == Status::Cancelled) {
            OrderStatus::Cancelled
        } else {
            OrderStatus::Failed
        }
    }

    /// What may be kept of an order that stands so.
    pub fn kept_as(self) -> &'static [Kept] {
        match self {
            OrderStatus::Reserved => &[Kept::Reserved],
            OrderStatus::Released => &[Kept::Released],
            OrderStatus::Cancelled => &[Kept::Cancelled, Kept::Placed],
            _ => &[Kept::Placed],
        }
    }

    /// How at least one of its deliveries stands, of an order that is kept as placed, stands so,
    /// and was handed over.
    pub fn carried_as(self) -> &'static [Status] {
        use Status::*;
        match self {
            OrderStatus::Reserved | OrderStatus::Released => &[],
            OrderStatus::Placed => &[Requested, Assigned, AtPickup],
            // Of some of them one part has left or ended, and another one waits.
            OrderStatus::UnderWay => &[Requested, Assigned, AtPickup, PickedUp, AtDropoff],
            OrderStatus::Delivered => &[Delivered],
            OrderStatus::Failed => &[Failed, Returned],
            OrderStatus::Cancelled => &[Cancelled],
        }
    }

    /// How each of its deliveries stands, of an order of which all have ended; none of an order of
    /// which some have not.
    pub fn ended_as(self) -> Option<&'static [Status]> {
        use Status::*;
        match self {
            OrderStatus::Placed | OrderStatus::UnderWay => None,
            OrderStatus::Reserved | OrderStatus::Released => Some(&[]),
            OrderStatus::Delivered => Some(&[Delivered, Failed, Returned, Cancelled]),
            OrderStatus::Failed => Some(&[Failed, Returned, Cancelled]),
            OrderStatus::Cancelled => Some(&[Cancelled]),
        }
    }

    /// As it is written everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            OrderStatus::Reserved => "reserved",
            OrderStatus::Released => "released",
            OrderStatus::Placed => "placed",
            OrderStatus::UnderWay => "under_way",
            OrderStatus::Delivered => "delivered",
            OrderStatus::Failed => "failed",
            OrderStatus::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for OrderStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
