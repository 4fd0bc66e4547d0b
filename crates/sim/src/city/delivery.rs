//! One delivery of a synthetic city, from its place in the plan and nothing else.

use super::CityPlan;
use crate::chance::Chance;
use crate::event::{Completed, Kind};
use doorstep_domain::time::{Micros, SECOND_US};

/// When requests come: by which second after midnight how many thousandths of a day have come.
const RUSH_HOURS: [(i64, i64); 6] = [
    (0, 7 * 3_600),
    (100, 11 * 3_600),
    (400, 13 * 3_600 + 1_800),
    (500, 17 * 3_600),
    (850, 20 * 3_600 + 1_800),
    (1_000, 24 * 3_600),
];

/// How many couriers there are to each merchant.
const COURIERS_PER_MERCHANT: u64 = 10;
const MERCHANTS_MIN: u64 = 20;

/// One step of a lifecycle: what happens, when, and who carries.
pub(super) struct Step {
    pub(super) kind: Kind,
    pub(super) at: Micros,
    pub(super) courier: Option<u32>,
    /// Tells the delivery's events apart.
    pub(super) suffix: &'static str,
}

/// A delivery with its whole life.
pub(super) struct Delivery {
    day: u32,
    courier: u32,
    number: u32,
    pub(super) steps: Vec<Step>,
    merchant: u64,
    order_minor: i64,
    tip_minor: i64,
    distance_m: i64,
}

impl Delivery {
    pub(super) fn of(
        plan: &CityPlan,
        midnight: Micros,
        day: u32,
        courier: u32,
        number: u32,
    ) -> Delivery {
        let mut chance = Chance::of(plan.seed, &[day.into(), courier.into(), number.into(), 2]);
        let requested = midnight.plus(requested_s(&mut chance, plan, number) * SECOND_US);
        let carried_s = chance.between(300, 1_800);
        let order_minor = chance.between(900, 6_500);
        let merchants = (u64::from(plan.couriers) / COURIERS_PER_MERCHANT).max(MERCHANTS_MIN);
        let course = Course::of(&mut chance, requested, carried_s);
        Delivery {
            day,
            courier,
            number,
            steps: course.steps(&mut chance, courier, plan.couriers),
            // The lesser of two draws: some merchants are much busier than others.
            merchant: chance.below(merchants).min(chance.below(merchants)),
            order_minor,
            tip_minor: chance.between(-order_minor / 4, order_minor / 4).max(0),
            distance_m: carried_s * chance.between(4, 8),
        }
    }

    pub(super) fn id(&self) -> String {
        format!("del-{}-{}-{}", self.day + 1, self.courier + 1, self.number + 1)
    }

    pub(super) fn begins(&self) -> Micros {
        self.steps.first().map_or_else(Micros::default, |step| step.at)
    }

    pub(super) fn ends(&self) -> Micros {
        self.steps.last().map_or_else(Micros::default, |step| step.at)
    }

    pub(super) fn completed(&self, currency: &str) -> Completed {
        Completed {
            merchant_id: format!("merchant-{}", self.merchant + 1),
            order_minor: self.order_minor,
            tip_minor: self.tip_minor,
            currency: currency.to_owned(),
            distance_m: self.distance_m,
            revision: None,
        }
    }
}

/// Seconds after midnight: the day is cut into as many shares as there are deliveries, so that
/// they come in the order of their numbers.
fn requested_s(chance: &mut Chance, plan: &CityPlan, number: u32) -> i64 {
    const FINE: i64 = 1_000_000;
    let share = FINE / i64::from(plan.deliveries_per_courier);
    let quantile = i64::from(number) * share + chance.between(0, share - 1);
    let thousandths = |(count, _): &&(i64, i64)| count * (FINE / 1_000) <= quantile;
    let passed = RUSH_HOURS.iter().take_while(thousandths).count();
    match RUSH_HOURS.get(passed.saturating_sub(1)..=passed) {
        Some(&[(before, from_s), (after, to_s)]) => {
            let (start, width) = (before * (FINE / 1_000), (after - before) * (FINE / 1_000));
            from_s + (to_s - from_s) * (quantile - start) / width
        }
        _ => RUSH_HOURS[0].1,
    }
}

/// When a delivery's steps happen if nothing goes wrong.
struct Course {
    requested: Micros,
    assigned: Micros,
    picked_up: Micros,
    delivered: Micros,
}

impl Course {
    fn of(chance: &mut Chance, requested: Micros, carried_s: i64) -> Course {
        let assigned = requested.plus(chance.between(40, 120) * SECOND_US);
        let picked_up = assigned.plus(chance.between(180, 900) * SECOND_US);
        let delivered = picked_up.plus(carried_s * SECOND_US);
        Course { requested, assigned, picked_up, delivered }
    }

    /// The steps in order; of 64 deliveries one is called off, one fails, one changes hands.
    fn steps(&self, chance: &mut Chance, courier: u32, couriers: u32) -> Vec<Step> {
        let step = |kind, suffix, at, courier| Step { kind, at, courier, suffix };
        let carrier = Some(courier);
        let requested = step(Kind::Requested, "r", self.requested, None);
        let assigned = step(Kind::Assigned, "a", self.assigned, carrier);
        let picked_up = step(Kind::PickedUp, "p", self.picked_up, carrier);
        let delivered = step(Kind::Delivered, "d", self.delivered, carrier);
        let after = |at: Micros, seconds| at.plus(seconds * SECOND_US);
        match chance.below(64) {
            0 => {
                let cancelled = after(self.assigned, 90);
                vec![requested, assigned, step(Kind::Cancelled, "c", cancelled, None)]
            }
            1 => {
                let failed = step(Kind::Failed, "f", self.delivered, carrier);
                let returned = step(Kind::Returned, "t", after(self.delivered, 600), carrier);
                vec![requested, assigned, picked_up, failed, returned]
            }
            2 => {
                let other = Some((courier + 1) % couriers);
                let first = step(Kind::Assigned, "b", after(self.requested, 10), other);
                let back = step(Kind::Unassigned, "u", after(self.requested, 30), other);
                vec![requested, first, back, assigned, picked_up, delivered]
            }
            _ => vec![requested, assigned, picked_up, delivered],
        }
    }
}
