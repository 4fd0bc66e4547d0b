//! Claims on an order that is there: confirm, release, call off.

use super::Kept;
use crate::dispatch::{Outcome, Status};
use crate::time::Micros;

/// Why a claim was not granted. Nothing has changed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Its stock is back, or will be in a moment.
    #[error("the reservation is over")]
    Expired,
    /// It was confirmed: it can be cancelled, and no longer released.
    #[error("the reservation was confirmed")]
    Confirmed,
    /// It was let go.
    #[error("the reservation was released")]
    Released,
    /// It was called off.
    #[error("the order was cancelled")]
    Cancelled,
    /// Somebody has the goods.
    #[error("a courier has picked up a part of it, or has done so before")]
    PickedUp,
}

impl Refusal {
    /// As it is answered.
    pub fn code(self) -> &'static str {
        match self {
            Refusal::Expired => "expired",
            Refusal::Confirmed => "confirmed",
            Refusal::Released => "released",
            Refusal::Cancelled => "cancelled",
            Refusal::PickedUp => "picked_up",
        }
    }
}

/// Whether a reservation may be confirmed: until its time is over, whoever says so then.
pub fn confirm(kept: Kept, expires_at: Option<Micros>, now: Micros) -> Result<Outcome, Refusal> {
    match (kept, expires_at) {
        (Kept::Reserved, Some(expires_at)) if now < expires_at => Ok(Outcome::Done),
        (Kept::Reserved | Kept::Released, _) => Err(Refusal::Expired),
        (Kept::Placed, _) => Ok(Outcome::Repeated),
        (Kept::Cancelled, _) => Err(Refusal::Cancelled),
    }
}

/// Whether a reservation may be let go.
pub fn release(kept: Kept) -> Result<Outcome, Refusal> {
    match kept {
        Kept::Reserved => Ok(Outcome::Done),
        Kept::Released => Ok(Outcome::Repeated),
        Kept::Placed => Err(Refusal::Confirmed),
        Kept::Cancelled => Err(Refusal::Cancelled),
    }
}

/// Whether an order may be called off: until somebody has any of it. `parts` is how each part's
/// delivery stands; none where dispatch does not know of it yet.
pub fn cancel(
    kept: Kept,
    parts: impl IntoIterator<Item = Option<Status>>,
) -> Result<Outcome, Refusal> {
    match kept {
        Kept::Cancelled => return Ok(Outcome::Repeated),
        Kept::Released => return Err(Refusal::Released),
        Kept::Reserved => return Ok(Outcome::Done),
        Kept::Placed => {}
    }
    let is_with_the_shop = |status: Option<Status>| {
        status.is_none_or(|status| status.is_before_pickup() || status == Status::Cancelled)
    };
    match parts.into_iter().all(is_with_the_shop) {
        true => Ok(Outcome::Done),
        false => Err(Refusal::PickedUp),
    }
}
