//! What can go wrong in the store, by what the caller can do about it.

/// An error of the store. The same cause gives the same variant on both engines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The URL names no engine, or not completely.
    #[error("store URL: {detail}; expected sqlite:PATH or postgres://USER@HOST:PORT/DATABASE")]
    Url {
        /// What is wrong with it. Never contains the URL, which may hold a password.
        detail: String,
    },
    /// The database cannot be opened or reached at all.
    #[error("cannot open the store: {detail}")]
    Open {
        /// The engine's own words.
        detail: String,
    },
    /// The database could not be copied into a file.
    #[error("cannot copy the store: {detail}")]
    Snapshot {
        /// The engine's or the system's own words.
        detail: String,
    },
    /// The schema was written by a newer program; nothing was changed.
    #[error(
        "the store has schema version {found}, this program knows {known}: use a newer doorstep"
    )]
    SchemaNewer {
        /// Version in the database.
        found: i64,
        /// Newest version this program knows.
        known: i64,
    },
    /// A schema file that was already applied has another text now.
    #[error("schema file {name} was applied with another text; applied files must not change")]
    SchemaChanged {
        /// Name of the schema file.
        name: String,
    },
    /// The lane's queue is full; nothing was done.
    #[error("too many commands are waiting; retry after {retry_after_ms} ms")]
    Busy {
        /// When to try again, in milliseconds.
        retry_after_ms: u64,
    },
    /// The store is shutting down; nothing was done.
    #[error("the store is closed")]
    Closed,
    /// Another consumer moved the cursor first; nothing of this command was done.
    #[error(
        "cursor {consumer}/{topic}/{partition} is not at {expected}: another consumer moved it"
    )]
    Fenced {
        /// Consumer group.
        consumer: String,
        /// Topic.
        topic: String,
        /// Partition.
        partition: i64,
        /// The offset this consumer believed to be next.
        expected: i64,
    },
    /// A unique, foreign key, check or not-null constraint refused a statement.
    #[error("constraint: {detail}")]
    Constraint {
        /// The engine's own words.
        detail: String,
    },
    /// Another transaction stood in the way until every attempt was used; nothing was committed.
    #[error("contended: {detail}")]
    Contended {
        /// The engine's own words.
        detail: String,
    },
    /// The connection was lost before the commit; nothing was committed.
    #[error("disconnected: {detail}")]
    Disconnected {
        /// The engine's own words.
        detail: String,
    },
    /// The commit was sent and its answer never came: it may or may not have happened. A command
    /// with an idempotency key can safely be sent again.
    #[error("it is unknown whether the commit happened: {detail}")]
    Unknown {
        /// The engine's own words.
        detail: String,
    },
    /// A statement tried to write through a read.
    #[error("read-only: {detail}")]
    ReadOnly {
        /// The engine's own words.
        detail: String,
    },
    /// A statement is wrong or could not be run.
    #[error("statement: {detail}")]
    Statement {
        /// The engine's own words.
        detail: String,
    },
    /// A column does not hold what the program expects.
    #[error("column {column} is not {expected}")]
    Column {
        /// Index of the column, from 0.
        column: usize,
        /// What was asked for.
        expected: &'static str,
    },
    /// A query that must give a row gave none.
    #[error("no row")]
    NoRow,
    /// The caller passed something the store cannot keep.
    #[error("invalid: {detail}")]
    Invalid {
        /// Which value, and why.
        detail: String,
    },
    /// The command panicked; it was rolled back.
    #[error("the command panicked: {detail}")]
    Panicked {
        /// The panic's message.
        detail: String,
    },
}

impl StoreError {
    /// Whether the same transaction may succeed when run again, nothing having been committed.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Contended { .. } | Self::Disconnected { .. })
    }

    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::Invalid { detail: detail.into() }
    }
}
