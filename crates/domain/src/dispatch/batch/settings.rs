//! What a market weighs: every number by its name.

use crate::time::SECOND_US;

const MINUTE_US: i64 = 60 * SECOND_US;

/// How a plan is made. The defaults are those that were best on the public instances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Microseconds until the next plan: what must begin before it begins now.
    pub every_us: i64,
    /// Microseconds at an origin: to park, walk, take, walk back. Half of them before the pickup.
    pub pickup_us: i64,
    /// Microseconds at a destination, likewise.
    pub dropoff_us: i64,
    /// Microseconds earlier than just in time that somebody sets out: what accepting takes.
    pub early_us: i64,
    /// From request to door: what was promised, in microseconds.
    pub target_us: i64,
    /// Microseconds before the target from which on each costs more: what is close is in danger.
    pub margin_us: i64,
    /// Microseconds that missing the target costs at once.
    pub missed_us: i64,
    /// From request to door: what nobody shall wait longer than, in microseconds.
    pub longest_us: i64,
    /// Percent of a minute that a minute beyond the target costs, beside the minute itself.
    pub late_percent: i64,
    /// Percent, likewise, beyond the longest.
    pub overdue_percent: i64,
    /// Percent of a minute that a minute from ready to pickup costs: food gets cold.
    pub fresh_percent: i64,
    /// Percent of a minute that a minute of a courier costs, beside the price that the assignment
    /// finds where couriers are short.
    pub work_percent: i64,
    /// Percent of the way back to the origin that counts as work.
    pub back_percent: i64,
    /// Microseconds that taking a delivery from one courier for another costs.
    pub change_us: i64,
    /// Microseconds that a delivery is thought to be late by if it is left for now.
    pub defer_us: i64,
    /// Most deliveries picked up together.
    pub bundle_max: usize,
    /// Bundles that each bundle is tried with, those whose deliveries are ready next.
    pub partners: usize,
    /// Longest way to an origin, in microseconds.
    pub reach_us: i64,
    /// Couriers weighed for each delivery, the first to arrive of those who can carry it.
    pub candidates: usize,
    /// How often bundles are made anew by the prices of the last assignment.
    pub rounds: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            every_us: MINUTE_US,
            pickup_us: 4 * MINUTE_US,
            dropoff_us: 4 * MINUTE_US,
            early_us: MINUTE_US,
            target_us: 40 * MINUTE_US,
            margin_us: 6 * MINUTE_US,
            missed_us: 20 * MINUTE_US,
            longest_us: 90 * MINUTE_US,
            late_percent: 50,
            overdue_percent: 100,
            fresh_percent: 20,
            work_percent: 10,
            back_percent: 50,
            change_us: 2 * MINUTE_US,
            defer_us: 40 * MINUTE_US,
            bundle_max: 4,
            partners: 24,
            reach_us: 60 * MINUTE_US,
            candidates: 64,
            rounds: 40,
        }
    }
}
