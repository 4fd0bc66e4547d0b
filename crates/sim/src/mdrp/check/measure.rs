//! What a solution is worth (section 1.1 of the paper).

use super::{Claimed, Given};
use std::collections::BTreeMap;

/// Measures of a solution.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Measures {
    /// Orders placed.
    pub orders: usize,
    /// Orders delivered.
    pub delivered: usize,
    /// Of these, within the target from click to door.
    pub on_target: usize,
    /// From placement to drop-off, in minutes.
    pub click_to_door: Spread,
    /// From ready to drop-off, in minutes.
    pub ready_to_door: Spread,
    /// From ready to pickup, in minutes.
    pub ready_to_pickup: Spread,
    /// Pickups of one order or several.
    pub pickups: usize,
    /// Orders that were picked up together with another.
    pub bundled: usize,
    /// Minutes driven and in service.
    pub busy_min: i64,
    /// Minutes on duty.
    pub duty_min: i64,
}

/// How a measure is spread over orders, in minutes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spread(Vec<i64>);

impl Spread {
    fn of(mut values: Vec<i64>) -> Spread {
        values.sort_unstable();
        Spread(values)
    }

    /// The mean; 0 of none.
    pub fn mean(&self) -> f64 {
        let sum: i64 = self.0.iter().sum();
        sum as f64 / self.0.len().max(1) as f64
    }

    /// The least value that so many of a hundred do not exceed (nearest rank); 0 of none.
    pub fn percentile(&self, of_hundred: usize) -> i64 {
        let rank = (self.0.len() * of_hundred).div_ceil(100).saturating_sub(1);
        self.0.get(rank).copied().unwrap_or(0)
    }

    fn join(&mut self, other: &Spread) {
        self.0.extend(&other.0);
        self.0.sort_unstable();
    }
}

impl Measures {
    /// Of both days together.
    pub fn join(&mut self, other: &Measures) {
        self.orders += other.orders;
        self.delivered += other.delivered;
        self.on_target += other.on_target;
        self.click_to_door.join(&other.click_to_door);
        self.ready_to_door.join(&other.ready_to_door);
        self.ready_to_pickup.join(&other.ready_to_pickup);
        self.pickups += other.pickups;
        self.bundled += other.bundled;
        self.busy_min += other.busy_min;
        self.duty_min += other.duty_min;
    }
}

pub(super) fn of(given: &Given, claimed: &Claimed, busy: &BTreeMap<String, i64>) -> Measures {
    let done = || claimed.done.values();
    let on_target = done().filter(|done| done.drop - done.placed <= given.target);
    let together = claimed.assigned.iter().map(|row| row.orders.len()).filter(|many| *many > 1);
    Measures {
        orders: given.orders.len(),
        delivered: claimed.done.len(),
        on_target: on_target.count(),
        click_to_door: Spread::of(done().map(|done| done.drop - done.placed).collect()),
        ready_to_door: Spread::of(done().map(|done| done.drop - done.ready).collect()),
        ready_to_pickup: Spread::of(done().map(|done| done.pickup - done.ready).collect()),
        pickups: claimed.assigned.len(),
        bundled: together.sum(),
        busy_min: busy.values().sum(),
        duty_min: given.shifts.values().map(|shift| shift.off - shift.on).sum(),
    }
}
