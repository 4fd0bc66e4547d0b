//! Stock: what can be had, where it lies, who is reached from there, and how much is left.
//!
//! All of it is in memory and derived: [`catalogue`] is items and centres, [`index`] how much of
//! what lies where, [`reach`] which centres reach a place; [`follow`] keeps them up. `available`
//! answers out of it, and out of the store where it is not known freshly enough. Nothing that is
//! claimed trusts it.

pub mod available;
pub mod catalogue;
pub mod copies;
pub mod follow;
pub mod import;
pub mod movements;
pub mod put;
pub mod reach;
pub mod search;
pub mod told;
pub mod view;

pub(crate) mod moving;

pub(crate) mod metric;

mod feed;
mod index;

pub use catalogue::{Center, Item};
pub use reach::Reached;

use crate::app::App;
use crate::dispatch::bell::Bell;
use crate::error::AppError;
use catalogue::Catalogue;
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::Position;
use doorstep_store::{LaneId, Store, StoreError, Tx};
use feed::Feed;
use index::Index;
use reach::Reach;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// What a process knows of stock.
pub struct Stock {
    catalogue: Catalogue,
    index: Index,
    reach: Reach,
    feeds: Vec<Feed>,
    /// Where stock and orders of a market are kept, of those that are not in the common store.
    elsewhere: BTreeMap<MarketId, Store>,
    /// Rung whenever a stock lane has announced something here.
    news: Bell,
    /// Told whenever what was announced has been followed.
    followed: Notify,
    /// Whether somebody follows in this process.
    is_followed: AtomicBool,
    /// How much imports have under way.
    turns: import::Turns,
}

impl Stock {
    /// Nothing known yet: items and centres are loaded when first asked for, quantities by whoever
    /// follows.
    pub(crate) fn new<'a>(
        store: &Store,
        replica: Option<Store>,
        elsewhere: BTreeMap<MarketId, Store>,
        markets: impl Iterator<Item = &'a MarketId>,
    ) -> Result<Stock, AppError> {
        let markets: Vec<MarketId> = markets.cloned().collect();
        Ok(Stock {
            catalogue: Catalogue::new(store.clone(), replica.clone()),
            index: Index::default(),
            reach: Reach::new(markets.clone()),
            feeds: Feed::all(store, replica, &elsewhere, &markets)?,
            elsewhere,
            news: Bell::default(),
            followed: Notify::new(),
            is_followed: AtomicBool::new(false),
            turns: import::Turns::default(),
        })
    }

    /// Where stock and orders of a market are kept.
    pub fn store_of<'a>(&'a self, app: &'a App, market: &MarketId) -> &'a Store {
        self.elsewhere.get(market).unwrap_or(&app.store)
    }

    /// Reads the common store, or where that is not there the copy of it, if there is one: for what
    /// may be a little old rather than not there.
    pub(crate) fn read_common<T>(
        &self,
        app: &App,
        query: impl Fn(&mut dyn Tx) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let copy = self.feeds.first().filter(|feed| feed.has_copy());
        app.store.read(&query).or_else(|error| match copy {
            Some(feed) => feed.rows.read(&query),
            None => Err(error),
        })
    }

    /// An item that is sold in a market. It blocks where nothing was asked for before.
    pub fn item(&self, market: &MarketId, item: &str) -> Option<Arc<Item>> {
        let found = self.catalogue.item(item)?;
        found.price_minor(market).is_some().then_some(found)
    }

    /// A centre by name. It blocks where nothing was asked for before.
    pub fn center(&self, center: &str) -> Option<Arc<Center>> {
        self.catalogue.center(center)
    }

    /// How much of an item there may be in a centre, by the index: 0 where nothing is known.
    pub fn hint(&self, center_no: i64, item_no: i64) -> i64 {
        self.index.quantity(center_no, item_no)
    }

    /// The centres that reach a place within the market's `within`, the soonest first; closed ones
    /// too. It blocks where nobody has asked near there lately. Errors: no such market.
    pub fn reaching(
        &self,
        app: &App,
        market: &MarketId,
        place: Position,
        now: Micros,
    ) -> Result<Vec<Reached>, AppError> {
        reach::reaching(app, market, place, now)
    }

    /// Items and centres in memory.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Wakes who follows: a stock lane has announced something in this process.
    pub fn ring(&self) {
        self.news.ring();
    }

    /// Waits until that is rung, or the time is over.
    pub(crate) fn wait(&self, most: Duration) {
        self.news.wait(most);
    }

    /// From here on somebody follows in this process.
    pub(crate) fn is_to_be_followed(&self) {
        self.is_followed.store(true, Ordering::Release);
    }

    /// Whether somebody follows in this process.
    pub fn is_followed(&self) -> bool {
        self.is_followed.load(Ordering::Acquire)
    }

    /// Ends when what was announced has been followed once more, from now on.
    pub(crate) fn followed(&self) -> impl Future<Output = ()> + '_ {
        let mut followed = Box::pin(self.followed.notified());
        followed.as_mut().enable();
        followed
    }

    /// Whether whoever follows has still to load what there is.
    pub fn is_loading(&self) -> bool {
        self.is_followed()
            && !(self.catalogue.is_loaded() && self.feeds.iter().all(Feed::is_loaded))
    }

    /// Stock rows in the index, and the bytes they take.
    pub fn index_size(&self) -> (usize, usize) {
        self.index.size()
    }

    /// When the quantities of a market were last known to be those of the store; `None` before
    /// they were loaded.
    pub fn known_at(&self, market: &MarketId) -> Option<Micros> {
        self.feed(market)?.known_at(market)
    }

    fn feed(&self, market: &MarketId) -> Option<&Feed> {
        self.feeds.iter().find(|feed| feed.has(market))
    }
}

/// The lane in which items and centres of every market change.
pub fn catalogue_lane() -> Result<LaneId, AppError> {
    Ok(LaneId::new("catalog")?)
}

/// The lane in which what lies in a bucket of a market's centres is moved.
pub fn stock_lane(market: &MarketId, bucket: i64) -> Result<LaneId, AppError> {
    Ok(LaneId::new(format!("stock/{market}/{bucket:02}"))?)
}
