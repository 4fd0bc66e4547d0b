//! What the close of a day has posted: the postings of revision 0, by party and figure.

use super::stated::party_of;
use crate::error::AppError;
use crate::pay::PricedDay;
use doorstep_domain::pay::Tips;
use doorstep_domain::settlement::{Account, AdjustmentKind, Party, Posting};
use doorstep_store::posting::PostingRow;
use doorstep_store::{Tx, posting};
use std::collections::BTreeMap;

/// An account and a figure of it.
pub(super) type Figure = (String, AdjustmentKind);

/// Postings of one figure, added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Posted {
    /// What they come to by their amounts, in minor units.
    pub(super) amount_minor: i64,
    /// How many do not stand between the accounts, or for the subject, that the close gives them.
    pub(super) misplaced: u64,
}

/// How the close of a day makes postings.
pub(super) struct Form {
    day: String,
    withheld: bool,
}

impl Form {
    pub(super) fn new(priced: &PricedDay<'_>) -> Form {
        Form { day: priced.day.to_string(), withheld: priced.rates.rules().tips == Tips::Withheld }
    }

    /// Whether the statement says what a figure was posted with: withheld tips are on none.
    pub(super) fn is_stated(&self, kind: AdjustmentKind) -> bool {
        !(self.withheld && kind == AdjustmentKind::Tip)
    }

    /// The posting that the close makes of an amount.
    pub(super) fn posting(
        &self,
        subject: &str,
        kind: AdjustmentKind,
        party: &Party,
        amount_minor: i64,
    ) -> Posting {
        let mut posting = Posting::of(subject, kind, party.clone(), 0, amount_minor);
        if !self.is_stated(kind) {
            posting.credit = Account::Tips;
        }
        posting
    }

    /// Pay and fee are posted once, for the day.
    pub(super) fn posting_of_day(
        &self,
        kind: AdjustmentKind,
        party: &Party,
        amount_minor: i64,
    ) -> Posting {
        self.posting(&self.day, kind, party, amount_minor)
    }

    /// What a posting is worth to its figure, if the close makes such ones.
    pub(super) fn amount_of(&self, row: &PostingRow, kind: AdjustmentKind) -> Option<i64> {
        let by_day = matches!(kind, AdjustmentKind::Pay | AdjustmentKind::Fee);
        let party = party_of(&row.party).filter(|_| !by_day || row.subject == self.day)?;
        [row.amount_minor, -row.amount_minor].into_iter().find(|amount| {
            let made = self.posting(&row.subject, kind, &party, *amount);
            made.debit.to_string() == row.debit && made.credit.to_string() == row.credit
        })
    }
}

/// Adds up what the close has posted.
pub(super) fn read(
    tx: &mut dyn Tx,
    priced: &PricedDay<'_>,
) -> Result<BTreeMap<Figure, Posted>, AppError> {
    let (market, day) = (priced.market.id.as_str(), priced.day.number());
    let form = Form::new(priced);
    let mut figures: BTreeMap<Figure, Posted> = BTreeMap::new();
    posting::of_day(tx, market, day, &mut |row| {
        let kind = AdjustmentKind::from_text(&row.kind).filter(|_| row.revision == 0);
        if let Some(kind) = kind {
            let amount_minor = form.amount_of(&row, kind);
            let posted = figures.entry((row.party, kind)).or_default();
            posted.misplaced += u64::from(amount_minor.is_none());
            let amount_minor = amount_minor.unwrap_or(row.amount_minor);
            posted.amount_minor = posted.amount_minor.saturating_add(amount_minor);
        }
        Ok(())
    })?;
    Ok(figures)
}

/// The postings of one figure, one by one.
pub(super) fn rows_of(
    tx: &mut dyn Tx,
    priced: &PricedDay<'_>,
    (account, kind): &Figure,
) -> Result<Vec<PostingRow>, AppError> {
    let mut rows = Vec::new();
    posting::of_day(tx, priced.market.id.as_str(), priced.day.number(), &mut |row| {
        if row.revision == 0 && row.party == *account && row.kind == kind.as_str() {
            rows.push(row);
        }
        Ok(())
    })?;
    Ok(rows)
}
