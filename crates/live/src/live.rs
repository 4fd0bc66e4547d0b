//! The door to the engine: one lock, held for moments.

use crate::world::{Arrival, World, prepare};
use crate::{
    Applied, Bbox, Change, CourierState, HistoryGone, MarketCount, Near, Scope, Seen, Within,
};
use doorstep_domain::id::MarketId;
use doorstep_domain::tracking::{Ping, Position};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Pings applied under one hold of the lock: some 100 µs, so that readers do not wait longer.
const RUN: usize = 1_024;

/// Couriers told to a snapshot under one hold of the lock.
const SNAPSHOT_RUN: usize = 4_096;

/// Why no engine was opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LiveError {
    /// Not one of ours.
    #[error("{0:?} names no engine of positions; there is `memory:`")]
    UnknownEngine(String),
}

/// The newest position of every courier. A clone is the same engine.
#[derive(Clone)]
pub struct Live {
    epoch: u64,
    world: Arc<RwLock<World>>,
}

impl Live {
    /// An empty engine; versions and numbers hold within `epoch`, which no earlier one had.
    ///
    /// Errors: a URL other than `memory:`.
    pub fn open(url: &str, epoch: u64) -> Result<Live, LiveError> {
        match url {
            "memory:" => Ok(Live { epoch, world: Arc::default() }),
            other => Err(LiveError::UnknownEngine(other.to_owned())),
        }
    }

    /// Which life of the engine this is.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Grows with every change; 0 before the first.
    pub fn version(&self) -> u64 {
        self.read().version()
    }

    /// Lets pings of one market's couriers move them, in the order in which they arrived.
    ///
    /// A courier last seen in another market is in this one from now on.
    pub fn apply<'a>(
        &self,
        market: &MarketId,
        pings: impl Iterator<Item = (&'a str, Ping)>,
    ) -> Applied {
        let mut pings = pings.map(prepare);
        let mut applied = Applied::default();
        let mut run: Vec<Arrival<'a>> = Vec::with_capacity(RUN);
        loop {
            // What needs no lock is done without: readers have their turn meanwhile.
            run.clear();
            run.extend(pings.by_ref().take(RUN));
            if run.is_empty() {
                return applied;
            }
            self.write().apply(market, &run, &mut applied);
        }
    }

    /// Says what a courier is doing; remembered also of couriers that have not been seen yet.
    pub fn set_state(&self, courier: &str, state: CourierState) {
        self.write().set_state(courier, state);
    }

    /// Where a courier is; `None` where it has not been seen.
    pub fn position(&self, courier: &str) -> Option<Seen> {
        self.read().position(courier)
    }

    /// Who is in a box, of one market or of all; more than `limit` are counted in clusters.
    pub fn within(&self, bbox: &Bbox, market: Option<&MarketId>, limit: usize) -> Within {
        self.read().within(bbox, market, limit)
    }

    /// The nearest of a market that `accept` accepts, nearest first, at most `count` of them and
    /// none farther than `radius_m` metres. `accept` must not call the engine.
    pub fn nearest(
        &self,
        market: &MarketId,
        at: Position,
        count: usize,
        radius_m: f64,
        accept: &mut dyn FnMut(&str) -> bool,
    ) -> Vec<Near> {
        self.read().nearest(market, at, count, radius_m, accept)
    }

    /// Puts all that changed in a scope after `since` into `out`, which is emptied first, each
    /// courier once and as it is now, and answers the version to ask from next. From 0 it is
    /// everything there is.
    ///
    /// Of a box: who is in it, who has left it since, and with them some who moved just outside.
    /// Errors: departures since then are forgotten, or `since` is a version of another epoch.
    pub fn changes(
        &self,
        scope: &Scope,
        since: u64,
        out: &mut Vec<Change>,
    ) -> Result<u64, HistoryGone> {
        out.clear();
        self.read().changes(scope, since, out)
    }

    /// Forgets who left which cell up to a version; the tracker calls it with a version that is
    /// more than a minute old. Watchers that were away for longer begin anew.
    pub fn forget_departures(&self, until: u64) {
        self.write().forget_departures(until);
    }

    /// Tells each courier that changed after a version, and answers the version to begin from the
    /// next time; readers and the writer have their turn in between.
    pub fn snapshot_since(
        &self,
        version: u64,
        each: &mut dyn FnMut(&MarketId, &str, &Ping),
    ) -> u64 {
        let taken = self.version();
        let mut from = 0;
        loop {
            let world = self.read();
            if from >= world.len() {
                return taken;
            }
            world.tell(from..from + SNAPSHOT_RUN, version, each);
            from += SNAPSHOT_RUN;
        }
    }

    /// How many couriers have been seen.
    pub fn len(&self) -> usize {
        self.read().len()
    }

    /// Whether nobody has been seen.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many couriers of each market do what, the markets in the order of their first ping.
    pub fn counts(&self) -> Vec<MarketCount> {
        self.read().counts()
    }

    // Whoever panicked under the lock did so between two whole changes, or is a defect that the
    // next start repairs: positions are derived.
    fn read(&self) -> RwLockReadGuard<'_, World> {
        self.world.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, World> {
        self.world.write().unwrap_or_else(PoisonError::into_inner)
    }
}
