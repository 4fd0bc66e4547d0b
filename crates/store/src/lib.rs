//! What is kept: claims decided in lanes, and the durable state they stand on.
//!
//! One body of SQL runs on SQLite (`sqlite:PATH`) and Postgres (`postgres://…`). Commands are
//! plain synchronous functions over [`Tx`]; a lane runs them one after another, commits many at
//! once, and answers only after the commit.

pub mod cursor;
pub mod idempotency;
pub mod outbox;
pub mod timer;

pub mod adjustment;
pub mod conflict;
pub mod day;
pub mod delivery;
pub mod interval;
pub mod market;
pub mod posting;
pub mod presence;
pub mod statement;

pub mod courier;
pub mod position;

pub mod dispatch;
pub mod offer;
pub mod package;

pub mod provider;

pub mod arrival;
pub mod street;

pub mod apology;
pub mod center;
pub mod item;
pub mod movement;
pub mod order;
pub mod quantity;
pub mod refund;

pub mod follow;
pub mod subscription;
pub mod task;

pub mod audit;
pub mod dead_letter;
pub mod key;
pub mod secret;

mod backoff;
mod check;
mod engine;
mod error;
mod lane;
mod limits;
mod lookup;
mod postgres;
mod schema;
mod snapshot;
mod sql;
mod sqlite;
mod store;
mod tx;
mod url;
mod value;

pub use check::Violation;
pub use error::StoreError;
pub use lane::{Decide, LaneId, LaneTx};
pub use limits::*;
pub use snapshot::snapshot;
pub use store::Store;
pub use tx::{Tx, TxExt};
pub use value::{Row, Value};
