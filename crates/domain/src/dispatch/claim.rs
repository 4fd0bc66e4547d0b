//! Claims on a delivery: decided on what the lane has loaded, written only if they are granted.

use super::{Package, Status, Vehicle};
use crate::id::CourierId;
use crate::time::Micros;

/// How a delivery stands when a claim comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its state.
    pub status: Status,
    /// Who has it; of an ended one, who had it.
    pub courier: Option<CourierId>,
    /// Whether a provider has been asked to bring it.
    pub is_handed_over: bool,
    /// When it came to that state.
    pub since: Micros,
}

/// Who wants to take a delivery on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimant {
    /// Who.
    pub courier: CourierId,
    /// Whether they work now.
    pub is_online: bool,
    /// What they travel with.
    pub vehicle: Vehicle,
    /// Deliveries they may carry at once.
    pub capacity: i64,
    /// Deliveries they carry now.
    pub carried: i64,
}

/// What became of a claim that was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// From now on it is so.
    Done,
    /// It was so already, by the same claim.
    Repeated,
}

/// Why a claim was not granted. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another was faster.
    #[error("another courier has it")]
    AlreadyAssigned,
    /// A provider brings it.
    #[error("it was handed over to a provider")]
    HandedOver,
    /// It has ended, or cannot become that from where it is.
    #[error("a delivery that is {from} cannot become {to}")]
    Impossible {
        /// How it stands.
        from: Status,
        /// What was asked for.
        to: Status,
    },
    /// Only its courier may say so.
    #[error("it is not this courier's delivery")]
    NotTheirs,
    /// They have not said that they work.
    #[error("the courier is offline")]
    Offline,
    /// They carry all they may.
    #[error("the courier carries {carried} and may carry {capacity}")]
    Full {
        /// Deliveries now.
        carried: i64,
        /// Deliveries at most.
        capacity: i64,
    },
    /// Too large or too heavy.
    #[error("a {vehicle} does not take this package", vehicle = .0.as_str())]
    DoesNotFit(Vehicle),
    /// It has gone on since the asker looked.
    #[error("it has changed since")]
    Changed,
}

impl Refusal {
    /// As it is answered.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::AlreadyAssigned => "already_assigned",
            Refusal::HandedOver => "handed_over",
            Refusal::Impossible { .. } => "impossible_transition",
            Refusal::NotTheirs => "not_your_delivery",
            Refusal::Offline => "courier_offline",
            Refusal::Full { .. } => "courier_full",
            Refusal::DoesNotFit(_) => "does_not_fit",
            Refusal::Changed => "changed",
        }
    }
}

/// Whether a courier may take a delivery on: the first one may, for good (C4).
pub fn accept(
    standing: &Standing,
    package: &Package,
    claimant: &Claimant,
) -> Result<Outcome, Refusal> {
    let theirs = standing.courier.as_ref() == Some(&claimant.courier);
    match standing.status {
        Status::Requested if standing.is_handed_over => Err(Refusal::HandedOver),
        Status::Requested => may_take(package, claimant).map(|()| Outcome::Done),
        Status::Cancelled => Err(impossible(standing, Status::Assigned)),
        // Whoever has it, or had it to its end, is told again that they got it.
        _ if theirs => Ok(Outcome::Repeated),
        _ => Err(Refusal::AlreadyAssigned),
    }
}

/// Whether somebody may be given a package: also asked before it is offered to them.
pub fn may_take(package: &Package, claimant: &Claimant) -> Result<(), Refusal> {
    let Claimant { capacity, carried, vehicle, .. } = *claimant;
    if !claimant.is_online {
        return Err(Refusal::Offline);
    }
    if carried >= capacity {
        return Err(Refusal::Full { carried, capacity });
    }
    if !vehicle.takes(package) {
        return Err(Refusal::DoesNotFit(vehicle));
    }
    Ok(())
}

/// Whether a delivery may become `to` because its courier says so; `None` where somebody speaks
/// who may speak for everybody. `has_been` is whether it has been that since its courier took it
/// on: a late repetition is harmless (C5).
pub fn advance(
    standing: &Standing,
    to: Status,
    courier: Option<&CourierId>,
    has_been: bool,
) -> Result<Outcome, Refusal> {
    let theirs = courier.is_none_or(|courier| standing.courier.as_ref() == Some(courier));
    if !theirs {
        // Whoever had it and lost it is told why, and a stranger learns nothing.
        return Err(Refusal::NotTheirs);
    }
    match standing.status.next_by_courier().any(|next| next == to) {
        true => Ok(Outcome::Done),
        false if has_been && to != Status::Requested => Ok(Outcome::Repeated),
        false => Err(impossible(standing, to)),
    }
}

/// Whether a delivery may be called off: until somebody has the package.
pub fn cancel(standing: &Standing) -> Result<Outcome, Refusal> {
    match standing.status {
        Status::Cancelled => Ok(Outcome::Repeated),
        status if status.may_become(Status::Cancelled) => Ok(Outcome::Done),
        _ => Err(impossible(standing, Status::Cancelled)),
    }
}

fn impossible(standing: &Standing, to: Status) -> Refusal {
    Refusal::Impossible { from: standing.status, to }
}
