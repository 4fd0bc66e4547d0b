//! Pay plans: what a courier's time, deliveries and distance are worth in a market (B2).

use super::window::{Window, WindowForm};
use crate::limits::{RATE_MINOR_MAX, WINDOWS_PER_PLAN_MAX};
use crate::time::Micros;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a work interval is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IntervalDefinition {
    /// From the courier's acceptance to the delivery.
    AssignedToDelivered,
    /// From the pickup to the delivery.
    #[default]
    PickedUpToDelivered,
    /// As long as the courier is online.
    Online,
}

/// How intervals of one courier that overlap count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overlap {
    /// Time counts once, however many deliveries were carried in it.
    #[default]
    Union,
    /// Every interval is paid alone.
    Sum,
}

/// What becomes of tips; they are never multiplied and never part of the pay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tips {
    /// Paid to the courier beside the pay.
    #[default]
    PassThrough,
    /// Paid to the courier beside the pay, and counted toward the minimum.
    TowardMinimum,
    /// Kept by the platform.
    Withheld,
}

/// What the multiplier of a window multiplies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Multiplies {
    /// Pay for time only.
    #[default]
    Time,
    /// Pay for time, deliveries and distance; the last two as of the instant of delivery.
    All,
}

/// What couriers of a market are paid: read from TOML or JSON, valid once read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PlanForm", into = "PlanForm")]
pub struct PayPlan {
    /// What a work interval is.
    pub interval: IntervalDefinition,
    /// How overlapping intervals count.
    pub overlap: Overlap,
    /// Minor units for an hour of work.
    pub per_hour_minor: i64,
    /// Minor units for a delivery.
    pub per_delivery_minor: i64,
    /// Minor units for a kilometre.
    pub per_km_minor: i64,
    /// Least pay, in minor units, of a day with any work or delivery.
    pub daily_minimum_minor: i64,
    /// Least pay, in minor units, for each hour worked, over the day as a whole.
    pub hourly_minimum_minor: i64,
    /// What becomes of tips.
    pub tips: Tips,
    /// What windows multiply.
    pub multiplies: Multiplies,
    /// Peak windows; where several hold at once the highest multiplier does.
    pub windows: Vec<Window>,
}

/// A pay plan, and from when on it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanVersion {
    /// Counts up from 1 within a market; of those already effective the highest holds.
    pub version: i64,
    /// First instant governed by it.
    pub effective_from: Micros,
    /// What holds from then on.
    pub plan: PayPlan,
}

/// The part of a plan that holds for a whole local day: as in force when the day starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayRules {
    /// What a work interval is.
    pub interval: IntervalDefinition,
    /// How overlapping intervals count.
    pub overlap: Overlap,
    /// Least pay of a day with any work or delivery, in minor units.
    pub daily_minimum_minor: i64,
    /// Least pay for each hour worked, in minor units.
    pub hourly_minimum_minor: i64,
    /// What becomes of tips.
    pub tips: Tips,
    /// What windows multiply.
    pub multiplies: Multiplies,
}

/// A pay plan as it is written; [`PayPlan::try_from`] checks it and reports every fault at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "field by field the same as `PayPlan`")]
pub struct PlanForm {
    pub interval: IntervalDefinition,
    pub overlap: Overlap,
    pub per_hour_minor: i64,
    pub per_delivery_minor: i64,
    pub per_km_minor: i64,
    pub daily_minimum_minor: i64,
    pub hourly_minimum_minor: i64,
    pub tips: Tips,
    pub multiplies: Multiplies,
    pub windows: Vec<WindowForm>,
}

/// One fault of a pay plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct PlanError {
    /// The field at fault, such as `windows[1].multiplier`.
    pub path: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Every fault of a pay plan; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanErrors(pub Vec<PlanError>);

impl PlanError {
    /// The field as an RFC 6901 JSON pointer, such as `/windows/1/multiplier`.
    pub fn pointer(&self) -> String {
        format!("/{}", self.path.replace(['[', '.'], "/").replace(']', ""))
    }
}

impl fmt::Display for PlanErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&faults.join("; "))
    }
}

impl std::error::Error for PlanErrors {}

impl PayPlan {
    /// Checks what the types do not: amounts within `0..=RATE_MINOR_MAX`, not too many windows.
    pub fn validate(&self) -> Result<(), PlanErrors> {
        let amounts = [
            ("per_hour_minor", self.per_hour_minor),
            ("per_delivery_minor", self.per_delivery_minor),
            ("per_km_minor", self.per_km_minor),
            ("daily_minimum_minor", self.daily_minimum_minor),
            ("hourly_minimum_minor", self.hourly_minimum_minor),
        ];
        let mut faults = Vec::new();
        for (field, minor) in amounts {
            if !(0..=RATE_MINOR_MAX).contains(&minor) {
                let reason = format!("{minor} is not between 0 and {RATE_MINOR_MAX}");
                faults.push(PlanError { path: field.to_owned(), reason });
            }
        }
        if self.windows.len() > WINDOWS_PER_PLAN_MAX {
            let reason = format!("has more than {WINDOWS_PER_PLAN_MAX} windows");
            faults.push(PlanError { path: "windows".to_owned(), reason });
        }
        if faults.is_empty() { Ok(()) } else { Err(PlanErrors(faults)) }
    }

    /// The part that holds for a whole day.
    pub fn day_rules(&self) -> DayRules {
        DayRules {
            interval: self.interval,
            overlap: self.overlap,
            daily_minimum_minor: self.daily_minimum_minor,
            hourly_minimum_minor: self.hourly_minimum_minor,
            tips: self.tips,
            multiplies: self.multiplies,
        }
    }
}

impl TryFrom<PlanForm> for PayPlan {
    type Error = PlanErrors;
    fn try_from(form: PlanForm) -> Result<PayPlan, PlanErrors> {
        let mut faults = Vec::new();
        let mut windows = Vec::with_capacity(form.windows.len());
        for (index, window) in form.windows.iter().enumerate() {
            match Window::read(window, &format!("windows[{index}]")) {
                Ok(window) => windows.push(window),
                Err(errors) => faults.extend(errors),
            }
        }
        let plan = PayPlan {
            interval: form.interval,
            overlap: form.overlap,
            per_hour_minor: form.per_hour_minor,
            per_delivery_minor: form.per_delivery_minor,
            per_km_minor: form.per_km_minor,
            daily_minimum_minor: form.daily_minimum_minor,
            hourly_minimum_minor: form.hourly_minimum_minor,
            tips: form.tips,
            multiplies: form.multiplies,
            windows,
        };
        faults.splice(0..0, plan.validate().err().into_iter().flat_map(|errors| errors.0));
        if faults.is_empty() { Ok(plan) } else { Err(PlanErrors(faults)) }
    }
}

impl From<PayPlan> for PlanForm {
    fn from(plan: PayPlan) -> PlanForm {
        PlanForm {
            interval: plan.interval,
            overlap: plan.overlap,
            per_hour_minor: plan.per_hour_minor,
            per_delivery_minor: plan.per_delivery_minor,
            per_km_minor: plan.per_km_minor,
            daily_minimum_minor: plan.daily_minimum_minor,
            hourly_minimum_minor: plan.hourly_minimum_minor,
            tips: plan.tips,
            multiplies: plan.multiplies,
            windows: plan.windows.into_iter().map(WindowForm::from).collect(),
        }
    }
}
