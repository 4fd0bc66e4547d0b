//! Where the index comes from: one store, and the stock lanes of its markets.

use super::stock_lane;
use crate::error::AppError;
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use doorstep_store::center::BUCKETS;
use doorstep_store::{LaneId, Store};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// Never, as an instant.
const NEVER: i64 = i64::MIN;

/// One store, and what is known of it.
pub(super) struct Feed {
    /// Where the lanes are.
    pub store: Store,
    /// Where rows are read: a copy of it, if there is one.
    pub rows: Store,
    /// Held by whoever follows.
    pub following: Mutex<()>,
    has_copy: bool,
    markets: BTreeMap<MarketId, Vec<Lane>>,
    is_loaded: AtomicBool,
}

/// How far a stock lane was followed.
pub(super) struct Lane {
    /// Which.
    pub id: LaneId,
    applied: AtomicI64,
    known_at_us: AtomicI64,
}

impl Lane {
    fn new(id: LaneId) -> Lane {
        Lane { id, applied: AtomicI64::new(0), known_at_us: AtomicI64::new(NEVER) }
    }

    /// The last announcement that was taken.
    pub(super) fn applied(&self) -> i64 {
        self.applied.load(Ordering::Acquire)
    }

    /// Everything up to this announcement was taken.
    pub(super) fn apply(&self, seq: i64) {
        self.applied.store(seq, Ordering::Release);
    }

    /// Nothing newer was there at an instant.
    pub(super) fn was_at_its_end(&self, at: Micros) {
        self.known_at_us.store(at.0, Ordering::Release);
    }

    /// It is not known how it stands.
    pub(super) fn is_lost(&self) {
        self.known_at_us.store(NEVER, Ordering::Release);
    }
}

impl Feed {
    /// The common store and the others, each with its markets.
    pub(super) fn all(
        store: &Store,
        replica: Option<Store>,
        elsewhere: &BTreeMap<MarketId, Store>,
        markets: &[MarketId],
    ) -> Result<Vec<Feed>, AppError> {
        let common = markets.iter().filter(|market| !elsewhere.contains_key(*market));
        let mut feeds = vec![Feed::new(store, replica, common)?];
        for (market, store) in elsewhere {
            // Markets that share a store are followed one by one all the same: it is read twice,
            // and nobody has to ask which stores are the same.
            feeds.push(Feed::new(store, None, std::iter::once(market))?);
        }
        Ok(feeds)
    }

    fn new<'a>(
        store: &Store,
        copy: Option<Store>,
        markets: impl Iterator<Item = &'a MarketId>,
    ) -> Result<Feed, AppError> {
        let lanes = |market: &MarketId| -> Result<Vec<Lane>, AppError> {
            (0..BUCKETS).map(|bucket| Ok(Lane::new(stock_lane(market, bucket)?))).collect()
        };
        let markets = markets
            .map(|market| Ok((market.clone(), lanes(market)?)))
            .collect::<Result<_, AppError>>()?;
        let (following, is_loaded) = (Mutex::default(), AtomicBool::new(false));
        let has_copy = copy.is_some();
        let (store, rows) = (store.clone(), copy.unwrap_or_else(|| store.clone()));
        Ok(Feed { store, rows, following, has_copy, markets, is_loaded })
    }

    /// Whether a market's stock is kept there.
    pub(super) fn has(&self, market: &MarketId) -> bool {
        self.markets.contains_key(market)
    }

    /// Whether there is a copy besides the store itself.
    pub(super) fn has_copy(&self) -> bool {
        self.has_copy
    }

    /// Every lane.
    pub(super) fn lanes(&self) -> impl Iterator<Item = &Lane> {
        self.markets.values().flatten()
    }

    /// One lane.
    pub(super) fn lane(&self, market: &MarketId, bucket: i64) -> Option<&Lane> {
        self.markets.get(market)?.get(usize::try_from(bucket).ok()?)
    }

    /// When all quantities of a market were last known to be those of the store.
    pub(super) fn known_at(&self, market: &MarketId) -> Option<Micros> {
        let lanes = self.markets.get(market)?.iter();
        let known_at_us = lanes.map(|lane| lane.known_at_us.load(Ordering::Acquire)).min()?;
        (known_at_us != NEVER).then_some(Micros(known_at_us))
    }

    /// Whether everything was loaded once.
    pub(super) fn is_loaded(&self) -> bool {
        self.is_loaded.load(Ordering::Acquire)
    }

    /// Whether what is there can be followed, or must be loaded.
    pub(super) fn set_loaded(&self, is_loaded: bool) {
        self.is_loaded.store(is_loaded, Ordering::Release);
    }
}
