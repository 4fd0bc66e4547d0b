//! What is where now: the newest position of every courier, in memory.
//!
//! One tracker writes, any number of readers ask: where is a courier, who is in a box, who is
//! nearest, what has changed since I last asked. Derived from the log and rebuilt from it; nothing
//! here is a source of truth.

mod bbox;
mod live;
mod seen;
mod world;

pub use bbox::Bbox;
pub use live::{Live, LiveError};
pub use seen::{
    Applied, Change, Cluster, CourierState, HistoryGone, MarketCount, Near, Scope, Seen, Within,
};
