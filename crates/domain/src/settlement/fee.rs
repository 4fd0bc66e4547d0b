//! What a merchant is charged for a day.

use crate::limits;
use crate::money::round_half_even;
use serde::{Deserialize, Serialize};

/// A merchant's fees: a share of the sales, and a fixed amount for each delivery.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeePlan {
    /// Commission in basis points of the sales.
    pub commission_bp: i64,
    /// Minor units for each delivery.
    pub fixed_minor: i64,
}

/// A fee plan that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct FeePlanError {
    /// The field at fault.
    pub field: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

impl FeePlan {
    /// Refuses negative fees, and commissions above the whole of the sales.
    pub fn validate(&self) -> Result<(), FeePlanError> {
        let within = [
            ("commission_bp", self.commission_bp, 10_000),
            ("fixed_minor", self.fixed_minor, limits::RATE_MINOR_MAX),
        ];
        for (field, value, most) in within {
            if !(0..=most).contains(&value) {
                let reason = format!("{value} is not between 0 and {most}");
                return Err(FeePlanError { field, reason });
            }
        }
        Ok(())
    }

    /// The fee in minor units on a merchant's day: one half-even rounding on the exact sum.
    pub fn fee_minor(&self, sales_minor: i128, deliveries: i64) -> i64 {
        let commission = sales_minor * i128::from(self.commission_bp);
        let fixed = i128::from(deliveries) * i128::from(self.fixed_minor) * 10_000;
        round_half_even(commission + fixed, 10_000)
    }
}
