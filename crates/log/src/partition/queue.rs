use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};

use crate::error::LogError;
use crate::limits::{COMMIT_BYTES_MAX, QUEUE_BYTES_MAX};
use crate::receipt::Answer;
use crate::run::Runs;

/// What one append brings to one partition.
#[derive(Debug)]
pub(crate) struct Share {
    pub(crate) runs: Runs,
    pub(crate) answer: Answer,
}

/// A request to drop what lies below an offset.
#[derive(Debug)]
pub(super) struct Forget {
    pub(super) before: u64,
    pub(super) answer: mpsc::Sender<Result<(), LogError>>,
}

/// What the writer does next: one commit of appends, then one step of forgetting.
pub(super) struct Turn {
    pub(super) shares: Vec<Share>,
    pub(super) forget: Option<Forget>,
    pub(super) records_left: u64,
}

/// What waits in front of a partition's writer; bounded by [`QUEUE_BYTES_MAX`].
#[derive(Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    freed: Condvar,
}

#[derive(Default)]
struct Waiting {
    shares: VecDeque<Share>,
    bytes: usize,
    records: u64,
    forgets: VecDeque<Forget>,
    closed: bool,
}

/// A queue held still, so that an append over several takes room in all of them or in none.
pub(crate) struct HeldQueue<'a> {
    queue: &'a Queue,
    waiting: MutexGuard<'a, Waiting>,
}

impl HeldQueue<'_> {
    pub(crate) fn has_room_for(&self, bytes: usize) -> bool {
        self.waiting.bytes + bytes <= QUEUE_BYTES_MAX
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.waiting.closed
    }

    /// Puts a share at the back; the caller has looked for room.
    pub(crate) fn push(mut self, share: Share) {
        self.waiting.bytes += share.runs.bytes;
        self.waiting.records += share.runs.records;
        self.waiting.shares.push_back(share);
        self.queue.arrived.notify_one();
    }
}

impl Queue {
    /// Holds the queue as it is. Whoever holds several takes them in the order of partitions.
    pub(crate) fn hold(&self) -> HeldQueue<'_> {
        HeldQueue { queue: self, waiting: self.lock() }
    }

    /// Holds the queue once it has room, or is closed.
    pub(crate) fn hold_with_room(&self, bytes: usize) -> HeldQueue<'_> {
        let has_none =
            |waiting: &mut Waiting| !waiting.closed && waiting.bytes + bytes > QUEUE_BYTES_MAX;
        let waiting = self.freed.wait_while(self.lock(), has_none);
        HeldQueue { queue: self, waiting: waiting.unwrap_or_else(PoisonError::into_inner) }
    }

    pub(super) fn push_forget(&self, forget: Forget) {
        let mut waiting = self.lock();
        if !waiting.closed {
            waiting.forgets.push_back(forget);
            self.arrived.notify_one();
        }
    }

    /// Waits for work and takes one commit's worth; `None` once closed and empty.
    pub(super) fn next_turn(&self) -> Option<Turn> {
        let is_idle = |waiting: &mut Waiting| {
            !waiting.closed && waiting.shares.is_empty() && waiting.forgets.is_empty()
        };
        let waiting = self.arrived.wait_while(self.lock(), is_idle);
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        let forget = waiting.forgets.pop_front();
        let shares = waiting.take_commit();
        self.freed.notify_all();
        let nothing = shares.is_empty() && forget.is_none();
        (!nothing).then_some(Turn { shares, forget, records_left: waiting.records })
    }

    /// Takes nothing more; what waits already is still written.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
        self.freed.notify_all();
    }

    /// Closes and drops what waits, so that every appender learns that no answer will come.
    pub(super) fn abandon(&self) {
        self.close();
        let mut waiting = self.lock();
        waiting.shares.clear();
        waiting.forgets.clear();
    }

    /// A poisoned lock is taken all the same: no code can fail between two changes of `Waiting`.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// At least one share, further ones while they fit [`COMMIT_BYTES_MAX`].
    fn take_commit(&mut self) -> Vec<Share> {
        let mut taken = Vec::new();
        let mut bytes = 0;
        while let Some(next) = self.shares.front() {
            bytes += next.runs.bytes;
            if bytes > COMMIT_BYTES_MAX && !taken.is_empty() {
                break;
            }
            self.bytes -= next.runs.bytes;
            self.records -= next.runs.records;
            taken.extend(self.shares.pop_front());
        }
        taken
    }
}
