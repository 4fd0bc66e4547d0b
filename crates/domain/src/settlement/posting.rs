//! Double entry: every amount leaves one account and reaches another, so books balance by form.

use super::adjustment::{Adjustment, AdjustmentKind, Party};
use serde::Serialize;
use std::fmt;

/// An account of the settlement ledger.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    /// What customers paid, before it is anybody's.
    Customers,
    /// What the platform owes a courier, a merchant or a provider.
    Payable(Party),
    /// Fees earned.
    Fees,
    /// What carrying costs.
    CourierPay,
    /// What it costs to have providers carry.
    ProviderCost,
    /// Tips that the plan does not pass on.
    Tips,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Account::Customers => f.write_str("customers"),
            Account::Payable(party) => write!(f, "{}:{}", party.kind(), party.id()),
            Account::Fees => f.write_str("platform:fees"),
            Account::CourierPay => f.write_str("platform:courier-pay"),
            Account::ProviderCost => f.write_str("platform:provider-cost"),
            Account::Tips => f.write_str("platform:tips"),
        }
    }
}

impl Serialize for Account {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a posting is for; the same figures that adjustments correct.
pub type PostingKind = AdjustmentKind;

/// One amount moved from `debit` to `credit`; unique by subject, kind, party and revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Posting {
    /// The delivery, or for a day's pay and fee the day itself.
    pub subject: String,
    /// What for.
    pub kind: PostingKind,
    /// 0 for the settlement of the day, then counting its adjustments.
    pub revision: i64,
    /// Where it comes from.
    pub debit: Account,
    /// Where it goes.
    pub credit: Account,
    /// Minor units, never negative: a correction downwards swaps the accounts.
    pub amount_minor: i64,
}

impl Posting {
    /// The posting of a figure: `amount_minor` may be negative, the posting's is not.
    pub fn of(
        subject: impl Into<String>,
        kind: PostingKind,
        party: Party,
        revision: i64,
        amount_minor: i64,
    ) -> Posting {
        let (debit, credit) = match kind {
            AdjustmentKind::Pay => (Account::CourierPay, Account::Payable(party)),
            AdjustmentKind::Tip | AdjustmentKind::Sale => {
                (Account::Customers, Account::Payable(party))
            }
            AdjustmentKind::Fee => (Account::Payable(party), Account::Fees),
            AdjustmentKind::Cost => (Account::ProviderCost, Account::Payable(party)),
        };
        let (debit, credit) = if amount_minor < 0 { (credit, debit) } else { (debit, credit) };
        let amount_minor = amount_minor.saturating_abs();
        Posting { subject: subject.into(), kind, revision, debit, credit, amount_minor }
    }

    /// The posting that books an adjustment. Its subject names the corrected day too: a delivery
    /// over midnight may correct two days, and both may be booked on the same one.
    pub fn of_adjustment(adjustment: &Adjustment) -> Posting {
        let about_day = adjustment.about_day;
        let subject = match &adjustment.delivery_id {
            Some(delivery) => format!("{about_day}/{delivery}"),
            None => about_day.to_string(),
        };
        Posting::of(
            subject,
            adjustment.kind,
            adjustment.party.clone(),
            adjustment.revision,
            adjustment.amount_minor,
        )
    }
}
