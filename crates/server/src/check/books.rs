//! The books: statements, digests, postings, adjustments.

use super::Tally;
use crate::app::App;
use crate::error::AppError;
use crate::settlement::{body_of, read_totals};
use doorstep_domain::market::Market;
use doorstep_domain::settlement::{
    Account, Adjustment, AdjustmentKind, CourierTotals, MerchantTotals, Posting, ProviderTotals,
    SettlementDigest, digest_of,
};
use doorstep_domain::time::Day;
use doorstep_store::day::DayRow;
use doorstep_store::posting::PostingRow;
use doorstep_store::statement::StatementRow;
use doorstep_store::{Tx, adjustment, day, posting, statement};
use std::collections::BTreeMap;

pub(super) fn statements(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    each_day(app, |tx, market, row| {
        each_statement(tx, market, row, |statement| {
            tally.look();
            let broken = match body_of(&statement) {
                Ok(body) if digest_of(&body) == statement.digest => return Ok(()),
                Ok(_) => "its digest is not that of its bytes".to_owned(),
                Err(error) => error.to_string(),
            };
            let (kind, id) = (statement.party_kind, &statement.party_id);
            tally.broken(format!("{}, {kind} {id}: {broken}", place(market, row)));
            Ok(())
        })
    })
}

pub(super) fn days(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    each_day(app, |tx, market, row| {
        let Some(closed) = &row.closed else {
            return Ok(());
        };
        tally.look();
        let digest = SettlementDigest::new(&market.id, Day::from_number(row.day), market.currency);
        let mut digest = Some(digest);
        each_statement(tx, market, row, |statement| {
            // Couriers, merchants, providers: by name of the kind, and in the digest.
            let Some(digest) = digest.as_mut() else {
                return Ok(());
            };
            match statement.party_kind {
                "courier" => digest.line(&read_totals::<CourierTotals>(&statement.totals)?),
                "provider" => digest.line(&read_totals::<ProviderTotals>(&statement.totals)?),
                _ => digest.line(&read_totals::<MerchantTotals>(&statement.totals)?),
            }
            Ok(())
        })?;
        let booked = adjustment::booked_on(tx, market.id.as_str(), row.day)?;
        let found = digest.take().map(|mut digest| {
            booked.iter().for_each(|adjustment| digest.line(adjustment));
            digest.finish()
        });
        if found.as_ref() != Some(&closed.digest) {
            tally.broken(format!("{}: the figures give another digest", place(market, row)));
        }
        Ok(())
    })
}

pub(super) fn entries(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    each_day(app, |tx, market, row| {
        posting::of_day(tx, market.id.as_str(), row.day, &mut |posting| {
            tally.look();
            if posting.debit == posting.credit || posting.amount_minor < 0 {
                let posting = format!("{} of {}", posting.kind, posting.subject);
                tally.broken(format!("{}: {posting} moves nothing", place(market, row)));
            }
            Ok(())
        })?;
        Ok(())
    })
}

pub(super) fn sums(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    each_day(app, |tx, market, row| {
        let owed = owed(tx, market, row)?;
        let balances = posting::balances(tx, market.id.as_str(), row.day)?;
        let mut posted: BTreeMap<String, i64> =
            balances.into_iter().filter(|(account, _)| is_of_party(account)).collect();
        for (account, owed) in owed {
            tally.look();
            let posted = posted.remove(&account).unwrap_or(0);
            if posted != owed {
                let place = place(market, row);
                tally.broken(format!("{place}, {account}: {owed} is owed, {posted} is posted"));
            }
        }
        for (account, posted) in posted.into_iter().filter(|(_, posted)| *posted != 0) {
            let place = place(market, row);
            tally.broken(format!("{place}, {account}: {posted} is posted, nothing is owed"));
        }
        Ok(())
    })
}

/// What each party's account should come to: of a closed day, the payout of its statement, which
/// holds the adjustments booked on it; of an open day, these alone.
fn owed(tx: &mut dyn Tx, market: &Market, row: &DayRow) -> Result<BTreeMap<String, i64>, AppError> {
    let mut owed: BTreeMap<String, i64> = BTreeMap::new();
    if row.closed.is_none() {
        for adjustment in adjustment::booked_on(tx, market.id.as_str(), row.day)? {
            let account = Account::Payable(adjustment.party.clone()).to_string();
            *owed.entry(account).or_default() += signed(&adjustment);
        }
        return Ok(owed);
    }
    each_statement(tx, market, row, |statement| {
        let payout = match statement.party_kind {
            "courier" => read_totals::<CourierTotals>(&statement.totals)?.payout_minor,
            "provider" => read_totals::<ProviderTotals>(&statement.totals)?.payout_minor,
            _ => read_totals::<MerchantTotals>(&statement.totals)?.payout_minor,
        };
        owed.insert(format!("{}:{}", statement.party_kind, statement.party_id), payout);
        Ok(())
    })?;
    Ok(owed)
}

/// What an adjustment is worth to its party: a higher fee is less for the merchant.
fn signed(adjustment: &Adjustment) -> i64 {
    match adjustment.kind {
        AdjustmentKind::Fee => -adjustment.amount_minor,
        _ => adjustment.amount_minor,
    }
}

fn is_of_party(account: &str) -> bool {
    ["courier:", "merchant:", "provider:"].iter().any(|kind| account.starts_with(kind))
}

pub(super) fn adjustments(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    each_day(app, |tx, market, row| {
        for adjustment in adjustment::booked_on(tx, market.id.as_str(), row.day)? {
            tally.look();
            let about = adjustment.about_day;
            let corrected = day::load(tx, market.id.as_str(), about.number())?;
            let name = || format!("{}, {}", place(market, row), named(&adjustment));
            if corrected.is_none_or(|day| day.closed.is_none()) {
                tally.broken(format!("{}: {about} is not closed", name()));
            }
            if row.day <= about.number() {
                tally.broken(format!("{}: it is not booked later", name()));
            }
        }
        Ok(())
    })
}

pub(super) fn adjustment_postings(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    each_day(app, |tx, market, row| {
        let booked = booked(tx, market.id.as_str(), row.day)?;
        tally.checked += booked.adjustments;
        for adjustment in booked.unposted {
            let name = named(&adjustment);
            tally.broken(format!("{}, {name}: it is not posted so", place(market, row)));
        }
        Ok(())
    })
}

/// A day's adjustments against the postings that book adjustments.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Booked {
    /// Adjustments booked on the day.
    pub(crate) adjustments: u64,
    /// Those that have no posting with their accounts and amount.
    pub(crate) unposted: Vec<Adjustment>,
    /// Postings of no adjustment, or other than theirs.
    pub(crate) invented: Vec<PostingRow>,
}

/// Compares the adjustments booked on a day with their postings.
pub(crate) fn booked(tx: &mut dyn Tx, market: &str, day: i64) -> Result<Booked, AppError> {
    let adjustments = adjustment::booked_on(tx, market, day)?;
    let mut revisions: Vec<PostingRow> = Vec::new();
    posting::of_day(tx, market, day, &mut |posting| {
        if posting.revision > 0 {
            revisions.push(posting);
        }
        Ok(())
    })?;
    let mut posted: BTreeMap<_, PostingRow> =
        revisions.into_iter().map(|row| (key_of(&row), row)).collect();
    let mut booked = Booked { adjustments: adjustments.len() as u64, ..Booked::default() };
    for adjustment in adjustments {
        let expected = posting_row(&adjustment);
        let key = key_of(&expected);
        if posted.get(&key) == Some(&expected) {
            posted.remove(&key);
        } else {
            booked.unposted.push(adjustment);
        }
    }
    booked.invented = posted.into_values().collect();
    Ok(booked)
}

fn key_of(row: &PostingRow) -> (String, String, String, i64) {
    (row.subject.clone(), row.kind.clone(), row.party.clone(), row.revision)
}

/// The posting of an adjustment as it is kept.
fn posting_row(adjustment: &Adjustment) -> PostingRow {
    let posting = Posting::of_adjustment(adjustment);
    PostingRow {
        party: Account::Payable(adjustment.party.clone()).to_string(),
        kind: posting.kind.as_str().to_owned(),
        debit: posting.debit.to_string(),
        credit: posting.credit.to_string(),
        subject: posting.subject,
        revision: posting.revision,
        amount_minor: posting.amount_minor,
    }
}

fn named(adjustment: &Adjustment) -> String {
    let Adjustment { party, kind, revision, about_day, .. } = adjustment;
    let kind = kind.as_str();
    format!("adjustment {revision} of {} {}'s {kind} of {about_day}", party.kind(), party.id())
}

fn place(market: &Market, row: &DayRow) -> String {
    format!("{} {}", market.id, Day::from_number(row.day))
}

/// Hands over every day of every market, on one state of the store.
fn each_day(
    app: &App,
    mut each: impl FnMut(&mut dyn Tx, &Market, &DayRow) -> Result<(), AppError>,
) -> Result<(), AppError> {
    app.store.read(|tx| {
        for market in app.markets.values() {
            for row in day::all(tx, market.id.as_str())? {
                each(tx, market, &row)?;
            }
        }
        Ok(())
    })
}

/// Hands over every statement of a day; the first error is told after the last.
fn each_statement(
    tx: &mut dyn Tx,
    market: &Market,
    row: &DayRow,
    mut each: impl FnMut(StatementRow) -> Result<(), AppError>,
) -> Result<(), AppError> {
    let mut failed = None;
    statement::of_day(tx, market.id.as_str(), row.day, &mut |statement| {
        let outcome = each(statement);
        failed = failed.take().or(outcome.err());
        Ok(())
    })?;
    failed.map_or(Ok(()), Err)
}
