//! What the store needs from an engine. Two exist: SQLite and Postgres.

use std::path::Path;

use crate::sql::Dialect;
use crate::{StoreError, Tx};

/// A database that can be connected to.
pub(crate) trait Engine: Send + Sync {
    /// The word for it in answers and metrics.
    fn name(&self) -> &'static str;

    /// What its schema files need replaced.
    fn dialect(&self) -> Dialect;

    /// A connection that may write.
    fn writer(&self) -> Result<Box<dyn Session>, StoreError>;

    /// A connection that cannot write.
    fn reader(&self) -> Result<Box<dyn Session>, StoreError>;

    /// Writes one state of the database into a new file, while others write on; not yet synced.
    fn copy_into(&self, file: &Path) -> Result<(), StoreError>;

    /// How lanes are spread over threads.
    fn lanes(&self) -> LanePlan;
}

/// How an engine runs lanes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LanePlan {
    /// Threads that write; a lane always belongs to the same one.
    pub(crate) workers: usize,
    /// Commands in one commit.
    pub(crate) batch_commands_max: usize,
    /// Whether one commit may serve several lanes. Where writers run side by side it must not:
    /// it would hold lanes back that another process could serve.
    pub(crate) mixes_lanes: bool,
}

/// A connection and the transaction that may be open on it.
pub(crate) trait Session: Tx + Send {
    /// Begins a transaction that may write.
    fn begin_write(&mut self) -> Result<(), StoreError>;

    /// What a `select` ends with whose rows shall be held until the transaction ends, in the order
    /// in which they are read; nothing where a transaction that may write holds everything.
    fn row_lock(&self) -> &'static str;

    /// Begins a read-only transaction that sees one state of the database.
    fn begin_read(&mut self) -> Result<(), StoreError>;

    /// Runs statements without parameters: savepoints and schema files.
    fn batch(&mut self, sql: &str) -> Result<(), StoreError>;

    /// Makes the transaction durable. [`StoreError::Unknown`] when it may or may not have been;
    /// after any other error nothing was committed.
    fn commit(&mut self) -> Result<(), StoreError>;

    /// Undoes the transaction; harmless when there is none.
    fn rollback(&mut self) -> Result<(), StoreError>;

    /// Whether the transaction still stands: an engine may end it by itself after an error.
    fn in_transaction(&mut self) -> bool;

    /// Waits until no other process changes the schema, until the transaction ends.
    fn lock_schema(&mut self) -> Result<(), StoreError>;

    /// What the engine finds wrong with its own files; empty when all is well.
    fn self_check(&mut self) -> Result<Vec<String>, StoreError>;
}
