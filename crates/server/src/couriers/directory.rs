//! Couriers in memory, so that a ping finds its market without a look into the store.

use super::table::{Entry, Table};
use crate::error::AppError;
use crate::wire::PINGS;
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use doorstep_log::Log;
use doorstep_store::courier::{self, CourierRow};
use doorstep_store::{Store, StoreError};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

/// How long it is remembered that a courier is not in the store, in microseconds: so soon after
/// another process has registered them their pings are taken here.
const MISSING_US: i64 = 2_000_000;

/// Most couriers of whom it is remembered that they are not there: some megabytes of names.
const MISSING_MAX: usize = 65_536;

/// The couriers of the configured markets. Whoever was registered by another process is found
/// within seconds; nobody is ever moved or removed.
pub struct Directory {
    markets: Vec<MarketId>,
    log: Log,
    known: RwLock<Table>,
    loaded: AtomicBool,
    /// Held by whoever loads: a hundred first requests must not each read a million couriers.
    loading: Mutex<()>,
    /// The hash is keyed: strangers can name whom they like.
    missing: Mutex<HashMap<Box<str>, Micros>>,
}

/// The couriers known at a moment; while one is held nobody is registered, so it is held briefly.
pub struct Known<'a>(RwLockReadGuard<'a, Table>);

impl Known<'_> {
    /// Where a courier's pings go; none where the courier is not known here.
    pub fn find(&self, courier: &str) -> Option<&Entry> {
        self.0.find(courier)
    }
}

impl Directory {
    /// An empty one. Couriers are loaded when first asked for: a command that needs none does not
    /// wait for a million of them.
    pub fn new(markets: impl Iterator<Item = MarketId>, log: Log) -> Directory {
        let mut markets: Vec<MarketId> = markets.collect();
        markets.sort_unstable();
        Directory {
            markets,
            log,
            known: RwLock::default(),
            loaded: AtomicBool::new(false),
            loading: Mutex::default(),
            missing: Mutex::default(),
        }
    }

    /// The markets; an entry names one by its place.
    pub fn markets(&self) -> &[MarketId] {
        &self.markets
    }

    /// The couriers known now.
    pub fn known(&self) -> Known<'_> {
        Known(self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The market of a courier, as far as known in memory.
    pub fn market_of(&self, courier: &str) -> Option<&MarketId> {
        let market = self.known().find(courier)?.market;
        self.markets.get(usize::from(market))
    }

    /// Whether the store was just asked for this courier in vain.
    pub fn is_missing(&self, courier: &str, now: Micros) -> bool {
        let asked_at = self.lock_missing().get(courier).copied();
        asked_at.is_some_and(|asked_at| (0..MISSING_US).contains(&(now.0 - asked_at.0)))
    }

    /// Whether every courier of the store has been loaded once.
    pub fn is_loaded(&self) -> bool {
        self.loaded.load(Ordering::Acquire)
    }

    /// Loads every courier of the store, once. It blocks.
    pub fn load(&self, store: &Store) -> Result<(), AppError> {
        if self.is_loaded() {
            return Ok(());
        }
        let _loading = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_loaded() {
            return Ok(());
        }
        let mut found = Vec::new();
        store.read(|tx| {
            courier::each(tx, &mut |courier, market| {
                let place = self.place_of(courier, market);
                found.extend(place.map(|place| (Box::from(courier), place)));
                Ok(())
            })
            .map_err(AppError::from)
        })?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.reserve(found.len());
        for (courier, (market, partition)) in found {
            let courier: Box<str> = courier;
            known.add(&courier, market, partition);
        }
        drop(known);
        self.loaded.store(true, Ordering::Release);
        Ok(())
    }

    /// Looks for couriers in the store: those found are known from then on, the others missing
    /// for a while. It blocks.
    pub fn look<'a>(
        &self,
        store: &Store,
        couriers: impl Iterator<Item = &'a str>,
        now: Micros,
    ) -> Result<(), AppError> {
        self.load(store)?;
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        let mut unknown: Vec<&str> =
            couriers.filter(|courier| self.known().find(courier).is_none()).collect();
        unknown.sort_unstable();
        unknown.dedup();
        store.read(|tx| {
            for courier in unknown {
                match courier::by_id(tx, courier)? {
                    Some(row) if self.is_configured(&row.market) => found.push(row),
                    _ => missing.push(Box::from(courier)),
                }
            }
            Ok::<_, StoreError>(())
        })?;
        self.learn(&found);
        let mut remembered = self.lock_missing();
        if remembered.len() + missing.len() > MISSING_MAX {
            remembered.clear();
        }
        remembered.extend(missing.into_iter().take(MISSING_MAX).map(|courier| (courier, now)));
        Ok(())
    }

    /// Couriers that are in the store now.
    pub fn learn(&self, rows: &[CourierRow]) {
        let mut missing = self.lock_missing();
        for row in rows {
            missing.remove(row.courier.as_str());
        }
        drop(missing);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for row in rows {
            if let Some((market, partition)) = self.place_of(&row.courier, &row.market) {
                known.add(&row.courier, market, partition);
            }
        }
    }

    fn is_configured(&self, market: &str) -> bool {
        self.markets.binary_search_by(|known| known.as_str().cmp(market)).is_ok()
    }

    /// The market, by its place, and the partition. None where the market is not configured (any
    /// more): its couriers are as good as unknown.
    fn place_of(&self, courier: &str, market: &str) -> Option<(u16, u16)> {
        let market = self.markets.binary_search_by(|known| known.as_str().cmp(market)).ok()?;
        let partition = self.log.partition_of(PINGS, courier.as_bytes()).ok()?;
        Some((u16::try_from(market).ok()?, u16::try_from(partition).ok()?))
    }

    fn lock_missing(&self) -> MutexGuard<'_, HashMap<Box<str>, Micros>> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
