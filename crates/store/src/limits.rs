//! Every bound of the store, each with its reason.

/// Commands that may wait in one lane queue; at 5,000 commands per second this is under a second.
pub const LANE_QUEUE_COMMANDS_MAX: usize = 4_096;

/// How long a refused sender should wait, in milliseconds: a few commits.
pub const BUSY_RETRY_AFTER_MS: u64 = 50;

/// Commands in one SQLite commit: beyond this the sync is no longer what a command waits for.
pub const SQLITE_BATCH_COMMANDS_MAX: usize = 512;

/// Commands in one Postgres commit: a backend keeps 64 subtransaction ids in shared memory, and
/// beyond them every snapshot of every session has to look into `pg_subtrans`.
pub const POSTGRES_BATCH_COMMANDS_MAX: usize = 64;

/// Threads that write to Postgres in one process; each holds one connection.
pub const POSTGRES_LANE_WORKERS: usize = 4;

/// Connections for reading in one process.
pub const READERS_MAX: usize = 16;

/// Times a batch is tried when it was refused before anything could have been committed.
pub const BATCH_ATTEMPTS_MAX: u32 = 5;

/// Wait before the second attempt, in milliseconds; it doubles with each further one.
pub const BATCH_BACKOFF_MS: u64 = 20;

/// How long SQLite waits for a lock that another process holds, in milliseconds.
pub const SQLITE_BUSY_TIMEOUT_MS: u64 = 10_000;

/// Page cache of an SQLite connection that writes, in KiB.
pub const SQLITE_WRITER_CACHE_KIB: u32 = 64 * 1_024;

/// Page cache of an SQLite connection that reads, in KiB; there may be `READERS_MAX` of them.
pub const SQLITE_READER_CACHE_KIB: u32 = 8 * 1_024;

/// Pages in the write-ahead log before a checkpoint (4 KiB each). Checkpoints are the p99 of a
/// command: measured with 64 in flight, 4.3 ms at SQLite's own 1,000 pages, 1.8 ms at 16,000, and
/// at 64,000 the longer log began to cost a third of the throughput.
pub const SQLITE_CHECKPOINT_PAGES: u32 = 16_000;

/// Distinct statements a connection remembers; the program has fewer, so nothing is evicted.
pub const STATEMENTS_MAX: usize = 1_024;

/// Rows in one insert on Postgres: those of a whole batch in one round trip; 64 rows of 20 columns
/// stay far below its 65,535 parameters.
pub const POSTGRES_INSERT_ROWS_MAX: usize = 64;

/// Rows in one insert on SQLite: of a statement that writes several rows it first copies every page
/// it is about to change, so as to undo the statement alone. An import of a million events took
/// 23.4 s with 64 rows to a statement, 17.1 s with one.
pub const SQLITE_INSERT_ROWS_MAX: usize = 1;

/// A Postgres transaction of ours that is idle this long has lost its process: it gives up its
/// lane, in milliseconds.
pub const POSTGRES_IDLE_IN_TRANSACTION_MS: u64 = 60_000;

/// Bytes of an identifier (lane, timer, subject, key): foreign ids are at most 128 bytes, and
/// ours add a prefix.
pub const KEY_BYTES_MAX: usize = 256;
