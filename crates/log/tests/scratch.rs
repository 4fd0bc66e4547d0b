use std::path::PathBuf;

use doorstep_log::{Entry, Log, LogError, Record, Topic};

/// One topic of three partitions.
pub(crate) const EVENTS: Topic = Topic { name: "events", partitions: 3 };

/// Room enough for whatever a test reads.
pub(crate) const ALL: usize = usize::MAX;

/// A directory for one log, gone when the test ends.
pub(crate) struct Scratch {
    directory: tempfile::TempDir,
}

impl Scratch {
    pub(crate) fn new() -> Scratch {
        Scratch { directory: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn url(&self) -> String {
        format!("sqlite:{}", self.directory.path().display())
    }

    pub(crate) fn open(&self, topics: &[Topic]) -> Result<Log, LogError> {
        Log::open(&self.url(), topics)
    }

    pub(crate) fn partition_path(&self, topic: &str, partition: u32) -> PathBuf {
        self.directory.path().join(topic).join(format!("{partition:03}.sqlite"))
    }
}

pub(crate) fn record(key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Record {
    Record { key: key.into(), value: value.into() }
}

/// `count` records of one key, numbered from `first`.
pub(crate) fn numbered(key: &str, first: u64, count: u64) -> Vec<Record> {
    (first..first + count).map(|number| record(key, format!("{key}-{number}"))).collect()
}

/// Everything a partition still holds.
pub(crate) fn read_all(log: &Log, topic: &str, partition: u32) -> Vec<Entry> {
    let start = log.bounds(topic, partition).unwrap().start;
    log.read(topic, partition, start, ALL, ALL).unwrap()
}

/// The values of entries as text.
pub(crate) fn values(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| String::from_utf8(entry.value.clone()).unwrap()).collect()
}
