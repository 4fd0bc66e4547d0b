//! Late facts: what they change about closed days becomes adjustments (B6).

use super::apply::{Account, Applied};
use super::change::Change;
use crate::app::terms_of;
use crate::error::AppError;
use crate::pay::PricedDay;
use crate::settlement;
use doorstep_domain::id::DeliveryId;
use doorstep_domain::settlement::Party;
use doorstep_domain::time::Day;
use doorstep_store::interval::IntervalRow;
use doorstep_store::{LaneTx, StoreError};
use std::collections::BTreeSet;
use std::str::FromStr;

/// Why an adjustment was made, in the ordinary case.
pub(super) const TOLD_LATE: &str = "told after the day was closed";

/// Corrects every closed day that a change touches, for every courier and merchant concerned.
pub(super) fn correct_closed_days(
    tx: &mut LaneTx<'_>,
    account: &mut Account<'_>,
    change: &Change,
    applied: &mut Applied,
) -> Result<(), AppError> {
    let mut parties: BTreeSet<(i64, Party)> = BTreeSet::new();
    for row in change.rows_before.iter().chain(&change.rows_after) {
        if account.is_closed(tx, row.day)? {
            parties.extend(parties_of(row)?.into_iter().map(|party| (row.day, party)));
        }
    }
    let delivery: DeliveryId = identifier(&change.delivery)?;
    let reason = match change.was_told_at {
        Some(_) => TOLD_LATE,
        None => "a conflict was decided after the day was closed",
    };
    correct(tx, account, parties, (Some(&delivery), reason), applied)
}

/// Corrects figures of closed days, and announces each correction.
pub(super) fn correct(
    tx: &mut LaneTx<'_>,
    account: &Account<'_>,
    parties: BTreeSet<(i64, Party)>,
    (delivery, reason): (Option<&DeliveryId>, &str),
    applied: &mut Applied,
) -> Result<(), AppError> {
    if parties.is_empty() {
        return Ok(());
    }
    let history = terms_of(tx, account.market)?;
    for (day, party) in parties {
        let priced = PricedDay::new(account.market, Day::from_number(day), &history, None)?;
        for made in settlement::correct(tx, &priced, &party, delivery, reason, account.now)? {
            applied.adjustments += 1;
            applied.late_volume_minor += made.amount_minor.unsigned_abs();
            let subject = format!("{}/{}", account.market.id, made.about_day);
            let payload = serde_json::to_vec(&made).unwrap_or_default();
            tx.announce("adjustment.made", &subject, &payload, account.now.0)?;
        }
    }
    Ok(())
}

/// Whose figures a row counts in.
fn parties_of(row: &IntervalRow) -> Result<Vec<Party>, StoreError> {
    let completion = row.completion.as_ref();
    let provider = completion.and_then(|completion| completion.provider.as_ref());
    let mut parties = vec![match provider {
        Some(charged) => Party::Provider(identifier(&charged.provider)?),
        None => Party::Courier(identifier(&row.courier)?),
    }];
    if let Some(completion) = completion {
        parties.push(Party::Merchant(identifier(&completion.merchant)?));
    }
    Ok(parties)
}

fn identifier<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|error| StoreError::Invalid { detail: format!("identifier: {error}") })
}
