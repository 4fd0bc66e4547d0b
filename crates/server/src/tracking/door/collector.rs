//! What waits in front of one partition, until its flusher takes it.

use super::held::Held;
use super::receipt::Receipt;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bytes of pings taken to one append: what the log commits at once.
const TURN_BYTES_MAX: usize = 8 << 20;

/// How long a turn waits for company where the one before had some. On a disk that syncs in a
/// fraction of a millisecond, single pings would otherwise be committed one by one, and most of
/// the work would be commits.
const GATHERED_FOR: Duration = Duration::from_millis(3);

/// Bytes of pings that need no more company.
const GATHERED_BYTES: usize = 64 << 10;

/// What a share takes besides its pings: itself, its part of the receipt, its allocation.
const SHARE_OVERHEAD_BYTES: usize = 128;

/// Pings of one market and one partition out of one request: a binary batch.
#[derive(Debug)]
pub(super) struct Share {
    /// Whose, by its place among the markets.
    pub(super) market: u16,
    /// A binary batch.
    pub(super) batch: Vec<u8>,
    /// Who waits for it.
    pub(super) receipt: Arc<Receipt>,
}

/// What a batch of so many bytes counts against the bound.
pub(super) fn weight(batch_bytes: usize) -> usize {
    batch_bytes + SHARE_OVERHEAD_BYTES
}

/// A queue in front of one partition, bounded in bytes and shared fairly between markets.
pub(super) struct Collector {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

struct Waiting {
    shares: VecDeque<Share>,
    /// Bytes of the pings among them.
    bytes: usize,
    /// Whether the last turn took more than one share.
    has_company: bool,
    /// Also of what is being appended: it is in memory until that is done.
    held: Held,
    closed: bool,
}

/// A collector held still, so that a request comes in at all of its partitions or at none.
pub(super) struct HeldCollector<'a> {
    collector: &'a Collector,
    waiting: MutexGuard<'a, Waiting>,
}

impl HeldCollector<'_> {
    pub(super) fn is_closed(&self) -> bool {
        self.waiting.closed
    }

    pub(super) fn held(&self) -> &Held {
        &self.waiting.held
    }

    /// Puts a share at the back; the caller has looked for room.
    pub(super) fn push(&mut self, share: Share) {
        self.waiting.held.add(share.market, weight(share.batch.len()));
        self.waiting.bytes += share.batch.len();
        self.waiting.shares.push_back(share);
        // In between the flusher gathers, and would only be woken to go on doing so.
        if self.waiting.shares.len() == 1 || self.waiting.bytes >= GATHERED_BYTES {
            self.collector.arrived.notify_one();
        }
    }
}

impl Collector {
    pub(super) fn new(held: Held) -> Collector {
        let waiting =
            Waiting { shares: VecDeque::new(), bytes: 0, has_company: false, held, closed: false };
        Collector { waiting: Mutex::new(waiting), arrived: Condvar::new() }
    }

    /// Holds the collector as it is. Whoever holds several takes them in the order of partitions.
    pub(super) fn hold(&self) -> HeldCollector<'_> {
        HeldCollector { collector: self, waiting: self.lock() }
    }

    /// Waits for shares and takes as many as one append should bring, in the order they came;
    /// `None` once closed and empty.
    pub(super) fn next_turn(&self) -> Option<Vec<Share>> {
        let is_idle = |waiting: &mut Waiting| !waiting.closed && waiting.shares.is_empty();
        let waiting = self.arrived.wait_while(self.lock(), is_idle);
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        if waiting.has_company {
            let few = |waiting: &mut Waiting| !waiting.closed && waiting.bytes < GATHERED_BYTES;
            let gathered = self.arrived.wait_timeout_while(waiting, GATHERED_FOR, few);
            waiting = gathered.unwrap_or_else(PoisonError::into_inner).0;
        }
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while let Some(next) = waiting.shares.front() {
            bytes += next.batch.len();
            if bytes > TURN_BYTES_MAX && !taken.is_empty() {
                break;
            }
            waiting.bytes -= next.batch.len();
            taken.extend(waiting.shares.pop_front());
        }
        waiting.has_company = taken.len() > 1;
        (!taken.is_empty()).then_some(taken)
    }

    /// What was taken is through, or given up.
    pub(super) fn release(&self, shares: &[Share]) {
        let mut waiting = self.lock();
        for share in shares {
            waiting.held.release(share.market, weight(share.batch.len()));
        }
    }

    /// Takes nothing more; what waits already is still appended.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }

    /// Closes and drops what waits, so that every sender learns that no answer will come.
    pub(super) fn abandon(&self) {
        self.close();
        let mut waiting = self.lock();
        waiting.shares.clear();
        waiting.bytes = 0;
    }

    /// A poisoned lock is taken all the same: no code can fail between two changes of `Waiting`.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
