//! Claims on an order that is there: confirm, release, call off.

use super::hand_over;
use super::kept::{Basket, delivery_id, written};
use super::{found, is_common, metric, unknown};
use crate::app::App;
use crate::dispatch::change::{self, Said, Terms};
use crate::dispatch::{dispatch_lane, terms_of};
use crate::error::AppError;
use crate::stock::moving::{self, Change, Telling};
use crate::stock::stock_lane;
use crate::stock::told::{CANCELLED, CONFIRMED, RELEASED};
use doorstep_domain::dispatch::{Outcome, Status};
use doorstep_domain::id::MarketId;
use doorstep_domain::order::{self as rules, Kept, Refusal};
use doorstep_domain::time::Micros;
use doorstep_store::dispatch::{self, DispatchRow};
use doorstep_store::movement::{self, MovementKind, StockRow};
use doorstep_store::order::{self, OrderRow};
use doorstep_store::{LaneId, LaneTx, StoreError, apology};

/// A reservation was paid for: from now on it is delivered. Repeated, it changes nothing.
///
/// Errors: [`AppError::Refused`] by the codes of [`Refusal`]; no such order.
pub fn confirm(app: &App, order: &str, payment: Option<&str>) -> Result<OrderRow, AppError> {
    let payment = payment.map(str::to_owned);
    let (market, _) = found(app, order)?;
    let row = in_lanes(app, order, move |tx, mut row, basket, now| {
        let expires_at = row.expires_at_us.map(Micros);
        if rules::confirm(row.kept, expires_at, now).map_err(refused)? == Outcome::Repeated {
            return Ok(row);
        }
        row.kept = Kept::Placed;
        row.expires_at_us = None;
        row.payment.clone_from(&payment);
        order::save(tx, &row)?;
        let lane = first_lane(&market, &basket)?;
        tx.announce_in(&lane, CONFIRMED, &row.order, &[], now.0)?;
        metric::decided("confirmed");
        Ok(row)
    })?;
    app.orders.ring();
    Ok(row)
}

/// A reservation is let go: its stock is back. Repeated, it changes nothing.
///
/// Errors: [`AppError::Refused`] by the codes of [`Refusal`]; no such order.
pub fn release(app: &App, order: &str) -> Result<OrderRow, AppError> {
    let (market, _) = found(app, order)?;
    in_lanes(app, order, move |tx, mut row, mut basket, now| {
        if rules::release(row.kept).map_err(refused)? == Outcome::Done {
            let end = End { kept: Kept::Released, kind: RELEASED, now };
            end_of(tx, &market, &mut row, &mut basket, &end)?;
            metric::decided("released");
        }
        Ok(row)
    })
}

/// Calls an order off, until somebody has any of it: its deliveries with it, in one transaction
/// where they are kept in the same store. Elsewhere the deliveries are called off first: what then
/// is left undone is done by whoever hears of them. Repeated, it changes nothing.
///
/// Errors: [`AppError::Refused`] by the codes of [`Refusal`]; no such order.
pub fn cancel(
    app: &App,
    order: &str,
    reason: Option<String>,
    actor: &str,
) -> Result<OrderRow, AppError> {
    let (market, row) = found(app, order)?;
    let (terms, now) = (terms_of(app, &market)?, app.clock.now());
    let to = Status::Cancelled;
    let said = Said { to, at: now, now, actor: actor.to_owned(), reason };
    let with_deliveries = is_common(app, &market);
    let was_placed = row.kept == Kept::Placed;
    if !with_deliveries && was_placed {
        hand_over::call_off(app, &market, &row, said.clone())?;
    }
    let also = if with_deliveries { vec![dispatch_lane(&market)?] } else { Vec::new() };
    let here = market.clone();
    let row = in_lanes_and(app, order, also, move |tx, mut row, mut basket, now| {
        let deliveries = match with_deliveries {
            true => deliveries(tx, &row, &basket)?,
            false if row.kept == Kept::Placed && !was_placed => {
                let reason = "it was confirmed in this moment; ask again".to_owned();
                return Err(AppError::Refused { code: "changed", reason });
            }
            // They were called off, or this would not have come so far.
            false => Vec::new(),
        };
        if rules::cancel(row.kept, statuses(&deliveries)).map_err(refused)? == Outcome::Done {
            call_off(tx, deliveries, &said, &terms)?;
            let end = End { kept: Kept::Cancelled, kind: CANCELLED, now };
            end_of(tx, &here, &mut row, &mut basket, &end)?;
            metric::decided("cancelled");
        }
        Ok(row)
    })?;
    app.dispatch.ring(&market);
    Ok(row)
}

/// How the deliveries of an order stand, part by part.
pub(super) fn deliveries(
    tx: &mut LaneTx<'_>,
    row: &OrderRow,
    basket: &Basket,
) -> Result<Vec<Option<DispatchRow>>, StoreError> {
    (0..basket.parts.len()).map(|part| dispatch::load(tx, &delivery_id(&row.order, part))).collect()
}

/// How they stand, as the rules take it: what failed before anybody had the goods is with the shop,
/// like what was called off.
pub(super) fn statuses(deliveries: &[Option<DispatchRow>]) -> impl Iterator<Item = Option<Status>> {
    deliveries.iter().map(|delivery| {
        let delivery = delivery.as_ref()?;
        let never_left = delivery.status == Status::Failed && delivery.ended_at_us.is_some();
        Some(if never_left { Status::Cancelled } else { delivery.status })
    })
}

/// Calls off the deliveries that have not ended. The lane of dispatch is the first of the command.
pub(super) fn call_off(
    tx: &mut LaneTx<'_>,
    deliveries: Vec<Option<DispatchRow>>,
    said: &Said,
    terms: &Terms,
) -> Result<(), AppError> {
    let open = |delivery: &DispatchRow| delivery.ended_at_us.is_none();
    for mut delivery in deliveries.into_iter().flatten().filter(open) {
        change::change(tx, &mut delivery, said, None, terms)?;
    }
    Ok(())
}

/// How an order ends whose stock comes back.
pub(super) struct End {
    /// As what it is kept.
    pub kept: Kept,
    /// What is announced.
    pub kind: &'static str,
    /// Now.
    pub now: Micros,
}

/// Ends an order in its lanes: what it still has of stock comes back.
pub(super) fn end_of(
    tx: &mut LaneTx<'_>,
    market: &MarketId,
    row: &mut OrderRow,
    basket: &mut Basket,
    end: &End,
) -> Result<(), AppError> {
    let parts: Vec<usize> =
        (0..basket.parts.len()).filter(|part| !basket.parts[*part].is_back).collect();
    row.kept = end.kept;
    row.expires_at_us = None;
    if parts.is_empty() {
        // Its deliveries ended one by one, and their stock came back with them.
        let lane = first_lane(market, basket)?;
        order::save(tx, row)?;
        tx.announce_in(&lane, end.kind, &row.order, &[], end.now.0)?;
        return Ok(());
    }
    give_back(tx, market, (row, basket), &parts, (end.kind, end.now))
}

/// Gives back the stock of parts in their lanes, and keeps that it is back.
pub(super) fn give_back(
    tx: &mut LaneTx<'_>,
    market: &MarketId,
    (row, basket): (&mut OrderRow, &mut Basket),
    parts: &[usize],
    (kind, now): (&str, Micros),
) -> Result<(), AppError> {
    let mut lanes = Vec::with_capacity(parts.len());
    for part in parts {
        lanes.push(stock_lane(market, basket.parts[*part].bucket)?);
    }
    let mut changes = Vec::new();
    for (part, lane) in parts.iter().zip(&lanes) {
        let part = &mut basket.parts[*part];
        let items: Vec<i64> = part.lines.iter().map(|line| line.item_no).collect();
        let rows = movement::stock(tx, part.center_no, &items)?;
        for line in &part.lines {
            let before = rows.iter().find(|row| row.item_no == line.item_no).copied();
            let before: StockRow = before.ok_or(StoreError::NoRow)?;
            let (lane_no, delta) = (part.lane_no, line.quantity);
            changes.push(Change { lane, lane_no, before, delta, kind: MovementKind::Returned });
        }
        part.is_back = true;
        let whose = (row.order.as_str(), Some(part.center_no));
        apology::settle(tx, whose, ("doorstep", "the stock came back"), now.0)?;
    }
    row.parts = written(basket)?;
    order::save(tx, row)?;
    moving::write(tx, &changes, Telling { kind, cause: &row.order, now })?;
    Ok(())
}

fn first_lane(market: &MarketId, basket: &Basket) -> Result<LaneId, AppError> {
    Ok(basket.lanes(market)?.into_iter().next().ok_or(StoreError::NoRow)?)
}

/// Runs a claim on an order in the lanes of its centres.
fn in_lanes(
    app: &App,
    order: &str,
    claim: impl Fn(&mut LaneTx<'_>, OrderRow, Basket, Micros) -> Result<OrderRow, AppError>
    + Send
    + 'static,
) -> Result<OrderRow, AppError> {
    in_lanes_and(app, order, Vec::new(), claim)
}

/// The same with other lanes held besides.
fn in_lanes_and(
    app: &App,
    order: &str,
    mut lanes: Vec<LaneId>,
    claim: impl Fn(&mut LaneTx<'_>, OrderRow, Basket, Micros) -> Result<OrderRow, AppError>
    + Send
    + 'static,
) -> Result<OrderRow, AppError> {
    let (market, row) = found(app, order)?;
    // From which centres it is never changes.
    lanes.extend(Basket::of(&row)?.lanes(&market)?);
    let (id, now) = (order.to_owned(), app.clock.now());
    let row = app.stock.store_of(app, &market).lanes(&lanes, move |tx| {
        let row = order::load(tx, &id)?.ok_or_else(|| unknown(&id))?;
        let basket = Basket::of(&row)?;
        claim(tx, row, basket, now)
    })?;
    app.stock.ring();
    Ok(row)
}

pub(super) fn refused(refusal: Refusal) -> AppError {
    AppError::Refused { code: refusal.code(), reason: refusal.to_string() }
}
