//! The queue before a lane: bounded, and never forgetful.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use doorstep_store::{LANE_QUEUE_COMMANDS_MAX, Store, StoreError, outbox};

use crate::engines::{Gate, lane, on_each_engine};

fn announce_later(store: &Store, answered: &Arc<AtomicUsize>) -> Result<(), StoreError> {
    let answered = Arc::clone(answered);
    store.submit(
        &[lane("queue")],
        |tx| tx.announce("queued", "x", b"", 1),
        move |outcome| {
            outcome.unwrap();
            answered.fetch_add(1, Ordering::Relaxed);
        },
    )
}

/// A2: at the limit the sender is told; whatever was accepted is done, also when the store closes.
#[test]
fn a_full_queue_refuses_and_a_closing_store_finishes_what_waits() {
    on_each_engine(|place| {
        let store = place.open();
        let gate = Gate::close(&store, &lane("queue"));
        let answered = Arc::new(AtomicUsize::new(0));
        for _ in 0..LANE_QUEUE_COMMANDS_MAX {
            announce_later(&store, &answered).unwrap();
        }
        let refused = announce_later(&store, &answered);
        assert!(matches!(refused, Err(StoreError::Busy { retry_after_ms: 1.. })), "{refused:?}");
        let refused = store.try_lane(&lane("queue"), |tx| tx.announce("queued", "x", b"", 1));
        assert!(matches!(refused, Err(StoreError::Busy { .. })), "{refused:?}");
        gate.open();
        drop(store);
        assert_eq!(answered.load(Ordering::Relaxed), LANE_QUEUE_COMMANDS_MAX);

        let store = place.open();
        let last = LANE_QUEUE_COMMANDS_MAX as i64;
        let rows = store.read(|tx| outbox::read(tx, &lane("queue"), last - 1, 10)).unwrap();
        assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [last]);
        assert_eq!(store.check(), Ok(vec![]));
    });
}
