//! What flows: a durable, partitioned, replayable log that never parses what it carries.
//!
//! A [`Log`] holds topics; a topic is split into partitions by a stable hash of the record's key;
//! a partition is one SQLite file with one row per batch. `append` answers once the records are on
//! disk. Offsets are dense within a partition, and the order of a key's records is kept.
//!
//! Why SQLite, and what it costs: `docs/decisions/0003-log-on-sqlite.md`.

mod batch;
mod error;
mod key_hash;
pub mod limits;
mod log;
mod metric;
mod partition;
mod receipt;
mod run;
mod snapshot;
mod topic;

pub use error::LogError;
pub use log::Log;
pub use partition::reader::Verified;
pub use receipt::Appended;
pub use run::{Entry, Record};
pub use snapshot::{CopiedPartition, snapshot};
pub use topic::Topic;
