//! What a provider is owed for the deliveries that it carried on a day (E9).
//!
//! Nobody of ours worked, so there is no pay. The provider charges for each delivery, and its
//! people get the tip, unless the plan keeps tips back.

use crate::id::ProviderId;
use crate::pay::Tips;
use serde::{Deserialize, Serialize};

/// Deliveries that a provider carried, added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Carried {
    /// How many.
    pub deliveries: i64,
    /// Of these, those of which it did not say what it charges.
    pub unpriced: i64,
    /// What it charges for the others, in minor units.
    pub cost_minor: i64,
    /// Tips that customers gave, in minor units.
    pub tip_minor: i64,
}

/// A provider's day in figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderTotals {
    /// Who.
    pub provider_id: ProviderId,
    /// Deliveries completed.
    pub deliveries: i64,
    /// Of these, those of which it did not say what it charges: they are in no figure of cost.
    pub unpriced: i64,
    /// What it charges, in minor units.
    pub cost_minor: i64,
    /// Tips passed on to it.
    pub tip_minor: i64,
    /// Corrections of closed days, booked on this one.
    pub adjustment_minor: i64,
    /// What it is owed: the sum of the three.
    pub payout_minor: i64,
}

impl Carried {
    /// Tips that the provider gets of these: none where the plan withholds them.
    pub fn tip_owed_minor(&self, tips: Tips) -> i64 {
        match tips {
            Tips::Withheld => 0,
            Tips::PassThrough | Tips::TowardMinimum => self.tip_minor,
        }
    }

    /// What a provider is owed for these and for what closed days are off by; `None` where that is
    /// more than an account holds.
    pub fn totals(
        &self,
        provider_id: ProviderId,
        tips: Tips,
        adjustment_minor: i64,
    ) -> Option<ProviderTotals> {
        let tip_minor = self.tip_owed_minor(tips);
        let owed = self.cost_minor.checked_add(tip_minor)?;
        Some(ProviderTotals {
            provider_id,
            deliveries: self.deliveries,
            unpriced: self.unpriced,
            cost_minor: self.cost_minor,
            tip_minor,
            adjustment_minor,
            payout_minor: owed.checked_add(adjustment_minor)?,
        })
    }
}
