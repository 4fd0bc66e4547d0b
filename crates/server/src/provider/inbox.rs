//! The inbox: messages are appended before their sender is answered, all that wait in one append.
//!
//! Which partition a message goes to makes no difference, so that whichever flusher is free takes
//! all that waits, for its own partition: the slower the disk, the more share one sync.

use crate::error::AppError;
use crate::wire::PROVIDER_EVENTS;
use doorstep_domain::time::Clock;
use doorstep_log::{Log, LogError, Record};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// Largest message of a provider, in bytes: the largest known, a parcel's whole way, have 60 KiB.
pub const MESSAGE_BYTES_MAX: usize = 512 * 1024;

/// Bytes that may wait: two seconds of two thousand messages a second. Beyond it senders are told
/// to come back, which providers do.
const WAITING_BYTES_MAX: usize = 32 << 20;

/// What a sender who finds no room is asked to wait, in milliseconds.
const FULL_RETRY_AFTER_MS: u64 = 1_000;

/// Bytes taken to one append: what the log commits at once.
const TURN_BYTES_MAX: usize = 8 << 20;

/// How long a turn waits for company where the one before had some: otherwise single messages would
/// be committed one by one, and most of the work would be commits.
const GATHERED_FOR: Duration = Duration::from_millis(2);

/// Bytes that need no more company.
const GATHERED_BYTES: usize = 256 << 10;

/// What a sender waits for: their message is durable. It is dropped unanswered where the flusher
/// has ended.
pub type Durable = oneshot::Receiver<Result<(), LogError>>;

/// Where messages come in. Dropped, it appends what waits and ends its threads.
pub struct Inbox {
    queue: Arc<Queue>,
    flushers: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

#[derive(Default)]
struct Waiting {
    letters: Vec<(Record, oneshot::Sender<Result<(), LogError>>)>,
    bytes: usize,
    /// Whether the last turn took more than one.
    has_company: bool,
    closed: bool,
}

impl Inbox {
    /// Opens the inbox, with a flusher for each partition.
    pub fn open(log: &Log, clock: &Arc<dyn Clock>) -> Result<Inbox, AppError> {
        let mut inbox = Inbox { queue: Arc::default(), flushers: Vec::new() };
        for partition in 0..log.partitions(PROVIDER_EVENTS)? {
            let (queue, log) = (Arc::clone(&inbox.queue), log.clone());
            let clock = Arc::clone(clock);
            let name = format!("inbox {partition}");
            let thread = std::thread::Builder::new().name(name.clone());
            let thread = thread.spawn(move || flush(&queue, &log, partition, &*clock));
            inbox.flushers.push(thread.map_err(|error| AppError::machine(name, error))?);
        }
        Ok(inbox)
    }

    /// Takes a message. Errors: [`AppError::Busy`] where too much waits.
    pub fn offer(&self, record: Record) -> Result<Durable, AppError> {
        let bytes = record.value.len();
        let mut waiting = self.queue.lock();
        if waiting.closed {
            return Err(LogError::Stopped { topic: PROVIDER_EVENTS.to_owned() }.into());
        }
        if waiting.bytes + bytes > WAITING_BYTES_MAX {
            return Err(AppError::Busy { retry_after_ms: FULL_RETRY_AFTER_MS });
        }
        let (answer, durable) = oneshot::channel();
        waiting.bytes += bytes;
        waiting.letters.push((record, answer));
        // In between a flusher gathers, and would only be woken to go on doing so.
        if waiting.letters.len() == 1 || waiting.bytes >= GATHERED_BYTES {
            self.queue.arrived.notify_one();
        }
        Ok(durable)
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.queue.arrived.notify_all();
        for flusher in self.flushers.drain(..) {
            // One that panicked has said so itself.
            let _ = flusher.join();
        }
    }
}

type Letters = Vec<(Record, oneshot::Sender<Result<(), LogError>>)>;

impl Queue {
    /// Waits for messages and takes what one append should bring; `None` once closed and empty.
    fn next_turn(&self) -> Option<Letters> {
        let mut waiting = self.lock();
        loop {
            let is_idle = |waiting: &mut Waiting| !waiting.closed && waiting.letters.is_empty();
            let woken = self.arrived.wait_while(waiting, is_idle);
            waiting = woken.unwrap_or_else(PoisonError::into_inner);
            if waiting.has_company {
                let few = |waiting: &mut Waiting| !waiting.closed && waiting.bytes < GATHERED_BYTES;
                let gathered = self.arrived.wait_timeout_while(waiting, GATHERED_FOR, few);
                waiting = gathered.unwrap_or_else(PoisonError::into_inner).0;
            }
            // Another flusher may have taken what there was.
            if !waiting.letters.is_empty() {
                return Some(waiting.take());
            }
            if waiting.closed {
                return None;
            }
        }
    }

    /// A poisoned lock is taken all the same: no code can fail between two changes of `Waiting`.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn take(&mut self) -> Letters {
        let mut bytes = 0;
        let fits = |(record, _): &&(Record, _)| {
            bytes += record.value.len();
            bytes <= TURN_BYTES_MAX
        };
        let count = self.letters.iter().take_while(fits).count().max(1);
        let rest = self.letters.split_off(count);
        let taken = std::mem::replace(&mut self.letters, rest);
        self.bytes = self.letters.iter().map(|(record, _)| record.value.len()).sum();
        self.has_company = taken.len() > 1;
        taken
    }
}

/// Appends turn after turn to one partition, until the inbox is closed and empty.
fn flush(queue: &Queue, log: &Log, partition: u32, clock: &dyn Clock) {
    while let Some(letters) = queue.next_turn() {
        let (records, answers): (Vec<_>, Vec<_>) = letters.into_iter().unzip();
        let now = clock.now();
        let appended = log.append_to(PROVIDER_EVENTS, partition, records, now.0).map(drop);
        if let Err(error) = &appended {
            tracing::error!(partition, %error, "messages of providers cannot be appended");
        }
        for answer in answers {
            // Whoever waited may have gone; what is durable stays so.
            let _ = answer.send(appended.clone());
        }
    }
}
