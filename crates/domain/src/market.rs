//! A market: its zone and currency for good, its terms by version.

use crate::delivery::{ConflictPolicy, Rules};
use crate::id::MarketId;
use crate::money::Currency;
use crate::pay::{PayPlan, PlanVersion};
use crate::settlement::FeePlan;
use crate::time::{Day, Micros, Zone};
use serde::{Deserialize, Serialize};

/// What never changes once a market has facts, and how it settles.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Market {
    /// Its name.
    pub id: MarketId,
    /// Whose midnight ends its days.
    pub time_zone: Zone,
    /// The only currency of its money.
    pub currency: Currency,
    /// How long after local midnight a day stays open, in microseconds.
    pub grace_us: i64,
    /// What to do with contradicting completions.
    pub conflicts: ConflictPolicy,
}

impl Market {
    /// How the market's deliveries are read.
    pub fn rules(&self) -> Rules {
        Rules { conflicts: self.conflicts, grace_us: self.grace_us }
    }

    /// When a day may be closed: everything before its midnight has had the grace to arrive.
    pub fn closes_at(&self, day: Day) -> Micros {
        self.time_zone.midnight(day.next()).plus(self.grace_us)
    }
}

/// What couriers are paid and merchants are charged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// Couriers' pay.
    pub pay: PayPlan,
    /// Merchants' fees.
    pub fees: FeePlan,
}

/// Terms, and from when on they hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TermsVersion {
    /// Counts up from 1 within a market.
    pub version: i64,
    /// First instant governed by it.
    pub effective_from: Micros,
    /// What holds from then on.
    #[serde(flatten)]
    pub terms: Terms,
}

/// The versions of a market's terms: at any instant the highest version already effective holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TermsHistory(Vec<TermsVersion>);

impl TermsHistory {
    /// Puts versions in the order in which they take effect; one that a later version overtakes
    /// before it begins never does.
    pub fn new(mut versions: Vec<TermsVersion>) -> TermsHistory {
        versions.sort_by_key(|version| (version.effective_from, version.version));
        let mut history: Vec<TermsVersion> = Vec::with_capacity(versions.len());
        for version in versions {
            if history.last().is_some_and(|known| known.version > version.version) {
                continue;
            }
            history.pop_if(|known| known.effective_from == version.effective_from);
            history.push(version);
        }
        TermsHistory(history)
    }

    /// The versions in the order in which they take effect.
    pub fn versions(&self) -> &[TermsVersion] {
        &self.0
    }

    /// The pay plans of the versions, as pricing takes them.
    pub fn pay_plans(&self) -> Vec<PlanVersion> {
        let plan = |version: &TermsVersion| PlanVersion {
            version: version.version,
            effective_from: version.effective_from,
            plan: version.terms.pay.clone(),
        };
        self.0.iter().map(plan).collect()
    }

    /// The terms in force at an instant; the first ones also govern what was before them.
    pub fn at(&self, instant: Micros) -> Option<&TermsVersion> {
        let later = self.0.partition_point(|version| version.effective_from <= instant);
        self.0.get(later.saturating_sub(1))
    }
}
