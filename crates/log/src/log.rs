use std::fs::{self, File, TryLockError};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::error::LogError;
use crate::metric;
use crate::partition::reader::Verified;
use crate::receipt::Appended;
use crate::run::{Entry, Record};
use crate::topic::{OpenTopic, Topic};

/// Held by whoever has the log open. Its end and its wake-ups live in that one process.
const LOCK_FILE: &str = "log.lock";

/// A durable, partitioned, replayable log. Cheap to clone; the last clone dropped writes what
/// waits, joins the writer threads and releases the directory.
#[derive(Clone)]
pub struct Log {
    inner: Arc<Inner>,
}

struct Inner {
    topics: Vec<OpenTopic>,
    /// Dropped after the topics: the directory is free once the last writer has ended.
    _lock: File,
}

impl Log {
    /// Opens `sqlite:DIRECTORY` with these topics; makes what does not exist. Fails where the URL
    /// names another engine, the directory is in use, a topic has another number of partitions
    /// on disk, or a file is not a partition.
    pub fn open(url: &str, topics: &[Topic]) -> Result<Log, LogError> {
        let directory = directory_of(url)?;
        let lock = lock(&directory)?;
        metric::describe();
        let mut open: Vec<OpenTopic> = Vec::with_capacity(topics.len());
        for topic in topics {
            if open.iter().any(|earlier| earlier.name() == topic.name) {
                let reason = "it is named twice";
                return Err(LogError::TopicName { topic: topic.name.to_owned(), reason });
            }
            open.push(OpenTopic::open(&directory, topic)?);
        }
        Ok(Log { inner: Arc::new(Inner { topics: open, _lock: lock }) })
    }

    /// Appends once there is room, and answers when every record is durable: one part for each
    /// partition concerned, in ascending order. Records of one key keep their order. On an error
    /// the parts of some partitions may be durable all the same; appending again is safe where
    /// facts merge.
    pub fn append(
        &self,
        topic: &str,
        records: Vec<Record>,
        now_us: i64,
    ) -> Result<Vec<Appended>, LogError> {
        self.topic(topic)?.append(records, now_us)
    }

    /// As [`append`](Self::append), but where too much waits already it takes nothing and answers
    /// [`LogError::Busy`] at once.
    pub fn try_append(
        &self,
        topic: &str,
        records: Vec<Record>,
        now_us: i64,
    ) -> Result<Vec<Appended>, LogError> {
        self.topic(topic)?.try_append(records, now_us)
    }

    /// As [`append`](Self::append), but into the partition that is named, whatever the keys: for
    /// records that are blocks of many, whose partition was decided when they were filled.
    pub fn append_to(
        &self,
        topic: &str,
        partition: u32,
        records: Vec<Record>,
        now_us: i64,
    ) -> Result<Vec<Appended>, LogError> {
        self.topic(topic)?.append_to(partition, records, now_us)
    }

    /// As [`append_to`](Self::append_to), but where too much waits already it takes nothing and
    /// answers [`LogError::Busy`] at once.
    pub fn try_append_to(
        &self,
        topic: &str,
        partition: u32,
        records: Vec<Record>,
        now_us: i64,
    ) -> Result<Vec<Appended>, LogError> {
        self.topic(topic)?.try_append_to(partition, records, now_us)
    }

    /// Reads durable records from offset `from` on: at most `max_records`, and at most `max_bytes`
    /// of keys and values, but one record in any case. Empty at the end. Fails with
    /// [`LogError::Forgotten`] below the start and [`LogError::Ahead`] beyond the end.
    pub fn read(
        &self,
        topic: &str,
        partition: u32,
        from: u64,
        max_records: usize,
        max_bytes: usize,
    ) -> Result<Vec<Entry>, LogError> {
        self.topic(topic)?.partition(partition)?.read(from, max_records, max_bytes)
    }

    /// The first offset still there, and the offset the next record will get.
    pub fn bounds(&self, topic: &str, partition: u32) -> Result<Range<u64>, LogError> {
        Ok(self.topic(topic)?.partition(partition)?.bounds())
    }

    /// How many partitions the topic has.
    pub fn partitions(&self, topic: &str) -> Result<u32, LogError> {
        Ok(self.topic(topic)?.partitions())
    }

    /// The partition of a key: Kafka's default rule, the same on every machine and for good.
    pub fn partition_of(&self, topic: &str, key: &[u8]) -> Result<u32, LogError> {
        Ok(self.topic(topic)?.partition_of(key))
    }

    /// Drops the batches that lie wholly below `before`; the end stays where it is. The space is
    /// used again by later appends, the file does not shrink.
    pub fn forget(&self, topic: &str, partition: u32, before: u64) -> Result<(), LogError> {
        self.topic(topic)?.partition(partition)?.forget(before)
    }

    /// Waits until a partition ends beyond what was seen of it (`seen_ends` by partition), or the
    /// time is over; answers whether one does. An unknown topic never grows.
    pub fn wait(&self, topic: &str, seen_ends: &[u64], timeout: Duration) -> bool {
        self.topic(topic).is_ok_and(|topic| topic.wait(seen_ends, timeout))
    }

    /// Reads the whole partition and checks pages, checksums and offsets; fails with the first
    /// damage found.
    pub fn verify(&self, topic: &str, partition: u32) -> Result<Verified, LogError> {
        self.topic(topic)?.partition(partition)?.verify()
    }

    fn topic(&self, name: &str) -> Result<&OpenTopic, LogError> {
        let found = self.inner.topics.iter().find(|topic| topic.name() == name);
        found.ok_or_else(|| LogError::UnknownTopic { topic: name.to_owned() })
    }
}

pub(crate) fn directory_of(url: &str) -> Result<PathBuf, LogError> {
    match url.split_once(':') {
        Some(("sqlite", directory)) if !directory.is_empty() => Ok(PathBuf::from(directory)),
        Some((scheme, _)) => Err(LogError::Url { url: format!("{scheme}:") }),
        None => Err(LogError::Url { url: url.to_owned() }),
    }
}

fn lock(directory: &Path) -> Result<File, LogError> {
    fs::create_dir_all(directory).map_err(LogError::io(directory))?;
    let path = directory.join(LOCK_FILE);
    let file = File::create(&path).map_err(LogError::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LogError::Held { path: directory.to_owned() }),
        Err(TryLockError::Error(error)) => Err(LogError::io(&path)(error)),
    }
}
