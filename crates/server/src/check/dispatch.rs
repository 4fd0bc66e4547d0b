//! Deliveries that are dispatched here: their steps, their offers, and that what was delivered is
//! counted.

use super::{DETAILS_MAX, Tally};
use crate::app::App;
use crate::dispatch::dispatch_lane;
use crate::dispatch::handing::PROVIDER_ACTOR;
use crate::dispatch::readers::read_to;
use crate::dispatch::relay::RELAY;
use crate::error::AppError;
use crate::workers;
use doorstep_domain::dispatch::{Status, handing};
use doorstep_domain::market::Market;
use doorstep_domain::time::Micros;
use doorstep_store::dispatch::step::{self, StepRow};
use doorstep_store::dispatch::{self, Asked, DispatchRow};
use doorstep_store::{StoreError, Tx, interval, offer, outbox};

/// Deliveries looked at between two queries.
const AT_ONCE: u32 = 512;

/// Every delivery is what its steps say, each step may follow the one before, and between two
/// searches it has one courier.
pub(super) fn steps(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    for market in app.markets.values() {
        each(app, market, &mut |tx, row| {
            tally.look();
            if let Some(wrong) = wrong_steps(row, &step::of(tx, &row.delivery)?) {
                tally.broken(format!("{}: {wrong}", row.delivery));
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn wrong_steps(row: &DispatchRow, steps: &[StepRow]) -> Option<String> {
    let last = match (steps.first(), steps.last()) {
        (Some(first), Some(last)) if first.status == Status::Requested => last,
        _ => return Some("does not begin with a request".to_owned()),
    };
    for (before, after) in steps.iter().zip(&steps[1..]) {
        let (from, to) = (before.status, after.status);
        let may_follow = match after.actor.starts_with(PROVIDER_ACTOR) {
            true => handing::may_follow(from, to),
            false => from.may_become(to),
        };
        if !may_follow || after.revision != before.revision + 1 {
            return Some(format!("step {}: {from} cannot become {to}", after.revision));
        }
        let was_taken = before.status != Status::Requested;
        if was_taken && before.courier != after.courier {
            return Some(format!("step {}: the courier has changed", after.revision));
        }
    }
    if let (Some(provider), Some(courier)) = (&row.provider, &row.courier) {
        return Some(format!("is with {provider} and with {courier}"));
    }
    let holds = row.courier.is_none() || row.courier == last.courier;
    let same = (row.status, row.revision) == (last.status, last.revision);
    (!same || !holds).then(|| format!("is {}, its steps say {}", row.status, last.status))
}

/// Nobody is asked to take what somebody has, or what has ended.
pub(super) fn offers(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    for market in app.markets.values() {
        tally.look();
        let limit = DETAILS_MAX as i64;
        let misplaced = app.store.read(|tx| offer::misplaced(tx, market.id.as_str(), limit))?;
        for (delivery, courier) in misplaced {
            tally.broken(format!("{delivery} is offered to {courier}, and nobody is looked for"));
        }
    }
    Ok(())
}

/// What was delivered is counted by the accountant, for the courier who delivered it. Looked at
/// where everything that was announced has been counted.
pub(super) fn completions(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    for market in app.markets.values() {
        if !is_counted(app, market)? {
            continue;
        }
        each(app, market, &mut |tx, row| {
            let (Status::Delivered, Some(courier)) = (row.status, &row.courier) else {
                return Ok(());
            };
            tally.look();
            let (id, day) =
                (market.id.as_str(), market.time_zone.day(Micros(row.since_us)).number());
            let counted = interval::of_courier(tx, id, day, courier)?;
            let is_there = counted
                .iter()
                .any(|interval| interval.delivery == row.delivery && interval.completion.is_some());
            if !is_there {
                tally.broken(format!("{} was delivered by {courier}: not counted", row.delivery));
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Whether the relay has handed on everything, and the accountant has read it.
pub(super) fn is_counted(app: &App, market: &Market) -> Result<bool, AppError> {
    let lane = dispatch_lane(&market.id)?;
    let handed = app.store.read(|tx| {
        Ok::<_, StoreError>(read_to(tx, &lane, RELAY)? == outbox::last_seq(tx, &lane)?)
    })?;
    Ok(handed && workers::lag(app)?.iter().all(|records| *records == 0))
}

/// Hands over every delivery of a market, some at a time of one state of the store.
pub(super) fn each(
    app: &App,
    market: &Market,
    look: &mut dyn FnMut(&mut dyn Tx, &DispatchRow) -> Result<(), StoreError>,
) -> Result<(), AppError> {
    let asked = Asked { market: market.id.as_str(), ..Asked::default() };
    let mut before = String::new();
    loop {
        let last = app.store.read(|tx| {
            let rows = dispatch::list(tx, asked, &before, AT_ONCE)?;
            for row in &rows {
                look(tx, row)?;
            }
            Ok::<_, StoreError>(rows.last().map(|row| row.delivery.clone()))
        })?;
        match last {
            Some(last) => before = last,
            None => return Ok(()),
        }
    }
}
