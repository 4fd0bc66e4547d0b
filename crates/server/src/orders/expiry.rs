//! What nobody confirmed in time: its stock comes back, many at once.

use super::claims::{End, end_of};
use super::kept::Basket;
use super::metric;
use crate::app::App;
use crate::error::AppError;
use crate::stock::told::RELEASED;
use doorstep_domain::id::MarketId;
use doorstep_domain::order::Kept;
use doorstep_store::order::{self, OrderRow};
use doorstep_store::{LaneId, StoreError};

/// Reservations released in one go.
const RELEASED_AT_ONCE: u32 = 256;

/// Releases reservations of a market whose time is over; answers how many there were.
pub fn step(app: &App, market: &MarketId) -> Result<usize, AppError> {
    let (store, now) = (app.stock.store_of(app, market), app.clock.now());
    let over = store.read(|tx| order::expired(tx, market.as_str(), now.0, RELEASED_AT_ONCE))?;
    if over.is_empty() {
        return Ok(0);
    }
    let mut lanes: Vec<LaneId> = Vec::new();
    for row in &over {
        lanes.extend(Basket::of(row)?.lanes(market)?);
    }
    let (count, here) = (over.len(), market.clone());
    let orders: Vec<String> = over.into_iter().map(|row| row.order).collect();
    store.lanes(&lanes, move |tx| {
        for order in &orders {
            let mut row = order::load(tx, order)?.ok_or(StoreError::NoRow)?;
            let Some(late_us) = late_us(&row, now.0) else {
                continue;
            };
            let mut basket = Basket::of(&row)?;
            let end = End { kept: Kept::Released, kind: RELEASED, now };
            end_of(tx, &here, &mut row, &mut basket, &end)?;
            metric::expired(late_us);
            metric::decided("expired");
        }
        Ok::<_, AppError>(())
    })?;
    app.stock.ring();
    Ok(count)
}

/// By how much the time of a reservation is over; none where it has gone on meanwhile.
fn late_us(row: &OrderRow, now_us: i64) -> Option<i64> {
    let late_us = now_us - row.expires_at_us.filter(|_| row.kept == Kept::Reserved)?;
    (late_us >= 0).then_some(late_us)
}
