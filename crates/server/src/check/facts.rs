//! Facts and what follows from them: intervals and completions.

use super::{DETAILS_MAX, Tally};
use crate::accounting::change::rows_of;
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::delivery::{FactSet, fold};
use doorstep_domain::event::Step;
use doorstep_domain::market::Market;
use doorstep_store::interval::{IntervalRow, NOBODY};
use doorstep_store::{Tx, conflict, day, delivery, interval};
use std::collections::BTreeSet;

/// Deliveries and rows looked at between two queries.
const AT_ONCE: usize = 512;

pub(super) fn completions(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    for market in app.markets.values() {
        tally.look();
        for (delivery, times) in twice(app, market)? {
            tally.broken(format!("{}: {delivery} is completed {times} times", market.id));
        }
    }
    Ok(())
}

fn twice(app: &App, market: &Market) -> Result<Vec<(String, i64)>, AppError> {
    let limit = DETAILS_MAX as i64;
    Ok(app.store.read(|tx| interval::completed_twice(tx, market.id.as_str(), limit))?)
}

/// Every row must be among those its delivery's facts give. Then, if there are as many rows as
/// facts give in all, none is missing; only otherwise is each looked for.
pub(super) fn rows(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    for market in app.markets.values() {
        // What is completed twice has been told already, and cannot be right here.
        let told: BTreeSet<String> =
            twice(app, market)?.into_iter().map(|(delivery, _)| delivery).collect();
        app.store.read(|tx| {
            let kept = kept_rows(tx, market, &told, tally)?;
            if kept != expected_rows(tx, market, None)? {
                expected_rows(tx, market, Some((&told, tally)))?;
            }
            Ok::<_, AppError>(())
        })?;
    }
    Ok(())
}

/// Looks at every row there is and answers how many are as they should be.
fn kept_rows(
    tx: &mut dyn Tx,
    market: &Market,
    told: &BTreeSet<String>,
    tally: &mut Tally,
) -> Result<u64, AppError> {
    let mut right = 0;
    for day in day::all(tx, market.id.as_str())? {
        let by_providers = interval::of_courier(tx, market.id.as_str(), day.day, NOBODY)?;
        right += right_among(tx, market, &by_providers, told, tally)?;
        let mut after = String::new();
        loop {
            let (id, limit) = (market.id.as_str(), AT_ONCE as i64);
            let couriers = interval::couriers_of_day(tx, id, day.day, &after, limit)?;
            let Some(last) = couriers.last() else { break };
            after.clone_from(last);
            for courier in &couriers {
                let rows = interval::of_courier(tx, id, day.day, courier)?;
                right += right_among(tx, market, &rows, told, tally)?;
            }
        }
    }
    Ok(right)
}

fn right_among(
    tx: &mut dyn Tx,
    market: &Market,
    rows: &[IntervalRow],
    told: &BTreeSet<String>,
    tally: &mut Tally,
) -> Result<u64, AppError> {
    let mut right = 0;
    for chunk in rows.chunks(AT_ONCE) {
        let ids: Vec<&str> = chunk.iter().map(|row| row.delivery.as_str()).collect();
        let facts = delivery::load(tx, market.id.as_str(), &ids)?;
        for row in chunk {
            tally.look();
            let expected = match facts.get(&row.delivery) {
                Some(facts) => rows_by_facts(tx, market, &row.delivery, facts)?,
                None => Vec::new(),
            };
            if expected.contains(row) {
                right += 1;
            } else if !told.contains(&row.delivery) {
                tally.broken(named(market, row, "does not follow from its facts"));
            }
        }
    }
    Ok(right)
}

/// Counts the rows that facts give; where a tally is given, looks each of them up.
fn expected_rows(
    tx: &mut dyn Tx,
    market: &Market,
    mut missing: Option<(&BTreeSet<String>, &mut Tally)>,
) -> Result<u64, AppError> {
    let (mut expected, mut after) = (0, String::new());
    loop {
        let page = delivery::page(tx, market.id.as_str(), &after, AT_ONCE as i64)?;
        let Some((last, _)) = page.last() else {
            return Ok(expected);
        };
        after.clone_from(last);
        for (id, facts) in &page {
            let rows = rows_by_facts(tx, market, id, facts)?;
            expected += rows.len() as u64;
            let Some((told, tally)) = missing.as_mut() else {
                continue;
            };
            for row in rows.iter().filter(|row| !told.contains(&row.delivery)) {
                if !is_kept(tx, market, row)? {
                    tally.broken(named(market, row, "is missing"));
                }
            }
        }
    }
}

/// Whether there is a row of this delivery, day and courier: if it is wrong, that was told.
fn is_kept(tx: &mut dyn Tx, market: &Market, row: &IntervalRow) -> Result<bool, AppError> {
    let name = (row.courier.as_str(), row.delivery.as_str());
    Ok(interval::of_delivery(tx, market.id.as_str(), row.day, name)?.is_some())
}

fn rows_by_facts(
    tx: &mut dyn Tx,
    market: &Market,
    delivery: &str,
    facts: &FactSet,
) -> Result<Vec<IntervalRow>, AppError> {
    let ends = |step: &Step| matches!(step, Step::Delivered(_) | Step::Cancelled);
    // Only what ended more than once can be in conflict.
    let decision = if facts.iter().filter(|fact| ends(&fact.step)).count() > 1 {
        conflict::load(tx, market.id.as_str(), delivery)?.and_then(|conflict| conflict.decision)
    } else {
        None
    };
    Ok(rows_of(market, delivery, &fold(facts, market.rules(), decision.as_ref())))
}

fn named(market: &Market, row: &IntervalRow, what: &str) -> String {
    let day = doorstep_domain::time::Day::from_number(row.day);
    format!("{}: the row of {} by {} on {day} {what}", market.id, row.delivery, row.courier)
}
