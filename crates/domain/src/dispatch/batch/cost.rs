//! What a match costs, each part by its name.

use super::bundle::Bundle;
use super::scene::Scene;
use crate::time::Micros;

/// The cost of a match in weighted microseconds: the lower the better.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// From request to door, over all deliveries.
    pub door: i64,
    /// Of that, what is beyond the target and beyond the longest, weighed once more.
    pub late: i64,
    /// From ready to pickup, over all deliveries.
    pub fresh: i64,
    /// The courier's time until they are free again, and a share of the way back.
    pub work: i64,
    /// Deliveries taken from somebody who has them already.
    pub change: i64,
}

impl Cost {
    /// The sum.
    pub fn total(self) -> i64 {
        self.door + self.late + self.fresh + self.work + self.change
    }
}

/// When a courier does what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) leave_at: Micros,
    pub(super) pickup_at: Micros,
}

impl<P: Copy, T: Fn(P, P) -> i64> Scene<'_, P, T> {
    /// What it costs that a courier who sets out then carries a bundle.
    pub(super) fn cost(&self, courier: usize, bundle: &Bundle, times: Times) -> Cost {
        let mut cost = Cost::default();
        for (stop, after_us) in bundle.stops.iter().zip(&bundle.after_us) {
            self.weigh(&mut cost, *stop, times.pickup_at, *after_us);
            let taken = self.assigned[*stop].is_some_and(|holder| holder != courier);
            cost.change += if taken { self.settings.change_us } else { 0 };
        }
        let done_at = times.pickup_at.plus(bundle.total_us);
        let end = done_at.min(self.couriers[courier].off_at).max(times.leave_at);
        cost.work = self.work(end.0 - times.leave_at.0 + bundle.back_us);
        cost
    }

    /// What it is thought to cost to leave a bundle for now: one after the other, later.
    pub(super) fn cost_of_leaving(&self, bundle: &Bundle) -> i64 {
        let of_one = |stop: &usize| {
            let mut cost = Cost::default();
            let soonest = self.now.plus(self.settings.defer_us);
            let pickup_at = self.waiting[*stop].ready_at.max(soonest);
            let after_us = self.after_pickup_us(*stop);
            self.weigh(&mut cost, *stop, pickup_at, after_us);
            let settings = self.settings;
            let usual_us = settings.pickup_us / 2 + settings.dropoff_us / 2 + after_us;
            cost.work = self.work(usual_us + self.settings.defer_us / 2);
            cost.total()
        };
        bundle.stops.iter().map(of_one).sum()
    }

    fn weigh(&self, cost: &mut Cost, stop: usize, pickup_at: Micros, after_us: i64) {
        let (delivery, settings) = (self.waiting[stop], self.settings);
        let door_us = pickup_at.0 + after_us - delivery.requested_at.0;
        cost.door += door_us;
        let safe_us = settings.target_us - settings.margin_us;
        cost.late += (door_us - safe_us).max(0) * settings.late_percent / 100;
        cost.late += if door_us > settings.target_us { settings.missed_us } else { 0 };
        cost.late += (door_us - settings.longest_us).max(0) * settings.overdue_percent / 100;
        let cold_us = (pickup_at.0 - delivery.ready_at.0).max(0);
        cost.fresh += cold_us * settings.fresh_percent / 100;
    }

    fn work(&self, us: i64) -> i64 {
        us * self.settings.work_percent / 100
    }
}
