//! What couriers are paid: seconds counted one by one, money summed exactly, rounded once.

use super::clock::{DayClock, day_of, multiplier_bp};
use super::delivery::Done;
use super::terms::{BookTerms, Interval, Overlap};
use super::{Book, CourierDay, nearest_even};
use doorstep_domain::time::{Day, SECOND_US};
use std::collections::BTreeMap;

/// One, in basis points.
const ONE_BP: i64 = 10_000;
const SECONDS_PER_HOUR: i128 = 3_600;
const METRES_PER_KM: i128 = 1_000;

/// Sums are kept in this fraction of a minor unit: every rate divides it.
const FRACTION: i128 = 10_000 * SECONDS_PER_HOUR * METRES_PER_KM;

/// What couriers did, by local day.
#[derive(Default)]
pub(super) struct Work {
    /// Stretches `[from, to)` in seconds since 1970, each cut at the day's ends.
    intervals: BTreeMap<(Day, String), Vec<(i64, i64)>>,
    /// Pay for deliveries and kilometres in [`FRACTION`]s of a minor unit.
    piecework: BTreeMap<(Day, String), i128>,
}

impl Work {
    pub(super) fn add_delivery(&mut self, terms: &BookTerms, done: &Done) {
        let from_s = match terms.interval {
            Interval::AssignedToDelivered => done.assigned_s,
            Interval::PickedUpToDelivered => done.picked_up_s,
            Interval::Online => None,
        };
        if let Some(from_s) = from_s {
            self.add_interval(terms, &done.courier, from_s, done.delivered_s);
        }
        let multiplier_bp = match terms.multiplies_all {
            true => multiplier_bp(done.delivered_s, terms).unwrap_or(ONE_BP),
            false => ONE_BP,
        };
        let metres = i128::from(done.completed.distance_m);
        let minor_by_km = metres * i128::from(terms.per_km_minor);
        let thousandths = i128::from(terms.per_delivery_minor) * METRES_PER_KM + minor_by_km;
        let day = day_of(done.delivered_s, terms);
        *self.piecework.entry((day, done.courier.clone())).or_default() +=
            thousandths * i128::from(multiplier_bp) * SECONDS_PER_HOUR;
    }

    pub(super) fn add_interval(
        &mut self,
        terms: &BookTerms,
        courier: &str,
        from_s: i64,
        to_s: i64,
    ) {
        let mut at_s = from_s;
        while at_s < to_s {
            let day = day_of(at_s, terms);
            let tomorrow_s = terms.zone.midnight(day.next()).0 / SECOND_US;
            let of_day = self.intervals.entry((day, courier.to_owned())).or_default();
            of_day.push((at_s, to_s.min(tomorrow_s)));
            at_s = tomorrow_s;
        }
    }

    /// Writes every courier's days into the book.
    pub(super) fn pay(self, book: &mut Book, terms: &BookTerms) {
        let mut sums = self.piecework;
        let mut clock: Option<(Day, DayClock)> = None;
        for ((day, courier), intervals) in self.intervals {
            let (_, clock) = match &mut clock {
                Some(known) if known.0 == day => known,
                other => other.insert((day, DayClock::of(day, terms))),
            };
            let row = book.couriers.entry((day, courier.clone())).or_default();
            let time = pay_seconds(row, clock, &intervals, terms);
            *sums.entry((day, courier)).or_default() += time;
        }
        for (key, sum) in sums {
            book.couriers.entry(key).or_default().pay_minor = nearest_even(sum, FRACTION);
        }
    }
}

/// Counts the seconds into the row; answers their worth in [`FRACTION`]s of a minor unit.
fn pay_seconds(
    row: &mut CourierDay,
    clock: &DayClock,
    intervals: &[(i64, i64)],
    terms: &BookTerms,
) -> i128 {
    let mut covered: Vec<i64> = vec![0; clock.seconds()];
    for (from_s, to_s) in intervals {
        for second in *from_s..*to_s {
            covered[clock.place(second)] += 1;
        }
    }
    let mut worth = 0;
    for (place, count) in covered.into_iter().enumerate().filter(|(_, count)| *count > 0) {
        let times = match terms.overlap {
            Overlap::Union => 1,
            Overlap::Sum => count,
        };
        let multiplier_bp = clock.multiplier_bp(place, terms);
        row.worked_seconds += times;
        row.peak_seconds += if multiplier_bp.is_some() { times } else { 0 };
        worth += i128::from(times) * i128::from(multiplier_bp.unwrap_or(ONE_BP));
    }
    worth * i128::from(terms.per_hour_minor) * METRES_PER_KM
}
