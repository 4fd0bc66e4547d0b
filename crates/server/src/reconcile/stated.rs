//! The figures of one party's statement, whichever kind of party it is.

use crate::error::AppError;
use crate::settlement::read_totals;
use doorstep_domain::settlement::{
    AdjustmentKind, CourierTotals, MerchantTotals, Party, ProviderTotals, SettlementDigest,
};

/// What a statement comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stated {
    Courier(CourierTotals),
    Merchant(MerchantTotals),
    Provider(ProviderTotals),
}

impl Stated {
    /// Reads the figures from their column, or from the bytes of the whole statement: these hold
    /// the same fields among others.
    pub(super) fn read(party_kind: &str, json: &str) -> Result<Stated, AppError> {
        Ok(match party_kind {
            "courier" => Stated::Courier(read_totals(json)?),
            "provider" => Stated::Provider(read_totals(json)?),
            _ => Stated::Merchant(read_totals(json)?),
        })
    }

    /// As the column keeps them.
    pub(super) fn text(&self) -> String {
        let text = match self {
            Stated::Courier(totals) => serde_json::to_string(totals),
            Stated::Merchant(totals) => serde_json::to_string(totals),
            Stated::Provider(totals) => serde_json::to_string(totals),
        };
        text.unwrap_or_default()
    }

    pub(super) fn add_to(&self, digest: &mut SettlementDigest) {
        match self {
            Stated::Courier(totals) => digest.line(totals),
            Stated::Merchant(totals) => digest.line(totals),
            Stated::Provider(totals) => digest.line(totals),
        }
    }

    /// The figures that are posted, in minor units.
    pub(super) fn figures(&self) -> [(AdjustmentKind, i64); 2] {
        match self {
            Stated::Courier(totals) => {
                [(AdjustmentKind::Pay, totals.pay_minor), (AdjustmentKind::Tip, totals.tip_minor)]
            }
            Stated::Merchant(totals) => [
                (AdjustmentKind::Sale, totals.sales_minor),
                (AdjustmentKind::Fee, totals.fee_minor),
            ],
            Stated::Provider(totals) => {
                [(AdjustmentKind::Cost, totals.cost_minor), (AdjustmentKind::Tip, totals.tip_minor)]
            }
        }
    }
}

/// The party whose account it is, such as `courier:c1`.
pub(super) fn party_of(account: &str) -> Option<Party> {
    let (kind, id) = account.split_once(':')?;
    Party::read(kind, id)
}
