//! What a sender waits for: that every share of what it sent is durable.

use doorstep_log::LogError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::oneshot;

/// The sender's end: done once everything is durable, or something of it failed. It is dropped
/// unanswered where a flusher has ended.
pub type Durable = oneshot::Receiver<Result<(), LogError>>;

/// One request's shares that are under way.
#[derive(Debug)]
pub(super) struct Receipt {
    left: AtomicUsize,
    failed: OnceLock<LogError>,
    answer: Mutex<Option<oneshot::Sender<Result<(), LogError>>>>,
}

impl Receipt {
    /// For a request of so many shares, of which there is at least one.
    pub(super) fn of(shares: usize) -> (Arc<Receipt>, Durable) {
        let (answer, durable) = oneshot::channel();
        let receipt = Receipt {
            left: AtomicUsize::new(shares),
            failed: OnceLock::new(),
            answer: Mutex::new(Some(answer)),
        };
        (Arc::new(receipt), durable)
    }

    /// One share is durable, or failed; the last one answers for all.
    pub(super) fn settle(&self, failed: Option<&LogError>) {
        if let Some(error) = failed {
            // The first failure is told; another adds nothing.
            let _ = self.failed.set(error.clone());
        }
        if self.left.fetch_sub(1, Ordering::AcqRel) > 1 {
            return;
        }
        let answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(answer) = answer {
            // Whoever waited may have gone; what is durable stays so.
            let _ = answer.send(self.failed.get().cloned().map_or(Ok(()), Err));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_share_answers_for_all() {
        let error = LogError::Stopped { topic: "pings".to_owned() };
        for failing in [None, Some(0), Some(2)] {
            let (receipt, mut durable) = Receipt::of(3);
            for share in 0..3 {
                assert!(durable.try_recv().is_err(), "answered before share {share}");
                receipt.settle((failing == Some(share)).then_some(&error));
            }
            assert_eq!(durable.try_recv().unwrap().is_err(), failing.is_some());
        }
    }

    #[test]
    fn a_share_that_is_lost_is_told_as_such() {
        let (receipt, mut durable) = Receipt::of(2);
        receipt.settle(None);
        drop(receipt);
        assert!(matches!(durable.try_recv(), Err(oneshot::error::TryRecvError::Closed)));
    }
}
