pub(crate) mod directory;

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use crate::error::LogError;
use crate::key_hash;
use crate::limits::{QUEUE_BYTES_MAX, RETRY_AFTER_MS};
use crate::partition::queue::Share;
use crate::partition::{Bell, Identity, Partition};
use crate::receipt::{self, Appended};
use crate::run::{Record, Runs};

/// A topic as the program declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    /// Lower-case letters, digits, `-`, `_`, `.`; a directory of this name holds the partitions.
    pub name: &'static str,
    /// How many; fixed for good when the topic is made, since keys would move.
    pub partitions: u32,
}

/// An open topic.
pub(crate) struct OpenTopic {
    name: &'static str,
    partitions: Vec<Partition>,
    bell: Arc<Bell>,
}

impl OpenTopic {
    /// Opens the topic under the log's directory, or makes it.
    pub(crate) fn open(log_directory: &Path, topic: &Topic) -> Result<OpenTopic, LogError> {
        let is_new = directory::prepare(log_directory, topic)?;
        let bell = Arc::new(Bell::default());
        let partitions = (0..topic.partitions)
            .map(|number| {
                let path = directory::partition_path(log_directory, topic.name, number);
                let identity = Identity { topic: topic.name, number, path };
                Partition::open(identity, is_new, Arc::clone(&bell))
            })
            .collect::<Result<_, _>>()?;
        if is_new {
            directory::complete(log_directory, topic.name, topic.partitions)?;
        }
        Ok(OpenTopic { name: topic.name, partitions, bell })
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn partitions(&self) -> u32 {
        self.partitions.len() as u32
    }

    pub(crate) fn partition(&self, number: u32) -> Result<&Partition, LogError> {
        let found = usize::try_from(number).ok().and_then(|number| self.partitions.get(number));
        found.ok_or_else(|| LogError::UnknownPartition {
            topic: self.name.to_owned(),
            partition: number,
            partitions: self.partitions(),
        })
    }

    pub(crate) fn partition_of(&self, key: &[u8]) -> u32 {
        key_hash::partition_of(key, self.partitions())
    }

    /// Appends once there is room, each record to the partition of its key.
    pub(crate) fn append(
        &self,
        records: Vec<Record>,
        now_us: i64,
    ) -> Result<Vec<Appended>, LogError> {
        self.push(self.split(records, now_us)?)
    }

    /// As [`OpenTopic::append`], if there is room in every partition concerned; otherwise takes
    /// nothing.
    pub(crate) fn try_append(
        &self,
        records: Vec<Record>,
        now_us: i64,
    ) -> Result<Vec<Appended>, LogError> {
        self.try_push(self.split(records, now_us)?)
    }

    /// Appends to one partition once there is room.
    pub(crate) fn append_to(
        &self,
        partition: u32,
        records: Vec<Record>,
        now_us: i64,
    ) -> Result<Vec<Appended>, LogError> {
        self.push(self.together(partition, records, now_us)?)
    }

    /// As [`OpenTopic::append_to`], if there is room; otherwise takes nothing.
    pub(crate) fn try_append_to(
        &self,
        partition: u32,
        records: Vec<Record>,
        now_us: i64,
    ) -> Result<Vec<Appended>, LogError> {
        self.try_push(self.together(partition, records, now_us)?)
    }

    fn push(&self, parts: Parts<'_>) -> Result<Vec<Appended>, LogError> {
        let (answer, answers) = mpsc::channel();
        let count = parts.len();
        for (partition, runs) in parts {
            let queue = partition.queue().hold_with_room(runs.bytes);
            if queue.is_closed() {
                return Err(partition.identity().stopped());
            }
            queue.push(Share { runs, answer: answer.clone() });
        }
        drop(answer);
        self.gather(&answers, count)
    }

    fn try_push(&self, parts: Parts<'_>) -> Result<Vec<Appended>, LogError> {
        let (answer, answers) = mpsc::channel();
        let count = parts.len();
        let mut held = Vec::with_capacity(count);
        for (partition, runs) in parts {
            let queue = partition.queue().hold();
            if queue.is_closed() {
                return Err(partition.identity().stopped());
            }
            if !queue.has_room_for(runs.bytes) {
                return Err(self.busy());
            }
            held.push((queue, runs));
        }
        for (queue, runs) in held {
            queue.push(Share { runs, answer: answer.clone() });
        }
        drop(answer);
        self.gather(&answers, count)
    }

    /// Waits until a partition has an end beyond the one seen; unseen partitions count from 0.
    pub(crate) fn wait(&self, seen_ends: &[u64], timeout: Duration) -> bool {
        let has_grown = || {
            let seen = seen_ends.iter().copied().chain(std::iter::repeat(0));
            self.partitions.iter().zip(seen).any(|(partition, seen)| partition.end() > seen)
        };
        self.bell.wait(timeout, has_grown)
    }

    /// Cuts an append by partition, in ascending order; fails before anything is queued.
    fn split(&self, records: Vec<Record>, now_us: i64) -> Result<Parts<'_>, LogError> {
        let mut parts: Vec<Runs> = self.partitions.iter().map(|_| Runs::default()).collect();
        for record in records {
            let number = self.partition_of(&record.key) as usize;
            if let Some(runs) = parts.get_mut(number) {
                runs.push(&record, now_us)?;
            }
        }
        fitting(self.partitions.iter().zip(parts).collect())
    }

    /// An append that goes to one partition; fails before anything is queued.
    fn together(
        &self,
        partition: u32,
        records: Vec<Record>,
        now_us: i64,
    ) -> Result<Parts<'_>, LogError> {
        let mut runs = Runs::default();
        for record in records {
            runs.push(&record, now_us)?;
        }
        fitting(vec![(self.partition(partition)?, runs)])
    }

    fn gather(
        &self,
        answers: &mpsc::Receiver<Result<Appended, LogError>>,
        count: usize,
    ) -> Result<Vec<Appended>, LogError> {
        receipt::gather(answers, count)
            .unwrap_or_else(|| Err(LogError::Stopped { topic: self.name.to_owned() }))
    }

    fn busy(&self) -> LogError {
        LogError::Busy { topic: self.name.to_owned(), retry_after_ms: RETRY_AFTER_MS }
    }
}

/// What an append brings to each partition concerned, in ascending order.
type Parts<'a> = Vec<(&'a Partition, Runs)>;

/// Leaves out partitions that get nothing; fails where one would get more than may ever wait.
fn fitting(mut parts: Parts<'_>) -> Result<Parts<'_>, LogError> {
    if let Some(bytes) = parts.iter().map(|(_, runs)| runs.bytes).find(|&b| b > QUEUE_BYTES_MAX) {
        let max_bytes = QUEUE_BYTES_MAX;
        return Err(LogError::TooLarge { what: "an append", bytes, max_bytes });
    }
    parts.retain(|(_, runs)| runs.records > 0);
    Ok(parts)
}
