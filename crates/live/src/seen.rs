//! What is answered: couriers as they are seen, and what changed about them.

use crate::Bbox;
use doorstep_domain::id::{CourierId, MarketId};
use doorstep_domain::tracking::{Ping, Position};
use std::sync::Arc;

/// What a courier is doing, as the dispatch and the facts tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum CourierState {
    /// Not available.
    Offline = 0,
    /// Available and carrying nothing; also whoever is seen and of whom nothing else is known.
    #[default]
    Idle = 1,
    /// Carrying at least one delivery.
    Carrying = 2,
}

/// How many states there are.
pub(crate) const STATES: usize = 3;

/// One courier where it is known to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Who.
    pub courier: Arc<str>,
    /// Where it works.
    pub market: Arc<MarketId>,
    /// Dense from 0 and for good within an epoch: a short name for frames and arrays.
    pub number: u32,
    /// The newest ping that was believed.
    pub ping: Ping,
    /// What it is doing.
    pub state: CourierState,
    /// The version of the last change of any of this.
    pub version: u64,
    /// Whether a newer ping was kept off because nobody moves so fast.
    pub implausible: bool,
}

/// One courier about whom something changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// As in [`Seen::number`].
    pub number: u32,
    /// Who.
    pub courier: Arc<str>,
    /// The newest ping that was believed.
    pub ping: Ping,
    /// What it is doing.
    pub state: CourierState,
    /// As in [`Seen::implausible`].
    pub implausible: bool,
}

/// One courier and how far it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Near {
    /// Metres along the great circle.
    pub distance_m: f64,
    /// The courier.
    pub seen: Seen,
}

/// Who is in a box: each of them, or where there are too many how many are where.
#[derive(Debug, Clone, PartialEq)]
pub enum Within {
    /// All of them, in no order.
    Couriers(Vec<Seen>),
    /// At most 1,024 clusters, from the south-west.
    Clusters(Vec<Cluster>),
}

/// Couriers in one tile of the globe, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cluster {
    /// The mean of where they are.
    pub center: Position,
    /// How many.
    pub count: usize,
}

/// What a watcher watches.
#[derive(Debug, Clone, PartialEq)]
pub enum Scope {
    /// These, known yet or not.
    Couriers(Vec<CourierId>),
    /// Whoever is in a box, of one market or of all.
    Box(Bbox, Option<MarketId>),
    /// A whole market.
    Market(MarketId),
}

/// What has changed since then is no longer known: begin anew, from version 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what changed since version {since} is no longer known")]
pub struct HistoryGone {
    /// The version that was asked for.
    pub since: u64,
}

/// What became of the pings of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Applied {
    /// Couriers seen for the first time.
    pub new: u64,
    /// Couriers that moved, or stayed and said so.
    pub moved: u64,
    /// Pings that say nothing new.
    pub stale: u64,
    /// Pings kept off because nobody moves so fast.
    pub implausible: u64,
}

/// How many couriers of a market have been seen, by what they do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketCount {
    /// The market.
    pub market: Arc<MarketId>,
    /// Not available.
    pub offline: usize,
    /// Carrying nothing.
    pub idle: usize,
    /// Carrying something.
    pub carrying: usize,
}
