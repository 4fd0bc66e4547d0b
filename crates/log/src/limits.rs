//! Every limit of the log, each with its reason.

/// Longest key plus value of one record, in bytes. What flows are pings and events of a few
/// hundred bytes; a record as large as a whole batch is a file that lost its way.
pub const RECORD_BYTES_MAX: usize = 1 << 20;

/// Uncompressed bytes of one batch (one row). Large enough that JSON compresses well and a replay
/// reads in long strides, small enough that a read from its middle wastes little.
pub const BATCH_BYTES_MAX: usize = 1 << 20;

/// Records of one batch. A read that starts inside a batch walks over what stands before it.
pub const BATCH_RECORDS_MAX: u64 = 8_192;

/// Uncompressed bytes after which a commit takes no further appends: it bounds how long those
/// already taken wait for their answer.
pub const COMMIT_BYTES_MAX: usize = 8 << 20;

/// Bytes that may wait in front of one partition: two commits. Beyond it the sender is told.
/// It bounds the memory of the log to this times the number of partitions under pressure, and it
/// is also the most that one append may bring to one partition.
pub const QUEUE_BYTES_MAX: usize = 16 << 20;

/// What a refused sender is asked to wait, in milliseconds: a full queue drains within it.
pub const RETRY_AFTER_MS: u64 = 1_000;

/// Connections kept open for reading one partition; further readers open one for a single read.
/// As many as usually follow one partition: a consumer, the archiver, the reconciler, a person.
pub const READERS_KEPT_MAX: usize = 4;

/// Batches dropped in one transaction by `forget`, so that appends are served between two.
pub const FORGET_BATCHES_MAX: u32 = 256;

/// Partitions of one topic: the file name carries three digits.
pub const PARTITIONS_MAX: u32 = 999;

/// Length of a topic's name, in bytes: it is a directory and, in Kafka, at most 249 characters.
pub const TOPIC_NAME_BYTES_MAX: usize = 100;

/// SQLite page size, in bytes: a batch spans many pages, and larger ones make shorter chains.
pub const PAGE_BYTES: u32 = 16 << 10;

/// Pages in the write-ahead log before a checkpoint: 16 MiB. Rows are only added, so each page is
/// folded once however rarely; four times as many were no faster in turns, and stall longer.
/// It bounds both the extra disk space and the work of opening after a crash.
pub const CHECKPOINT_PAGES: u32 = 1_000;

/// What the write-ahead log is cut back to once a burst has outgrown it, in bytes.
pub const WAL_BYTES_KEPT: u64 = PAGE_BYTES as u64 * CHECKPOINT_PAGES as u64;

/// How long a connection waits for another one's lock, in milliseconds: a checkpoint's length.
pub const BUSY_TIMEOUT_MS: u32 = 10_000;
