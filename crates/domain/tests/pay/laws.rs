//! Laws of pay, and the second book, over generated days.

use super::scene::MINUTE_US;
use super::second_book::{Page, price_by_the_minute};
use doorstep_domain::id::DeliveryId;
use doorstep_domain::pay::{
    Completion, DayPay, DayRates, Delivered, Exact, IntervalDefinition, Line, Multiplies, Overlap,
    PayPlan, PlanForm, PlanVersion, Tips, WindowForm, Work, explain, price,
};
use doorstep_domain::time::{Day, Micros, Span, Zone};
use proptest::prelude::*;
use proptest::sample::{Index, select};

const DAYS: [(&str, &str); 10] = [
    ("UTC", "2026-05-15"),
    ("Asia/Kathmandu", "2026-05-16"),
    ("America/Los_Angeles", "2026-03-08"),
    ("America/Los_Angeles", "2026-11-01"),
    ("Europe/London", "2026-03-29"),
    ("Europe/London", "2026-10-25"),
    ("America/Sao_Paulo", "2018-11-04"),
    ("America/Sao_Paulo", "2018-02-17"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("America/St_Johns", "2010-11-07"),
];

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A market's day: its zone, its plans, what a courier did.
#[derive(Debug, Clone)]
struct Scenario {
    zone: Zone,
    day: Day,
    versions: Vec<PlanVersion>,
    intervals: Vec<Span>,
    completions: Vec<Completion>,
}

impl Scenario {
    fn rates(&self) -> DayRates {
        DayRates::new(&self.zone, self.day, &self.versions).expect("the day has rates")
    }

    fn price(&self, intervals: &[Span]) -> DayPay {
        price(&self.rates(), &mut intervals.to_vec(), &self.completions)
    }

    fn overlapping(mut self, overlap: Overlap) -> Scenario {
        self.versions.iter_mut().for_each(|version| version.plan.overlap = overlap);
        self
    }

    fn work(&self) -> Vec<Work> {
        let numbered = (0..).zip(&self.intervals);
        numbered.map(|(n, span)| Work { span: *span, delivery: Some(delivery(n)) }).collect()
    }

    fn delivered(&self) -> Vec<Delivered> {
        let numbered = (0..).zip(&self.completions);
        let fact = |(n, completion): (i64, &Completion)| Delivered {
            completion: *completion,
            delivery: delivery(n),
        };
        numbered.map(fact).collect()
    }
}

fn delivery(number: i64) -> DeliveryId {
    format!("d{number}").parse().expect("an identifier")
}

/// A minute of the day as the clock shows it.
fn wall(minute: i64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn multiplier() -> impl Strategy<Value = String> {
    select(vec!["0", "0.5", "1", "1.25", "1.5", "2", "2.0001"]).prop_map(str::to_owned)
}

/// A weekday window, or now and then an absolute range on the day, in UTC or local time.
fn window(day: &'static str) -> impl Strategy<Value = WindowForm> {
    let days = prop::option::of(prop::sample::subsequence(WEEKDAYS.to_vec(), 1..=7));
    let weekly = (days, 0..1_440_i64, 0..1_440_i64, multiplier());
    let weekly = weekly.prop_map(|(days, from, to, multiplier)| WindowForm {
        days: days.map(|days| days.into_iter().map(str::to_owned).collect()),
        from: wall(from),
        to: wall(to),
        multiplier,
    });
    let range = (0..1_439_i64, 1..600_i64, select(vec!["", "Z"]), multiplier());
    let range = range.prop_map(move |(from, length, zone, multiplier)| WindowForm {
        days: None,
        from: format!("{day}T{}:00{zone}", wall(from)),
        to: format!("{day}T{}:00{zone}", wall((from + length).min(1_439))),
        multiplier,
    });
    prop_oneof![4 => weekly, 1 => range]
}

fn minimum() -> impl Strategy<Value = i64> {
    prop_oneof![3 => Just(0), 1 => 0..50_000_i64]
}

fn plan(day: &'static str) -> impl Strategy<Value = PayPlan> {
    let rules = (
        select(vec![Overlap::Union, Overlap::Sum]),
        select(vec![Tips::PassThrough, Tips::TowardMinimum, Tips::Withheld]),
        select(vec![Multiplies::Time, Multiplies::All]),
    );
    let rates = (0..5_000_i64, 0..500_i64, 0..200_i64, minimum(), minimum());
    (rules, rates, prop::collection::vec(window(day), 0..5)).prop_map(|(rules, rates, windows)| {
        let form = PlanForm {
            interval: IntervalDefinition::default(),
            overlap: rules.0,
            tips: rules.1,
            multiplies: rules.2,
            per_hour_minor: rates.0,
            per_delivery_minor: rates.1,
            per_km_minor: rates.2,
            daily_minimum_minor: rates.3,
            hourly_minimum_minor: rates.4,
            windows,
        };
        PayPlan::try_from(form).expect("generated plans are valid")
    })
}

/// Days whose every instant is a multiple of `grain_us` after midnight.
fn scenario(grain_us: i64) -> impl Strategy<Value = Scenario> {
    select(DAYS.to_vec()).prop_flat_map(move |(zone, day)| {
        let zone: Zone = zone.parse().expect("zone");
        let today: Day = day.parse().expect("day");
        let midnight = zone.midnight(today);
        let length_us = move |from_minutes: i64, to_minutes: i64| {
            let steps = from_minutes * MINUTE_US / grain_us..to_minutes * MINUTE_US / grain_us;
            steps.prop_map(move |step| step * grain_us)
        };
        let instant =
            move |from: i64, to: i64| length_us(from, to).prop_map(move |us| midnight.plus(us));
        let interval = (instant(-120, 1_560), length_us(0, 300))
            .prop_map(|(start, us)| Span::new(start, start.plus(us)));
        let completion = (instant(-120, 1_560), 0..20_000_i64, 0..1_000_i64)
            .prop_map(|(at, distance_m, tip_minor)| Completion { at, distance_m, tip_minor });
        let version = (instant(-600, 1_800), plan(day));
        (
            prop::collection::vec(version, 1..4),
            prop::collection::vec(interval, 0..8),
            prop::collection::vec(completion, 0..5),
        )
            .prop_map(move |(plans, intervals, completions)| Scenario {
                zone: zone.clone(),
                day: today,
                versions: numbered(plans),
                intervals,
                completions,
            })
    })
}

fn numbered(plans: Vec<(Micros, PayPlan)>) -> Vec<PlanVersion> {
    let version = |(version, (effective_from, plan))| PlanVersion { version, effective_from, plan };
    (1..).zip(plans).map(version).collect()
}

/// Cuts intervals in two at points given in thousandths of their length.
fn split(intervals: &[Span], at: &[u16]) -> Vec<Span> {
    let thousandths = at.iter().chain(std::iter::repeat(&0));
    let halves = intervals.iter().zip(thousandths).flat_map(|(span, thousandth)| {
        let cut = span.start.plus(span.length_us() / 1_000 * i64::from(*thousandth));
        [Span::new(span.start, cut), Span::new(cut, span.end)]
    });
    halves.collect()
}

proptest! {
    /// B1, B2: the second book agrees, to the numerator.
    #[test]
    fn the_second_book_agrees(scenario in scenario(MINUTE_US)) {
        let Scenario { zone, day, versions, intervals, completions } = &scenario;
        let book = price_by_the_minute(zone, *day, versions, intervals, completions);
        prop_assert_eq!(Page::from(scenario.price(intervals)), book);
    }

    /// B1: under union, order, repetition and cutting of intervals change nothing.
    #[test]
    fn union_counts_time_once(
        scenario in scenario(1),
        again in prop::collection::vec(any::<Index>(), 0..5),
        cuts in prop::collection::vec(0..=1_000_u16, 8),
    ) {
        let scenario = scenario.overlapping(Overlap::Union);
        let mut other = split(&scenario.intervals, &cuts);
        if !scenario.intervals.is_empty() {
            other.extend(again.iter().map(|index| *index.get(&scenario.intervals)));
        }
        other.reverse();
        prop_assert_eq!(scenario.price(&other), scenario.price(&scenario.intervals));
    }

    /// B1: under sum, order and cutting of intervals change nothing, and each is paid alone.
    #[test]
    fn sum_counts_each_interval(
        scenario in scenario(1),
        cuts in prop::collection::vec(0..=1_000_u16, 8),
    ) {
        let scenario = scenario.overlapping(Overlap::Sum);
        let mut other = split(&scenario.intervals, &cuts);
        other.reverse();
        let all = scenario.price(&scenario.intervals);
        prop_assert_eq!(scenario.price(&other), all);
        let alone = scenario.intervals.iter().map(|span| scenario.price(&[*span]).worked_us);
        prop_assert_eq!(alone.sum::<i64>(), all.worked_us);
    }

    /// B2: a higher multiplier never lowers anybody's pay, and never changes the time worked.
    #[test]
    fn pay_grows_with_multipliers(scenario in scenario(1), window in any::<Index>()) {
        let mut generous = scenario.clone();
        for version in &mut generous.versions {
            let windows = &mut version.plan.windows;
            if !windows.is_empty() {
                let index = window.index(windows.len());
                windows[index].multiplier = "3".parse().expect("valid");
            }
        }
        let (before, after) =
            (scenario.price(&scenario.intervals), generous.price(&scenario.intervals));
        prop_assert!(after.exact >= before.exact);
        prop_assert_eq!((after.worked_us, after.peak_us), (before.worked_us, before.peak_us));
    }

    /// B17: the lines add up to the pay exactly, whatever order the facts come in: same bytes.
    #[test]
    fn lines_add_up_to_the_pay(scenario in scenario(1)) {
        let rates = scenario.rates();
        let (mut work, mut delivered) = (scenario.work(), scenario.delivered());
        let lines = explain(&rates, &work, &delivered);
        let total: Exact = lines.iter().map(Line::amount).sum();
        let pay = scenario.price(&scenario.intervals);
        prop_assert_eq!(total, Exact::of_minor(pay.total_minor));
        let rounding = lines.iter().filter(|line| matches!(line, Line::Rounding { .. }));
        let rounding: Exact = rounding.map(Line::amount).sum();
        prop_assert_eq!(total - rounding, pay.exact);
        work.reverse();
        delivered.reverse();
        let bytes = |lines: &[Line]| serde_json::to_vec(lines).expect("lines can be written");
        prop_assert_eq!(bytes(&explain(&rates, &work, &delivered)), bytes(&lines));
    }
}
