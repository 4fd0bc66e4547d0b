//! A part that nobody will carry gives its stock back by itself.
//!
//! A reader of what a market's deliveries announce: it looks for those that carry orders and ended
//! before anybody had the goods. Where it stands is kept with the stock and moves in the
//! transaction of what comes back: each part comes back once.

use super::claims::give_back;
use super::kept::{Basket, order_of};
use super::metric;
use crate::app::App;
use crate::dispatch::dispatch_lane;
use crate::dispatch::readers::{self, Mark};
use crate::dispatch::told::{DELIVERY, DeliveryTold};
use crate::error::AppError;
use crate::stock::stock_lane;
use crate::stock::told::PART_BACK;
use doorstep_domain::dispatch::Status;
use doorstep_domain::id::MarketId;
use doorstep_store::LaneId;
use doorstep_store::order;
use doorstep_store::outbox::{self, Announced};
use std::collections::{BTreeMap, BTreeSet};

/// The consumer's name in the store.
pub const RETURNS: &str = "returns";

/// Announcements read in one go.
const ROWS_AT_ONCE: u32 = 1_024;

/// Takes back what will not be carried, of what a market's deliveries have announced since; answers
/// how many announcements there were.
///
/// Errors: [`doorstep_store::StoreError::Fenced`] where another process was faster.
pub fn step(app: &App, market: &MarketId) -> Result<usize, AppError> {
    let (lane, store) = (dispatch_lane(market)?, app.stock.store_of(app, market));
    let from = read_to(app, market)?;
    let rows = app.store.read(|tx| outbox::read(tx, &lane, from, ROWS_AT_ONCE))?;
    let Some(last) = rows.last() else {
        return Ok(0);
    };
    let mark = Mark::new(RETURNS, lane, from, last.seq);
    let ended = ended(&rows);
    let mut lanes = BTreeSet::new();
    for order in ended.keys() {
        let row = store.read(|tx| order::load(tx, order).map_err(AppError::from))?;
        let basket = row.map(|row| Basket::of(&row)).transpose()?;
        for part in basket.iter().flat_map(|basket| &basket.parts) {
            lanes.insert(stock_lane(market, part.bucket)?);
        }
    }
    if lanes.is_empty() {
        lanes.insert(LaneId::new(RETURNS)?);
    }
    let (now, here) = (app.clock.now(), market.clone());
    let lanes: Vec<LaneId> = lanes.into_iter().collect();
    let returned = store.lanes(&lanes, move |tx| {
        mark.advance(tx, now)?;
        let mut returned = 0;
        for (order, parts) in &ended {
            let Some(mut row) = order::load(tx, order)? else {
                continue;
            };
            let mut basket = Basket::of(&row)?;
            let is_out = |part: &&usize| basket.parts.get(**part).is_some_and(|part| !part.is_back);
            let parts: Vec<usize> = parts.iter().filter(is_out).copied().collect();
            if row.kept.holds_stock() && !parts.is_empty() {
                give_back(tx, &here, (&mut row, &mut basket), &parts, (PART_BACK, now))?;
                returned += parts.len() as u64;
            }
        }
        Ok::<_, AppError>(returned)
    })?;
    if returned > 0 {
        metric::returned(returned);
        app.stock.ring();
    }
    Ok(rows.len())
}

/// Up to which announcement of a market's deliveries everything has come back.
pub(crate) fn read_to(app: &App, market: &MarketId) -> Result<i64, AppError> {
    let lane = dispatch_lane(market)?;
    let store = app.stock.store_of(app, market);
    Ok(store.read(|tx| readers::read_to(tx, &lane, RETURNS))?)
}

/// Orders with their parts whose deliveries have ended before anybody had the goods.
fn ended(rows: &[Announced]) -> BTreeMap<String, BTreeSet<usize>> {
    let mut ended: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.kind.starts_with(DELIVERY)) {
        let Some((order, part)) = order_of(&row.subject).filter(|_| is_over(row)) else {
            continue;
        };
        ended.entry(order).or_default().insert(part);
    }
    ended
}

/// Whether nobody will carry it any more, and nobody has.
fn is_over(row: &Announced) -> bool {
    match serde_json::from_slice::<DeliveryTold>(&row.payload) {
        // Whoever failed after the pickup has the goods still: then it has not ended.
        Ok(told) => told.ended && [Status::Cancelled, Status::Failed].contains(&told.status),
        Err(error) => {
            tracing::error!(seq = row.seq, %error, "what was announced cannot be read");
            false
        }
    }
}
