//! What a delivery lives through, in the world's time, drawn by its number.

use super::{Kind, LIFE, Plan};
use crate::chance::Chance;
use doorstep_domain::time::{Micros, SECOND_US};

/// What a delivery comes to, whatever a provider calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// It was booked.
    Created,
    /// Somebody has it.
    Assigned,
    /// They are on the way to it.
    EnRoutePickup,
    /// They are there, or nearly.
    AtPickup,
    /// They gave it back, and somebody else is looked for.
    Unassigned,
    /// They have it with them.
    PickedUp,
    /// They are on the way to the customer.
    EnRouteDropoff,
    /// They are there, or nearly.
    AtDropoff,
    /// It was brought.
    Delivered,
    /// It was called off.
    Canceled,
    /// It could not be brought.
    Failed,
    /// It could not be brought, and goes back.
    Returning,
    /// It is back at the door it came from.
    AtReturn,
    /// It was brought back.
    Returned,
}

/// A stage, and when it was come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The stage.
    pub stage: Stage,
    /// When.
    pub at: Micros,
}

/// What becomes of deliveries, in basis points.
#[derive(Debug, Clone, Copy, Default)]
pub struct Odds {
    /// Bookings that are refused.
    pub refused_bp: u32,
    /// Deliveries that the provider calls off before the pickup.
    pub canceled_bp: u32,
    /// Deliveries that are given back once.
    pub reassigned_bp: u32,
    /// Deliveries that cannot be brought.
    pub undeliverable_bp: u32,
}

impl Stage {
    /// The canonical name of it.
    pub fn canonical(self) -> &'static str {
        match self {
            Stage::Created => "created",
            Stage::Unassigned => "searching",
            Stage::Assigned => "assigned",
            Stage::EnRoutePickup => "en_route_pickup",
            Stage::AtPickup => "at_pickup",
            Stage::PickedUp => "picked_up",
            Stage::EnRouteDropoff => "en_route_dropoff",
            Stage::AtDropoff => "at_dropoff",
            Stage::Delivered => "delivered",
            Stage::Canceled => "canceled",
            Stage::Failed => "failed",
            Stage::Returning => "returning",
            Stage::AtReturn => "at_return",
            Stage::Returned => "returned",
        }
    }

    /// Whether nothing comes after it.
    pub fn is_end(self) -> bool {
        matches!(self, Stage::Delivered | Stage::Canceled | Stage::Failed | Stage::Returned)
    }

    /// Whether the package is with a courier, or was.
    pub(super) fn is_picked_up(self) -> bool {
        use Stage::{AtDropoff, AtReturn, Delivered, EnRouteDropoff, Failed, PickedUp};
        matches!(self, PickedUp | EnRouteDropoff | AtDropoff | Delivered | Failed)
            || matches!(self, Stage::Returning | AtReturn | Stage::Returned)
    }

    /// Whether somebody has it.
    pub(super) fn has_courier(self) -> bool {
        !matches!(self, Stage::Created | Stage::Unassigned | Stage::Canceled)
    }
}

/// The life of the delivery of this number, booked at an instant.
pub(super) fn life(plan: &Plan, number: usize, booked_at: Micros) -> Vec<Step> {
    let mut chance = Chance::of(plan.seed, &[number as u64, LIFE]);
    let mut steps = vec![Step { stage: Stage::Created, at: booked_at }];
    let mut at_us = 0;
    for (stage, least_s, most_s) in stages(plan, &mut chance) {
        at_us += chance.between(least_s * SECOND_US, most_s * SECOND_US);
        // Scaled, and still one after another by a clock of milliseconds.
        let earliest = steps.last().map_or(booked_at, |step| step.at.plus(2_000));
        let at = booked_at.plus(at_us / i64::from(plan.speed.max(1)));
        steps.push(Step { stage, at: at.max(earliest) });
    }
    steps
}

/// The stages after the booking, each with how long it takes to come to it, in seconds.
fn stages(plan: &Plan, chance: &mut Chance) -> Vec<(Stage, i64, i64)> {
    const TO_THE_PICKUP: [(Stage, i64, i64); 3] =
        [(Stage::Assigned, 20, 300), (Stage::EnRoutePickup, 5, 60), (Stage::AtPickup, 120, 600)];
    let mut stages = Vec::new();
    // DoorDash has no word for it: the next courier is confirmed, and that is all.
    if chance.happens(plan.odds.reassigned_bp) && plan.kind != Kind::DoordashDrive {
        stages.extend(TO_THE_PICKUP.into_iter().take(1 + chance.below(3) as usize));
        stages.push((Stage::Unassigned, 10, 120));
    }
    if chance.happens(plan.odds.canceled_bp) {
        stages.extend(TO_THE_PICKUP.into_iter().take(chance.below(4) as usize));
        stages.push((Stage::Canceled, 10, 300));
        return stages;
    }
    stages.extend(TO_THE_PICKUP);
    stages.push((Stage::PickedUp, 30, 400));
    stages.push((Stage::EnRouteDropoff, 1, 60));
    stages.push((Stage::AtDropoff, 180, 900));
    match (chance.happens(plan.odds.undeliverable_bp), plan.kind) {
        (false, _) => stages.push((Stage::Delivered, 20, 240)),
        // A task of Onfleet's fails and stays where it is.
        (true, Kind::Onfleet) => stages.push((Stage::Failed, 120, 600)),
        (true, _) => {
            stages.push((Stage::Returning, 120, 600));
            stages.push((Stage::AtReturn, 180, 900));
            stages.push((Stage::Returned, 20, 240));
        }
    }
    stages
}
