//! The domain's decisions against the second book, over soiled cities under terms of all kinds.

use crate::city::plan;
use doorstep_domain::delivery::{ConflictPolicy, Fact, FactSet, Joined, Lifecycle, Rules, fold};
use doorstep_domain::event::{self, EventBody, MarketRules};
use doorstep_domain::market::Terms;
use doorstep_domain::pay::{
    self, Completion, DayRates, IntervalDefinition, PlanVersion, Presence, online_intervals,
};
use doorstep_domain::time::{Day, HOUR_US, Micros, Span, Zone};
use doorstep_sim::book::{
    Book, BookTerms, Conflicts, CourierDay, Interval, MerchantDay, Overlap, Window,
};
use doorstep_sim::chance::Chance;
use doorstep_sim::city::{CityPlan, city};
use doorstep_sim::dirt::{Faults, soil};
use jiff::civil::Weekday;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What the domain makes of lines, with nothing between its functions but maps.
#[derive(Default)]
struct Ledger {
    deliveries: BTreeMap<String, FactSet>,
    shifts: BTreeMap<String, BTreeSet<Presence>>,
    rejected: u64,
    work: BTreeMap<(Day, String), (Vec<Span>, Vec<Completion>)>,
    sales: BTreeMap<(Day, String), (i64, i64)>,
    conflicts: BTreeSet<String>,
    waiting: BTreeSet<String>,
}

impl Ledger {
    fn take(&mut self, line: &[u8], terms: &BookTerms) {
        let rules = MarketRules { currency: terms.currency.parse().unwrap() };
        let known = |event: &event::Event| (event.market.as_str() == terms.market).then_some(rules);
        let admitted = event::parse(line)
            .and_then(|event| event::admit(&event, known(&event), terms.now).map(|()| event));
        let Ok(event) = admitted else {
            self.rejected += 1;
            return;
        };
        match event.body {
            EventBody::Presence { courier, online } => {
                let presence = Presence { at: event.at, online };
                self.shifts.entry(courier.to_string()).or_default().insert(presence);
            }
            EventBody::Delivery { delivery, step } => {
                let fact = Fact { at: event.at, step, key: event.key };
                let set = self.deliveries.entry(delivery.to_string()).or_default();
                assert_ne!(set.join(fact), Joined::Full);
            }
        }
    }

    fn fold(&mut self, terms: &BookTerms, rules: Rules, interval: IntervalDefinition) {
        for (delivery, facts) in std::mem::take(&mut self.deliveries) {
            let lifecycle = fold(&facts, rules, None);
            if lifecycle.waiting.is_some() {
                self.waiting.insert(delivery.clone());
            }
            if !lifecycle.standing.disputed_by.is_empty() {
                self.conflicts.insert(delivery);
            }
            self.count(&terms.zone, &lifecycle, interval);
        }
        if interval == IntervalDefinition::Online {
            for (courier, facts) in std::mem::take(&mut self.shifts) {
                for span in online_intervals(facts, None) {
                    self.work_on_each_day(&terms.zone, &courier, span);
                }
            }
        }
    }

    fn count(&mut self, zone: &Zone, lifecycle: &Lifecycle, interval: IntervalDefinition) {
        let Some((at, completed)) = lifecycle.standing.completed() else {
            return;
        };
        let day = zone.day(at);
        let (distance_m, tip_minor) = (completed.distance_m, completed.tip_minor);
        let sale = self.sales.entry((day, completed.merchant.to_string())).or_default();
        *sale = (sale.0 + 1, sale.1 + completed.order_minor);
        let Some(courier) = completed.carrier.courier().map(ToString::to_string) else {
            return;
        };
        let (_, done) = self.work.entry((day, courier.clone())).or_default();
        done.push(Completion { at, distance_m, tip_minor });
        let carried = lifecycle.carried.as_ref();
        let start = match interval {
            IntervalDefinition::AssignedToDelivered => carried.and_then(|it| it.assigned),
            IntervalDefinition::PickedUpToDelivered => carried.and_then(|it| it.picked_up),
            IntervalDefinition::Online => None,
        };
        if let Some(start) = start {
            self.work_on_each_day(zone, &courier, Span::new(start, at));
        }
    }

    fn work_on_each_day(&mut self, zone: &Zone, courier: &str, span: Span) {
        let mut day = zone.day(span.start);
        while zone.midnight(day) < span.end {
            self.work.entry((day, courier.to_owned())).or_default().0.push(span);
            day = day.next();
        }
    }

    fn close(mut self, terms: &BookTerms) -> Book {
        let parsed: toml::Table = terms.to_toml().parse().unwrap();
        let market = parsed["markets"][&terms.market].clone();
        let product: Terms = market.clone().try_into().unwrap();
        let conflicts: ConflictPolicy =
            market["settlement"]["conflicts"].clone().try_into().unwrap();
        let interval = product.pay.interval;
        self.fold(terms, Rules { conflicts, grace_us: terms.grace_us }, interval);
        let effective_from = Micros::default();
        let plans = [PlanVersion { version: 1, effective_from, plan: product.pay }];
        let mut book = Book { rejected: self.rejected, ..Book::default() };
        (book.conflicts, book.waiting) = (self.conflicts, self.waiting);
        for (key, (mut spans, done)) in self.work {
            let rates = DayRates::new(&terms.zone, key.0, &plans).unwrap();
            let paid = pay::price(&rates, &mut spans, &done);
            let row = CourierDay {
                pay_minor: paid.total_minor,
                tip_minor: paid.tip_minor,
                deliveries: paid.deliveries,
                worked_seconds: paid.worked_us / 1_000_000,
                peak_seconds: paid.peak_us / 1_000_000,
            };
            book.couriers.insert(key, row);
        }
        for (key, (deliveries, sales_minor)) in self.sales {
            let fee_minor = product.fees.fee_minor(sales_minor.into(), deliveries);
            book.merchants.insert(key, MerchantDay { deliveries, sales_minor, fee_minor });
        }
        book
    }
}

/// Terms nobody would think of.
fn any_terms(chance: &mut Chance) -> BookTerms {
    let zones = ["America/Los_Angeles", "Europe/London", "Asia/Kolkata", "Australia/Lord_Howe"];
    let zone: Zone = pick(chance, &zones).parse().unwrap();
    let now = "2027-01-01T00:00:00Z".parse().unwrap();
    let intervals =
        [Interval::AssignedToDelivered, Interval::PickedUpToDelivered, Interval::Online];
    let conflicts = [Conflicts::Hold, Conflicts::First, Conflicts::HighestRevision];
    BookTerms {
        interval: pick(chance, &intervals),
        overlap: pick(chance, &[Overlap::Union, Overlap::Sum]),
        per_hour_minor: chance.between(0, 4_000),
        per_delivery_minor: chance.between(0, 700),
        per_km_minor: chance.between(0, 99),
        multiplies_all: chance.happens(5_000),
        windows: (0..chance.between(0, 5)).map(|_| any_window(chance)).collect(),
        commission_bp: chance.between(0, 5_000),
        fixed_minor: chance.between(0, 99),
        conflicts: pick(chance, &conflicts),
        ..BookTerms::example("sf", zone, now)
    }
}

fn any_window(chance: &mut Chance) -> Window {
    let weekend = vec![Weekday::Saturday, Weekday::Sunday];
    let monday = vec![Weekday::Monday];
    let every = (0..7).map(|day| Weekday::from_monday_zero_offset(day).unwrap()).collect();
    let second = |chance: &mut Chance| u32::try_from(chance.between(0, 86_399)).unwrap();
    let from_s = second(chance);
    Window {
        days: pick(chance, &[weekend, monday, every]),
        from_s,
        to_s: Some(second(chance)).filter(|to_s| *to_s != from_s).unwrap_or(86_400),
        multiplier_bp: chance.between(0, 30_000),
    }
}

fn pick<T: Clone>(chance: &mut Chance, choices: &[T]) -> T {
    let drawn = usize::try_from(chance.below(choices.len() as u64)).unwrap();
    choices[drawn].clone()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A6 A7 B1 B2 B3 B5 B7: a soiled city over a change of clocks comes to the same, to the
    /// cent and the second, in the domain's arithmetic and in the second book.
    #[test]
    fn the_domain_and_the_second_book_agree(seed: u64) {
        let mut chance = Chance::new(seed);
        let terms = any_terms(&mut chance);
        let first_days = ["2026-03-07", "2026-03-28", "2026-04-04", "2026-10-31", "2026-05-18"];
        let village = CityPlan {
            couriers: 4,
            deliveries_per_courier: 15,
            first_day: pick(&mut chance, &first_days).parse().unwrap(),
            zone: terms.zone.clone(),
            ..plan(seed)
        };
        let faults = Faults {
            late_bp: 100,
            late_by_us: 30 * HOUR_US,
            malformed_bp: 1_000,
            contradicted_bp: 500,
            revised_bp: 500,
            ..Faults::bad_day(seed)
        };
        let lines: Vec<Vec<u8>> = soil(city(village), faults).collect();
        let mut ledger = Ledger::default();
        lines.iter().for_each(|line| ledger.take(line, &terms));
        let expected = Book { repeated: 0, ..Book::of(&lines, &terms) };
        prop_assert_eq!(ledger.close(&terms), expected);
    }
}
