//! Orders: stock is taken in one transaction, or nothing is.
//!
//! `ask` reads what is wanted, `plan` says from where by what memory knows, `decide` takes it in
//! the lanes of the centres, `place` does both; `claims` confirm, release and call off. `hand_over`
//! makes deliveries of what was placed, `returns` takes back what no delivery carries, `expiry`
//! what nobody confirmed.

pub mod apologies;
pub mod ask;
pub mod claims;
pub mod expiry;
pub mod hand_over;
pub mod linked;
pub mod listing;
pub mod missing;
pub mod place;
pub mod refunds;
pub mod returns;
pub mod view;

pub(crate) mod decide;
pub(crate) mod kept;
pub(crate) mod lanes;
pub(crate) mod metric;
pub(crate) mod plan;

use crate::app::App;
use crate::config::ShopConfig;
use crate::dispatch::bell::Bell;
use crate::error::AppError;
use doorstep_domain::id::MarketId;
use doorstep_store::order::{self, OrderRow};
use doorstep_store::{StoreError, Tx};
use std::time::Duration;

/// What a process knows of orders in memory.
#[derive(Debug, Default)]
pub struct Orders {
    /// Rung whenever there is something to be handed over.
    news: Bell,
}

impl Orders {
    /// Waits until something was placed in this process, or the time is over.
    pub fn wait(&self, most: Duration) {
        self.news.wait(most);
    }

    /// Wakes whoever hands over.
    pub(crate) fn ring(&self) {
        self.news.ring();
    }
}

/// An order, wherever it is kept. Errors: there is none of that name, or there may be one in a
/// store that is not there; while it is found in another, that one holds nobody up.
pub(crate) fn found(app: &App, order: &str) -> Result<(MarketId, OrderRow), AppError> {
    let row = in_any_store(app, |tx| order::load(tx, order))?.ok_or_else(|| unknown(order))?;
    let market = row.market.parse().map_err(|_| unknown(order))?;
    Ok((market, row))
}

/// What is found first in one of the stores. Errors: it was not found, and the first of those that
/// are not there.
fn in_any_store<T>(
    app: &App,
    find: impl Fn(&mut dyn Tx) -> Result<Option<T>, StoreError>,
) -> Result<Option<T>, AppError> {
    let mut outcome = Ok(None);
    for market in one_of_each_store(app) {
        match app.stock.store_of(app, market).read(&find) {
            Ok(None) => {}
            Ok(found) => return Ok(found),
            Err(error) => outcome = outcome.and(Err(error.into())),
        }
    }
    outcome
}

/// Markets that stand for all stores in which orders are kept, one for each store: first of the
/// common one.
pub(crate) fn one_of_each_store(app: &App) -> impl Iterator<Item = &MarketId> {
    let common = app.markets.keys().find(|market| is_common(app, market));
    let own = app.markets.keys().filter(|market| !is_common(app, market));
    let own = own.filter(|market| {
        let store = app.stock.store_of(app, market);
        // Of those that share one of their own the first stands for it.
        let of_it = app.markets.keys().find(|other| store.is_same(app.stock.store_of(app, other)));
        of_it == Some(*market)
    });
    common.into_iter().chain(own)
}

/// Whether a market's orders are kept where its deliveries are.
pub(crate) fn is_common(app: &App, market: &MarketId) -> bool {
    std::ptr::eq(app.stock.store_of(app, market), &app.store)
}

/// How long a reservation of a market holds, in microseconds.
fn hold_us(app: &App, market: &MarketId) -> i64 {
    shop(app, market).hold.0
}

/// How long from an order until it can be picked up, in microseconds.
fn picking_us(app: &App, market: &MarketId) -> i64 {
    shop(app, market).picking.0
}

fn shop(app: &App, market: &MarketId) -> ShopConfig {
    app.config.markets.get(market).map(|market| market.shop).unwrap_or_default()
}

pub(crate) fn unknown(order: &str) -> AppError {
    AppError::NotFound { what: "order", id: order.to_owned() }
}
