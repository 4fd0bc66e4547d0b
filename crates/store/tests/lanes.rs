//! Lanes: their names, commands over several of them, and numbers without gaps.

use std::thread;

use doorstep_store::{KEY_BYTES_MAX, LaneId, Store, StoreError, outbox};

use crate::engines::{lane, on_each_engine};

#[test]
fn a_lane_needs_a_name_that_both_engines_can_keep() {
    let long = "x".repeat(KEY_BYTES_MAX + 1);
    for name in ["", "zero\0byte", &long] {
        assert!(matches!(LaneId::new(name), Err(StoreError::Invalid { .. })), "{name:?}");
    }
    assert_eq!(LaneId::new("dispatch:sf").unwrap().to_string(), "dispatch:sf");
}

fn seqs(store: &Store, name: &str) -> Vec<i64> {
    let rows = store.read(|tx| outbox::read(tx, &lane(name), 0, 10_000)).unwrap();
    rows.into_iter().map(|row| row.seq).collect()
}

#[test]
fn outboxes_have_no_gap_when_many_lanes_and_threads_announce() {
    on_each_engine(|place| {
        let store = place.open();
        thread::scope(|scope| {
            for sender in 0..8 {
                let store = &store;
                scope.spawn(move || {
                    for turn in 0..30 {
                        let lane = lane(&format!("lane-{}", (sender + turn) % 5));
                        let outcome = store.lane(&lane, move |tx| {
                            let seq = tx.announce("turn", "x", b"payload", 1)?;
                            if turn % 3 == 0 { Err(StoreError::NoRow) } else { Ok(seq) }
                        });
                        assert_eq!(outcome.is_ok(), turn % 3 != 0);
                    }
                });
            }
        });
        let lengths: Vec<_> = (0..5)
            .map(|number| {
                let seqs = seqs(&store, &format!("lane-{number}"));
                assert!(seqs.iter().copied().eq(1..=seqs.len() as i64), "{seqs:?}");
                seqs.len()
            })
            .collect();
        assert_eq!(lengths.iter().sum::<usize>(), 8 * 20);
        assert_eq!(store.check(), Ok(vec![]));
    });
}

#[test]
fn commands_over_crossing_lanes_never_wait_for_each_other_in_a_circle() {
    on_each_engine(|place| {
        let store = place.open();
        let names = ["one", "two", "three", "four"];
        thread::scope(|scope| {
            for sender in 0..4 {
                let store = &store;
                scope.spawn(move || {
                    for turn in 0..20 {
                        let from = lane(names[(sender + turn) % 4]);
                        let to = lane(names[(sender + 2 * turn + 1) % 4]);
                        let held = [from.clone(), to.clone()];
                        let moved = store.lanes(&held, move |tx| {
                            tx.announce_in(&from, "gave", "x", b"", 1)?;
                            tx.announce_in(&to, "got", "x", b"", 1)
                        });
                        moved.unwrap();
                    }
                });
            }
        });
        let total: usize = names.iter().map(|name| seqs(&store, name).len()).sum();
        assert_eq!(total, 4 * 20 * 2);
        assert_eq!(store.check(), Ok(vec![]));
    });
}

#[test]
fn a_command_announces_only_in_lanes_it_holds() {
    on_each_engine(|place| {
        let store = place.open();
        let other = lane("other");
        let outcome =
            store.lane(&lane("mine"), move |tx| tx.announce_in(&other, "kind", "x", b"", 1));
        assert!(matches!(outcome, Err(StoreError::Invalid { .. })), "{outcome:?}");
        let outcome = store.lane(&lane("mine"), |tx| tx.announce("kind", "zero\0byte", b"", 1));
        assert!(matches!(outcome, Err(StoreError::Invalid { .. })), "{outcome:?}");
        let outcome: Result<(), StoreError> = store.lanes(&[], |_| Ok(()));
        assert!(matches!(outcome, Err(StoreError::Invalid { .. })), "{outcome:?}");
    });
}
