//! Stock: what can be had, where it lies, who is reached from there, and how much is left.
//!
//! All of it is in memory and derived: [`catalogue`] is items and centres, [`index`] how much of
//! what lies where, [`reach`] which centres reach a place. Nothing that is claimed trusts it.

pub mod catalogue;
pub mod movements;
pub mod reach;
pub mod told;

pub(crate) mod moving;

mod index;

pub use catalogue::{Center, Item};
pub use reach::Reached;

use crate::app::App;
use crate::error::AppError;
use catalogue::Catalogue;
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::Position;
use doorstep_store::{LaneId, Store};
use index::Index;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a process knows of stock.
pub struct Stock {
    catalogue: Catalogue,
    index: Index,
    /// Where stock and orders of a market are kept, of those that are not in the common store.
    elsewhere: BTreeMap<MarketId, Store>,
}

impl Stock {
    /// Nothing known yet; loaded when first asked for, or by the follower.
    pub(crate) fn open(store: &Store) -> Stock {
        Stock {
            catalogue: Catalogue::new(store.clone()),
            index: Index::default(),
            elsewhere: BTreeMap::new(),
        }
    }

    /// Where stock and orders of a market are kept.
    pub fn store_of<'a>(&self, app: &'a App, market: &MarketId) -> &'a Store {
        app.stock.elsewhere.get(market).unwrap_or(&app.store)
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
}

/// The lane in which items and centres of every market change.
pub fn catalogue_lane() -> Result<LaneId, AppError> {
    Ok(LaneId::new("catalog")?)
}

/// The lane in which what lies in a bucket of a market's centres is moved.
pub fn stock_lane(market: &MarketId, bucket: i64) -> Result<LaneId, AppError> {
    Ok(LaneId::new(format!("stock/{market}/{bucket:02}"))?)
}
