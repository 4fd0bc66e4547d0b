//! What waits in front of one partition, until its flusher takes it.

use super::held::Held;
use super::receipt::Receipt;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes of pings taken to one append: what the log commits at once.
const TURN_BYTES_MAX: usize = 8 << 20;

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
        self.waiting.shares.push_back(share);
        self.collector.arrived.notify_one();
    }
}

impl Collector {
    pub(super) fn new(held: Held) -> Collector {
        let waiting = Waiting { shares: VecDeque::new(), held, closed: false };
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
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while let Some(next) = waiting.shares.front() {
            bytes += next.batch.len();
            if bytes > TURN_BYTES_MAX && !taken.is_empty() {
                break;
            }
            taken.extend(waiting.shares.pop_front());
        }
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
        self.lock().shares.clear();
    }

    /// A poisoned lock is taken all the same: no code can fail between two changes of `Waiting`.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
