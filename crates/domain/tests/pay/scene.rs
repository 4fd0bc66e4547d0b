//! The words the tests of pay are written in.

use doorstep_domain::pay::{Completion, DayPay, DayRates, PayPlan, PlanForm, PlanVersion, price};
use doorstep_domain::time::{Day, Micros, SECOND_US, Span, Zone};
use jiff::civil::DateTime;

/// Microseconds in a minute.
pub(crate) const MINUTE_US: i64 = 60 * SECOND_US;

/// A plan written in TOML.
pub(crate) fn plan(toml: &str) -> PayPlan {
    toml::from_str(toml).expect("the test's plan is valid")
}

/// A plan as a form to be changed.
pub(crate) fn form(toml: &str) -> PlanForm {
    toml::from_str(toml).expect("the test's plan is well-formed")
}

/// The only version of a plan.
pub(crate) fn only(plan: PayPlan) -> Vec<PlanVersion> {
    vec![PlanVersion { version: 1, effective_from: Micros(0), plan }]
}

/// A market's day to be priced.
pub(crate) struct Scene {
    pub(crate) zone: Zone,
    pub(crate) day: Day,
    pub(crate) rates: DayRates,
}

impl Scene {
    /// A day under one plan, written in TOML.
    pub(crate) fn new(zone: &str, day: &str, toml: &str) -> Scene {
        Scene::under(zone, day, &only(plan(toml)))
    }

    /// A day under several versions of a plan.
    pub(crate) fn under(zone: &str, day: &str, versions: &[PlanVersion]) -> Scene {
        let (zone, day): (Zone, Day) = (zone.parse().expect("zone"), day.parse().expect("day"));
        let rates = DayRates::new(&zone, day, versions).expect("the day has rates");
        Scene { zone, day, rates }
    }

    /// The instant of a local time: `07:30` on the day, or `2008-05-18T23:00`.
    pub(crate) fn at(&self, local: &str) -> Micros {
        let local = match local.contains('T') {
            true => local.to_owned(),
            false => format!("{}T{local}", self.day),
        };
        let local: DateTime = local.parse().expect("a local time");
        let instant = self.zone.as_jiff().to_timestamp(local).expect("an instant");
        Micros(instant.as_microsecond())
    }

    /// The interval between two local times, such as `07:00..09:30`.
    pub(crate) fn span(&self, local: &str) -> Span {
        let (start, end) = local.split_once("..").expect("start..end");
        Span::new(self.at(start), self.at(end))
    }

    /// Prices intervals such as `07:00..09:30 10:00..11:00`.
    pub(crate) fn price(&self, intervals: &str, completions: &[Completion]) -> DayPay {
        let spans = intervals.split_whitespace().map(|interval| self.span(interval));
        price(&self.rates, &mut spans.collect::<Vec<_>>(), completions)
    }

    /// A completion at a local time.
    pub(crate) fn completed(&self, local: &str, distance_m: i64, tip_minor: i64) -> Completion {
        Completion { at: self.at(local), distance_m, tip_minor }
    }
}
