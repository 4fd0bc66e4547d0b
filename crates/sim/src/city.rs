//! A city that never was: any number of couriers and days, told in order, in constant memory.
//!
//! Every delivery is a pure function of seed, day, courier and number; the stream holds only what
//! each courier does next, so that tens of millions of events need no more than a few thousand.

mod delivery;

use crate::chance::Chance;
use crate::event::{Kind, SimEvent};
use delivery::{Delivery, Step};
use doorstep_domain::time::{Day, Micros, SECOND_US, Zone};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What city to make.
#[derive(Debug, Clone)]
pub struct CityPlan {
    /// The same seed makes the same city.
    pub seed: u64,
    /// How many couriers work, every day.
    pub couriers: u32,
    /// Deliveries of each courier on each day, at least one.
    pub deliveries_per_courier: u32,
    /// How many days.
    pub days: u32,
    /// The first of them.
    pub first_day: Day,
    /// Whose midnights part the days.
    pub zone: Zone,
    /// The market's name.
    pub market: String,
    /// ISO 4217.
    pub currency: String,
}

/// The events of a city in the order in which they happen.
pub struct City {
    plan: CityPlan,
    midnights: Vec<Micros>,
    waiting: BinaryHeap<Reverse<Next>>,
}

/// What a courier does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Next {
    at: Micros,
    day: u32,
    courier: u32,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Online,
    Step { number: u32, step: usize },
    Offline,
}

/// Makes a city.
pub fn city(mut plan: CityPlan) -> City {
    plan.deliveries_per_courier = plan.deliveries_per_courier.max(1);
    let days = std::iter::successors(Some(plan.first_day), |day| Some(day.next()));
    let midnights = days.take(plan.days as usize).map(|day| plan.zone.midnight(day)).collect();
    let mut city = City { plan, midnights, waiting: BinaryHeap::new() };
    for courier in 0..city.plan.couriers {
        city.begin_day(0, courier);
    }
    city
}

impl Iterator for City {
    type Item = SimEvent;

    fn next(&mut self) -> Option<SimEvent> {
        let Reverse(next) = self.waiting.pop()?;
        let Next { day, courier, .. } = next;
        match next.what {
            What::Online => {
                self.wait_for_step(day, courier, 0, 0);
                let offline = self.offline_at(day, courier);
                self.wait_for(Next { at: offline, what: What::Offline, ..next });
                Some(self.shift_event(next, Kind::Online, "on"))
            }
            What::Offline => {
                self.begin_day(day + 1, courier);
                Some(self.shift_event(next, Kind::Offline, "off"))
            }
            What::Step { number, step } => {
                // Deliveries overlap: the next one is requested while this one is carried.
                if step == 0 {
                    self.wait_for_step(day, courier, number + 1, 0);
                }
                self.wait_for_step(day, courier, number, step + 1);
                let delivery = self.delivery(day, courier, number)?;
                Some(self.delivery_event(&delivery, delivery.steps.get(step)?))
            }
        }
    }
}

impl City {
    fn wait_for(&mut self, next: Next) {
        self.waiting.push(Reverse(next));
    }

    fn begin_day(&mut self, day: u32, courier: u32) {
        if let Some(first) = self.delivery(day, courier, 0) {
            let mut chance = Chance::of(self.plan.seed, &[day.into(), courier.into()]);
            let at = first.begins().plus(-chance.between(60, 600) * SECOND_US);
            self.wait_for(Next { at, day, courier, what: What::Online });
        }
    }

    fn offline_at(&self, day: u32, courier: u32) -> Micros {
        let numbers = 0..self.plan.deliveries_per_courier;
        let ends = numbers.filter_map(|number| Some(self.delivery(day, courier, number)?.ends()));
        let mut chance = Chance::of(self.plan.seed, &[day.into(), courier.into(), 1]);
        ends.max().unwrap_or_default().plus(chance.between(60, 600) * SECOND_US)
    }

    fn wait_for_step(&mut self, day: u32, courier: u32, number: u32, step: usize) {
        let delivery = self.delivery(day, courier, number);
        let at = delivery.and_then(|delivery| Some(delivery.steps.get(step)?.at));
        if let Some(at) = at {
            self.wait_for(Next { at, day, courier, what: What::Step { number, step } });
        }
    }

    /// A delivery of the plan; `None` beyond its last day and number.
    fn delivery(&self, day: u32, courier: u32, number: u32) -> Option<Delivery> {
        let midnight = *self.midnights.get(day as usize)?;
        let within = number < self.plan.deliveries_per_courier;
        within.then(|| Delivery::of(&self.plan, midnight, day, courier, number))
    }

    fn shift_event(&self, next: Next, kind: Kind, suffix: &str) -> SimEvent {
        let courier = courier_id(next.courier);
        SimEvent {
            id: format!("{courier}-day-{}-{suffix}", next.day + 1),
            source: self.source(),
            kind,
            subject: courier,
            at: next.at,
            market: self.plan.market.clone(),
            courier_id: None,
            completed: None,
        }
    }

    fn delivery_event(&self, delivery: &Delivery, step: &Step) -> SimEvent {
        let subject = delivery.id();
        SimEvent {
            id: format!("{subject}-{}", step.suffix),
            source: self.source(),
            kind: step.kind,
            subject,
            at: step.at,
            market: self.plan.market.clone(),
            courier_id: step.courier.map(courier_id),
            completed: (step.kind == Kind::Delivered)
                .then(|| delivery.completed(&self.plan.currency)),
        }
    }

    fn source(&self) -> String {
        format!("/sim/{}", self.plan.market)
    }
}

fn courier_id(number: u32) -> String {
    format!("courier-{}", number + 1)
}
