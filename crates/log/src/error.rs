use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why the log refused or failed; each text is one line that names what it speaks of.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LogError {
    /// The URL names an engine this log does not have, or no directory.
    #[error("log {url:?} is not known: write sqlite:DIRECTORY")]
    Url {
        /// The URL up to its scheme; what follows may hold a secret.
        url: String,
    },
    /// Another process, or another `Log` of this one, has the directory open.
    #[error("{} is in use by another process", path.display())]
    Held {
        /// The directory of the log.
        path: PathBuf,
    },
    /// The name is not lower-case letters, digits, `-`, `_` and `.`, or is given twice.
    #[error("topic {topic:?}: {reason}")]
    TopicName {
        /// The name as given.
        topic: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The topic exists with another number of partitions; changing it would move keys.
    #[error("topic {topic} has {kept} partitions on disk, not {asked}: the number cannot change")]
    Partitions {
        /// The topic.
        topic: String,
        /// The number on disk.
        kept: u32,
        /// The number asked for.
        asked: u32,
    },
    /// The topic was not named when the log was opened.
    #[error("topic {topic:?} is not open")]
    UnknownTopic {
        /// The name asked for.
        topic: String,
    },
    /// The topic has no such partition.
    #[error("topic {topic} has no partition {partition}: there are {partitions}")]
    UnknownPartition {
        /// The topic.
        topic: String,
        /// The partition asked for.
        partition: u32,
        /// How many there are.
        partitions: u32,
    },
    /// What is to be appended can never fit.
    #[error("{what} of {bytes} bytes exceeds the limit of {max_bytes}")]
    TooLarge {
        /// Which limit: a record, or one append to one partition.
        what: &'static str,
        /// The size asked for.
        bytes: usize,
        /// The limit.
        max_bytes: usize,
    },
    /// Too much waits already; nothing of the append was taken.
    #[error("topic {topic} is busy: try again in {retry_after_ms} ms")]
    Busy {
        /// The topic.
        topic: String,
        /// How long to wait, in milliseconds.
        retry_after_ms: u64,
    },
    /// The offset was dropped by `forget`.
    #[error("offset {asked} of {topic}/{partition} is forgotten: it starts at {start}")]
    Forgotten {
        /// The topic.
        topic: String,
        /// The partition.
        partition: u32,
        /// The offset asked for.
        asked: u64,
        /// The first offset still there.
        start: u64,
    },
    /// The offset was never written: the reader is ahead of the log, which has lost its tail.
    #[error("offset {asked} of {topic}/{partition} was never written: it ends at {end}")]
    Ahead {
        /// The topic.
        topic: String,
        /// The partition.
        partition: u32,
        /// The offset asked for.
        asked: u64,
        /// The offset the next record will get.
        end: u64,
    },
    /// What is on disk is not what was written.
    #[error("{}: damaged at offset {offset}: {reason}", path.display())]
    Damaged {
        /// The partition's file.
        path: PathBuf,
        /// The first offset of the batch, or the offset that is missing.
        offset: u64,
        /// What is wrong.
        reason: String,
    },
    /// The file is not a partition of this log, or of another version of it.
    #[error("{}: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// SQLite failed: a full disk, a file that is no database, a lock.
    #[error("{}: {source}", path.display())]
    Storage {
        /// The partition's file.
        path: PathBuf,
        /// SQLite's own error.
        source: Arc<rusqlite::Error>,
    },
    /// A file or directory could not be made, read or locked.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
        source: Arc<io::Error>,
    },
    /// A partition's writer is gone; nothing more is taken until the log is opened again.
    #[error("a writer of topic {topic} has stopped: open the log again")]
    Stopped {
        /// The topic.
        topic: String,
    },
}

impl LogError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> LogError + '_ {
        |source| LogError::Io { path: path.to_owned(), source: Arc::new(source) }
    }

    pub(crate) fn storage(path: &Path) -> impl FnOnce(rusqlite::Error) -> LogError + '_ {
        |source| LogError::Storage { path: path.to_owned(), source: Arc::new(source) }
    }

    pub(crate) fn damaged(path: &Path, offset: u64, reason: impl Into<String>) -> LogError {
        LogError::Damaged { path: path.to_owned(), offset, reason: reason.into() }
    }

    pub(crate) fn format(path: &Path, reason: impl Into<String>) -> LogError {
        LogError::Format { path: path.to_owned(), reason: reason.into() }
    }
}
