pub(crate) mod file;
pub(crate) mod queue;
pub(crate) mod reader;
mod writer;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::error::LogError;
use crate::run::Entry;
use queue::{Forget, Queue};
use reader::{Readers, Room, Verified};
use writer::Writer;

/// Which partition this is, and where it lies.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) topic: &'static str,
    pub(crate) number: u32,
    pub(crate) path: PathBuf,
}

impl Identity {
    fn forgotten(&self, asked: u64, start: u64) -> LogError {
        let (topic, partition) = (self.topic.to_owned(), self.number);
        LogError::Forgotten { topic, partition, asked, start }
    }

    fn ahead(&self, asked: u64, end: u64) -> LogError {
        let (topic, partition) = (self.topic.to_owned(), self.number);
        LogError::Ahead { topic, partition, asked, end }
    }

    pub(crate) fn stopped(&self) -> LogError {
        LogError::Stopped { topic: self.topic.to_owned() }
    }
}

/// Rung whenever a partition of the topic has grown.
#[derive(Default)]
pub(crate) struct Bell {
    lock: Mutex<()>,
    rung: Condvar,
}

impl Bell {
    fn ring(&self) {
        // Taking the lock closes the gap between a waiter's look and its sleep.
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
        self.rung.notify_all();
    }

    /// Waits until `is_due` or the time is over; answers whether it is due.
    pub(crate) fn wait(&self, timeout: Duration, mut is_due: impl FnMut() -> bool) -> bool {
        let guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.rung.wait_timeout_while(guard, timeout, |()| !is_due());
        let (_guard, timed) = waited.unwrap_or_else(PoisonError::into_inner);
        !timed.timed_out()
    }
}

/// What a partition's writer shares with those who ask.
pub(crate) struct Shared {
    pub(crate) identity: Identity,
    pub(crate) queue: Queue,
    bell: Arc<Bell>,
    start: AtomicU64,
    end: AtomicU64,
}

impl Shared {
    fn grow_to(&self, end: u64) {
        self.end.store(end, Ordering::Release);
        self.bell.ring();
    }

    fn start_at(&self, start: u64) {
        self.start.store(start, Ordering::Release);
    }
}

/// One partition: a file, its writer thread, its readers.
pub(crate) struct Partition {
    shared: Arc<Shared>,
    readers: Readers,
    writer: Option<JoinHandle<()>>,
}

impl Partition {
    /// Opens the file, and makes it where `may_create` allows; starts the writer.
    pub(crate) fn open(
        identity: Identity,
        may_create: bool,
        bell: Arc<Bell>,
    ) -> Result<Partition, LogError> {
        let connection = file::open_for_writing(&identity, may_create)?;
        let bounds = file::bounds(&connection).map_err(LogError::storage(&identity.path))?;
        let shared = Arc::new(Shared {
            identity,
            queue: Queue::default(),
            bell,
            start: AtomicU64::new(bounds.start),
            end: AtomicU64::new(bounds.end),
        });
        let writer = Writer::new(connection, Arc::clone(&shared), bounds.end);
        let writer = thread::Builder::new()
            .name(format!("log {}/{}", shared.identity.topic, shared.identity.number))
            .spawn(move || writer.run())
            .map_err(LogError::io(&shared.identity.path))?;
        Ok(Partition { shared, readers: Readers::default(), writer: Some(writer) })
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.shared.identity
    }

    pub(crate) fn queue(&self) -> &Queue {
        &self.shared.queue
    }

    pub(crate) fn end(&self) -> u64 {
        self.shared.end.load(Ordering::Acquire)
    }

    /// The end is read first: it never lies below the start read after it by more than a forget
    /// of everything, which leaves the range empty.
    pub(crate) fn bounds(&self) -> Range<u64> {
        let end = self.end();
        self.shared.start.load(Ordering::Acquire).min(end)..end
    }

    pub(crate) fn read(
        &self,
        from: u64,
        records: usize,
        bytes: usize,
    ) -> Result<Vec<Entry>, LogError> {
        let bounds = self.bounds();
        let identity = self.identity();
        if from < bounds.start {
            return Err(identity.forgotten(from, bounds.start));
        }
        if from > bounds.end {
            return Err(identity.ahead(from, bounds.end));
        }
        if from == bounds.end || records == 0 {
            return Ok(Vec::new());
        }
        self.readers.read(identity, from..bounds.end, Room { records, bytes })
    }

    pub(crate) fn forget(&self, before: u64) -> Result<(), LogError> {
        let (answer, answered) = mpsc::channel();
        self.queue().push_forget(Forget { before, answer });
        answered.recv().unwrap_or_else(|_| Err(self.identity().stopped()))
    }

    pub(crate) fn verify(&self) -> Result<Verified, LogError> {
        reader::verify(self.identity(), self.end())
    }
}

impl Drop for Partition {
    /// What waits is still written. The writer's connection is the last to close, so that SQLite
    /// folds the write-ahead log into the file.
    fn drop(&mut self) {
        self.readers.clear();
        self.queue().close();
        if let Some(writer) = self.writer.take() {
            let _panicked = writer.join();
        }
    }
}
