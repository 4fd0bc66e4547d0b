//! When messages of a delivery are sent: in time, late, after the next one, twice, or never.

use super::bookings::Delivery;
use super::{Plan, TELLINGS};
use crate::chance::Chance;
use doorstep_domain::time::{Micros, SECOND_US};

/// How much later a duplicate comes at most, in the world's microseconds.
const AGAIN_US_MAX: u64 = 60_000_000;

/// How much later a late message comes at most, in the world's seconds.
const LATE_S_MAX: i64 = 900;

/// What becomes of messages, in basis points.
#[derive(Debug, Clone, Copy, Default)]
pub struct Dirt {
    /// Messages sent twice, byte for byte.
    pub duplicated_bp: u32,
    /// Messages sent after the one that comes next.
    pub reordered_bp: u32,
    /// Messages up to a quarter of an hour late.
    pub late_bp: u32,
    /// Messages never sent.
    pub lost_bp: u32,
    /// Deliveries of which nothing is told any more from some stage on.
    pub silent_bp: u32,
    /// Messages beside which somebody else sends one that says the delivery was brought.
    pub forged_bp: u32,
}

/// A message that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Telling {
    /// When.
    pub due: Micros,
    /// Of the delivery of this number.
    pub delivery: usize,
    /// Of this step of its life.
    pub step: usize,
    /// By somebody who does not know the secret.
    pub is_forged: bool,
}

/// The messages of the steps of a delivery from one on.
pub(super) fn tellings(plan: &Plan, delivery: &Delivery, from: usize) -> Vec<Telling> {
    let (dirt, speed) = (plan.dirt, i64::from(plan.speed.max(1)));
    let mut tellings = Vec::new();
    for (step, told) in delivery.steps.iter().enumerate().skip(from) {
        let keys = [delivery.number as u64, step as u64, TELLINGS];
        let mut chance = Chance::of(plan.seed, &keys);
        let telling =
            |due: Micros| Telling { due, delivery: delivery.number, step, is_forged: false };
        if chance.happens(dirt.forged_bp) {
            tellings.push(Telling { is_forged: true, ..telling(told.at) });
        }
        let is_silent = delivery.silent_from.is_some_and(|from| step >= from);
        if chance.happens(dirt.lost_bp) || is_silent || !plan.kind.has_word(told.stage) {
            continue;
        }
        let mut due = told.at;
        if chance.happens(dirt.reordered_bp) {
            let next = delivery.steps[step..].iter().skip(1);
            let next = next.map(|step| step.at).next().unwrap_or(told.at.plus(10 * SECOND_US));
            due = next.plus(1 + chance.between(0, 120 * SECOND_US) / speed);
        }
        if chance.happens(dirt.late_bp) {
            due = due.plus(chance.between(0, LATE_S_MAX * SECOND_US) / speed);
        }
        tellings.push(telling(due));
        if chance.happens(dirt.duplicated_bp) {
            let later_us = i64::try_from(chance.below(AGAIN_US_MAX)).unwrap_or(0);
            tellings.push(telling(due.plus(later_us / speed)));
        }
    }
    tellings
}

/// From which step on nothing is told of a delivery.
pub(super) fn silent_from(plan: &Plan, number: usize, steps: usize) -> Option<usize> {
    let mut chance = Chance::of(plan.seed, &[number as u64, u64::MAX, TELLINGS]);
    let is_silent = chance.happens(plan.dirt.silent_bp);
    is_silent.then(|| 1 + chance.below(steps.saturating_sub(1).max(1) as u64) as usize)
}
