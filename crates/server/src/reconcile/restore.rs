//! Restores what the close of a day has kept, where it can be proven what that was: a statement's
//! figures by its bytes, a statement by the day's digest, a posting by its statement and the facts,
//! the day's digest by whole statements that the facts still give. Nothing else is touched.

use super::kept::{Flaw, KeptBooks, State};
use super::posted::{self, Figure, Form};
use super::stated::{Stated, party_of};
use crate::error::AppError;
use crate::pay::PricedDay;
use crate::settlement::{compute, is_settled};
use doorstep_domain::settlement::{Account, Adjustment, AdjustmentKind, Party, Posting};
use doorstep_store::posting::PostingRow;
use doorstep_store::statement::StatementRow;
use doorstep_store::{Tx, adjustment, day, interval, posting, statement};
use std::collections::{BTreeMap, BTreeSet};

/// What was restored.
#[derive(Debug, Default)]
pub(super) struct Restored {
    /// Rows written or removed.
    pub(super) rows: u64,
    /// What was not whole, before and after, each in a line.
    pub(super) before: Vec<String>,
    pub(super) after: Vec<String>,
    /// Why something is left as it is.
    pub(super) reasons: Vec<String>,
}

/// Restores what can be; the caller holds the market's lane and has put the rows right.
pub(super) fn restore(tx: &mut dyn Tx, priced: &PricedDay<'_>) -> Result<Restored, AppError> {
    let mut restored = Restored::default();
    let Some(kept) = read(tx, priced)? else {
        return Ok(restored);
    };
    let before = kept.flaws(priced);
    if before.is_empty() {
        return Ok(restored);
    }
    restored.rows += statements(tx, priced, &kept)?;
    if let Some(kept) = read(tx, priced)?.filter(KeptBooks::digest_holds) {
        restored.rows += postings(tx, priced, &kept)?;
        restored.rows += postings_of_adjustments(tx, priced, &kept)?;
    }
    restored.rows += digest(tx, priced)?;
    let after = read(tx, priced)?.map_or_else(Vec::new, |kept| kept.flaws(priced));
    restored.before = before.iter().map(line).collect();
    restored.after = after.iter().map(line).collect();
    restored.reasons = after.iter().map(reason).collect();
    Ok(restored)
}

fn line(flaw: &Flaw) -> String {
    let Flaw { account, figure, log, store, .. } = flaw;
    format!("{account}, {figure}: {store}, where it should be {log}")
}

fn reason(flaw: &Flaw) -> String {
    let Flaw { account, figure, .. } = flaw;
    format!(
        "{account}, {figure}: what was kept cannot be proven from the rest, so nothing of the day \
         was corrected; restore a backup"
    )
}

fn read(tx: &mut dyn Tx, priced: &PricedDay<'_>) -> Result<Option<KeptBooks>, AppError> {
    let row = day::load(tx, priced.market.id.as_str(), priced.day.number())?;
    row.and_then(|row| row.closed)
        .map(|closed| KeptBooks::read(tx, priced, &closed.digest))
        .transpose()
}

/// Rewrites figures from whole bytes, and whole statements from the facts if with them the day
/// has its digest.
fn statements(tx: &mut dyn Tx, priced: &PricedDay<'_>, kept: &KeptBooks) -> Result<u64, AppError> {
    let (market, number) = (priced.market.id.as_str(), priced.day.number());
    let mut rewritten = Vec::new();
    for (account, found) in &kept.statements {
        let (State::FiguresAltered, Some(stated)) = (found.state, &found.stated) else {
            continue;
        };
        let (kind, id) = account.split_once(':').unwrap_or_default();
        if let Some(row) = statement::load(tx, market, number, kind, id)? {
            let totals = stated.text();
            rewritten.push(StatementRow { totals, ..row });
        }
    }
    if !kept.digest_holds() || kept.is_any_damaged() {
        rewritten.extend(proven(priced, kept, recomputed(tx, priced, kept)?));
    }
    for row in &rewritten {
        statement::restore(tx, market, number, row)?;
    }
    Ok(rewritten.len() as u64)
}

/// The statements that the facts give in the place of those damaged or missing, by account.
fn recomputed(
    tx: &mut dyn Tx,
    priced: &PricedDay<'_>,
    kept: &KeptBooks,
) -> Result<BTreeMap<String, StatementRow>, AppError> {
    let mut rows = BTreeMap::new();
    compute(
        tx,
        priced,
        Some(&mut |_, row| {
            let account = format!("{}:{}", row.party_kind, row.party_id);
            if kept.is_damaged(&account) || !kept.statements.contains_key(&account) {
                rows.insert(account, row);
            }
            Ok(())
        }),
    )?;
    Ok(rows)
}

/// Those among `rows` with which the day's digest is what it was. A party that came only after
/// the close has no statement: one is missing for sure only where something was posted.
fn proven(
    priced: &PricedDay<'_>,
    kept: &KeptBooks,
    rows: BTreeMap<String, StatementRow>,
) -> Vec<StatementRow> {
    let posted: BTreeSet<&String> = kept.postings.keys().map(|(account, _)| account).collect();
    let missed: BTreeMap<String, StatementRow> = rows
        .iter()
        .filter(|(account, _)| kept.is_damaged(account) || posted.contains(account))
        .map(|(account, row)| (account.clone(), row.clone()))
        .collect();
    for candidates in [missed, rows] {
        let stated: BTreeMap<String, Stated> = candidates
            .iter()
            .filter_map(|(account, row)| {
                let stated = Stated::read(row.party_kind, &row.totals).ok()?;
                Some((account.clone(), stated))
            })
            .collect();
        if kept.digest_with(priced, &stated) == kept.digest {
            return candidates.into_values().collect();
        }
    }
    Vec::new()
}

/// Rewrites the postings of the figures that do not come to what their statements say.
fn postings(tx: &mut dyn Tx, priced: &PricedDay<'_>, kept: &KeptBooks) -> Result<u64, AppError> {
    let (market, number) = (priced.market.id.as_str(), priced.day.number());
    let form = Form::new(priced);
    let mut written = 0;
    for (figure, expected_minor) in kept.flawed_figures() {
        let Some(party) = party_of(&figure.0) else {
            continue;
        };
        let there = posted::rows_of(tx, priced, &figure)?;
        let Some(due) = due(tx, priced, (&figure, &party), expected_minor, &there)? else {
            continue;
        };
        let due: Vec<(String, Posting)> = due
            .into_iter()
            .map(|(subject, amount)| {
                let posting = form.posting(&subject, figure.1, &party, amount);
                (figure.0.clone(), posting)
            })
            .collect();
        posting::remove(tx, market, number, &there)?;
        posting::add(tx, market, number, &due)?;
        written += due.len().max(there.len()) as u64;
    }
    Ok(written)
}

/// The subjects and amounts that the close has posted of one figure; `None` if that is not sure.
fn due(
    tx: &mut dyn Tx,
    priced: &PricedDay<'_>,
    (figure, party): (&Figure, &Party),
    expected_minor: i64,
    there: &[PostingRow],
) -> Result<Option<BTreeMap<String, i64>>, AppError> {
    let form = Form::new(priced);
    if matches!(figure.1, AdjustmentKind::Pay | AdjustmentKind::Fee) {
        let posted = form.posting_of_day(figure.1, party, expected_minor);
        let due = [(posted.subject, expected_minor)];
        return Ok(Some(due.into_iter().filter(|(_, amount)| *amount != 0).collect()));
    }
    let mut due = completed(tx, priced, (figure.1, party))?;
    // What was corrected since stands in the rows as it is now, and in its posting as it was.
    for delivery in corrected(tx, priced)? {
        due.remove(&delivery);
        if let Some(posting) = there.iter().find(|row| row.subject == delivery) {
            due.insert(delivery, posting.amount_minor);
        }
    }
    let told: BTreeMap<String, i64> =
        there.iter().map(|row| (row.subject.clone(), row.amount_minor)).collect();
    let is_sure = if form.is_stated(figure.1) {
        due.values().sum::<i64>() == expected_minor
    } else {
        due == told
    };
    Ok(is_sure.then_some(due))
}

/// What each delivery of the day brings a party in sales, tips or costs, by the rows.
fn completed(
    tx: &mut dyn Tx,
    priced: &PricedDay<'_>,
    (kind, party): (AdjustmentKind, &Party),
) -> Result<BTreeMap<String, i64>, AppError> {
    let (market, number) = (priced.market.id.as_str(), priced.day.number());
    let mut completed = BTreeMap::new();
    interval::of_day(tx, market, number, &mut |row| {
        let Some(completion) = row.completion else {
            return Ok(());
        };
        let charged = completion.provider.as_ref();
        let cost_minor = charged.and_then(|charged| charged.cost_minor).unwrap_or(0);
        let carrier = match charged {
            Some(charged) => ("provider", &charged.provider),
            None => ("courier", &row.courier),
        };
        let (whose, amount) = match kind {
            AdjustmentKind::Cost => (carrier, cost_minor),
            AdjustmentKind::Tip => (carrier, completion.tip_minor),
            _ => (("merchant", &completion.merchant), completion.order_minor),
        };
        if (whose.0, whose.1.as_str()) == (party.kind(), party.id()) && amount > 0 {
            completed.insert(row.delivery, amount);
        }
        Ok(())
    })?;
    Ok(completed)
}

/// The deliveries that adjustments of the day were made for.
fn corrected(tx: &mut dyn Tx, priced: &PricedDay<'_>) -> Result<BTreeSet<String>, AppError> {
    let about = adjustment::about(tx, priced.market.id.as_str(), priced.day.number())?;
    let deliveries = about.into_iter().filter_map(|line| line.delivery_id);
    Ok(deliveries.map(|delivery| delivery.as_str().to_owned()).collect())
}

/// Posts the adjustments that have lost their posting. Those booked on the day are in its digest;
/// those about it are right where with them the party is settled as the facts say.
fn postings_of_adjustments(
    tx: &mut dyn Tx,
    priced: &PricedDay<'_>,
    kept: &KeptBooks,
) -> Result<u64, AppError> {
    let (market, number) = (priced.market.id.as_str(), priced.day.number());
    let invented = &kept.booked_here.invented;
    posting::remove(tx, market, number, invented)?;
    let mut lines: Vec<(i64, &Adjustment)> =
        kept.booked_here.unposted.iter().map(|line| (number, line)).collect();
    for (booked, line) in &kept.unposted {
        if is_settled(tx, priced, &line.party)? {
            lines.push((*booked, line));
        }
    }
    for (booked, line) in &lines {
        let made = Posting::of_adjustment(line);
        let account = Account::Payable(line.party.clone()).to_string();
        let there = PostingRow {
            subject: made.subject.clone(),
            kind: made.kind.as_str().to_owned(),
            party: account.clone(),
            revision: made.revision,
            debit: String::new(),
            credit: String::new(),
            amount_minor: 0,
        };
        posting::remove(tx, market, *booked, &[there])?;
        posting::add(tx, market, *booked, &[(account, made)])?;
    }
    Ok(lines.len().max(invented.len()) as u64)
}

/// Rewrites the day's digest where all else is whole and the facts give the same books.
fn digest(tx: &mut dyn Tx, priced: &PricedDay<'_>) -> Result<u64, AppError> {
    let Some(kept) = read(tx, priced)?.filter(|kept| !kept.digest_holds()) else {
        return Ok(0);
    };
    let flaws = kept.flaws(priced);
    let is_alone = flaws.iter().all(|flaw| flaw.figure == "digest");
    if !is_alone || compute(tx, priced, None)?.digest != kept.digest_found {
        return Ok(0);
    }
    let (market, number) = (priced.market.id.as_str(), priced.day.number());
    day::restore_digest(tx, market, number, &kept.digest_found)?;
    Ok(1)
}
