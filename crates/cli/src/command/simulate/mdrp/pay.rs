//! What couriers of an instance are paid, by the pay engine: so much for each delivery, and at
//! least so much for each hour on duty.

use doorstep_domain::pay::{
    Completion, DayRates, IntervalDefinition, PayPlan, PlanVersion, RatesError, price,
};
use doorstep_domain::time::{Day, Micros, Span, Zone};
use doorstep_sim::mdrp::Instance;
use doorstep_sim::mdrp::day::MINUTE_US;
use std::collections::BTreeMap;

/// Amounts of the instances are Grubhub's; that they are dollars is not written there.
pub(super) const CURRENCY: &str = "USD";

/// Minor units of an amount.
const MINOR: i64 = 100;

/// What several couriers came to.
#[derive(Default, Clone, Copy)]
pub(super) struct Paid {
    pub(super) couriers: usize,
    /// Of these, how many were paid by the hour.
    pub(super) guaranteed: usize,
    pub(super) pay_minor: i64,
    /// What deliveries alone would have come to.
    pub(super) earned_minor: i64,
}

impl Paid {
    pub(super) fn join(&mut self, other: Paid) {
        self.couriers += other.couriers;
        self.guaranteed += other.guaranteed;
        self.pay_minor += other.pay_minor;
        self.earned_minor += other.earned_minor;
    }
}

/// Prices the day of each courier; minute 0 of an instance is midnight of an arbitrary day.
pub(super) fn paid(
    instance: &Instance,
    drops_min: &BTreeMap<String, Vec<i64>>,
) -> Result<Paid, RatesError> {
    let per_delivery_minor = instance.parameters.per_order * MINOR;
    let plan = PayPlan {
        interval: IntervalDefinition::Online,
        per_delivery_minor,
        hourly_minimum_minor: instance.parameters.per_hour * MINOR,
        ..PayPlan::default()
    };
    let versions = [PlanVersion { version: 1, effective_from: Micros(0), plan }];
    let zone: Zone = "UTC".parse().map_err(|_| RatesError::EndOfCalendar)?;
    let rates = DayRates::new(&zone, Day::from_number(0), &versions)?;
    let at = |minute: i64| Micros(minute * MINUTE_US);
    let mut paid = Paid::default();
    for shift in &instance.couriers {
        let drops = drops_min.get(shift.id.as_str()).map_or(&[][..], Vec::as_slice);
        let completion = |minute: &i64| Completion { at: at(*minute), distance_m: 0, tip_minor: 0 };
        let completions: Vec<Completion> = drops.iter().map(completion).collect();
        let on_duty = Span::new(at(shift.on_min), at(shift.off_min));
        let pay_minor = price(&rates, &mut [on_duty], &completions).total_minor;
        let earned_minor = per_delivery_minor * i64::try_from(drops.len()).unwrap_or(i64::MAX);
        paid.couriers += 1;
        paid.guaranteed += usize::from(pay_minor > earned_minor);
        paid.pay_minor += pay_minor;
        paid.earned_minor += earned_minor;
    }
    Ok(paid)
}
