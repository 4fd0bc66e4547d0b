//! Cursors: a step is taken once, whoever races.

use std::thread;

use doorstep_store::cursor::{self, Advance, Cursor, CursorId};
use doorstep_store::{Store, StoreError};

use crate::engines::{lane, on_each_engine};

const EVENTS: CursorId<'static> =
    CursorId { consumer: "accountant", topic: "events", partition: 3 };

fn step(expected_offset: i64, next_offset: i64, newest_event_time_us: Option<i64>) -> Advance {
    Advance { expected_offset, next_offset, newest_event_time_us, now_us: 9 }
}

fn advance(store: &Store, lane_name: &str, step: Advance) -> Result<i64, StoreError> {
    store.lane(&lane(lane_name), move |tx| {
        // The effect comes first, so that a fenced step must take it back.
        let seq = tx.announce("counted", "x", b"", 9)?;
        cursor::advance(tx, EVENTS, step)?;
        Ok(seq)
    })
}

fn load(store: &Store) -> Cursor {
    store.read(|tx| cursor::load(tx, EVENTS)).unwrap()
}

/// B10: offset and effects commit together; a step from elsewhere is fenced with its effects.
#[test]
fn a_cursor_advances_only_from_where_it_is() {
    on_each_engine(|place| {
        let store = place.open();
        assert_eq!(load(&store), Cursor::default());
        assert_eq!(advance(&store, "pay", step(0, 10, Some(500))), Ok(1));
        for stale in [step(0, 10, None), step(5, 12, None), step(11, 12, None)] {
            let fenced = advance(&store, "pay", stale);
            assert!(matches!(fenced, Err(StoreError::Fenced { .. })), "{stale:?}: {fenced:?}");
        }
        let back = advance(&store, "pay", step(10, 9, None));
        assert!(matches!(back, Err(StoreError::Invalid { .. })), "{back:?}");
        assert_eq!(advance(&store, "pay", step(10, 12, Some(400))), Ok(2), "no effect was left");
        assert_eq!(load(&store).newest_event_time_us, Some(500), "event time goes forward only");
        assert_eq!(advance(&store, "pay", step(12, 12, None)), Ok(3));
        assert_eq!(advance(&store, "pay", step(12, 13, Some(600))), Ok(4));
        let expected =
            Cursor { next_offset: 13, newest_event_time_us: Some(600), updated_at_us: Some(9) };
        assert_eq!(load(&store), expected);
    });
}

/// B10: several cursors move together or not at all, and whoever was slower is fenced.
#[test]
fn cursors_advance_together_or_not_at_all() {
    on_each_engine(|place| {
        let store = place.open();
        let id = |topic| CursorId { consumer: "hand-over", topic, partition: 0 };
        let all = move |steps: Vec<(&'static str, i64, i64)>| {
            store.lane(&lane("pay"), move |tx| {
                let steps =
                    steps.iter().map(|(topic, from, to)| (id(topic), step(*from, *to, None)));
                cursor::advance_all(tx, &steps.collect::<Vec<_>>())
            })
        };
        let store = place.open();
        let stand = || {
            let found =
                store.read(|tx| cursor::load_all(tx, "hand-over", &["a", "b", "c"])).unwrap();
            ["a", "b", "c"].map(|topic| found.get(topic).copied())
        };
        assert_eq!(stand(), [None, None, None]);
        assert_eq!(all(vec![("a", 0, 3), ("b", 0, 5)]), Ok(()));
        assert_eq!(all(vec![("a", 3, 4), ("c", 0, 1), ("b", 5, 9)]), Ok(()));
        assert_eq!(stand(), [Some(4), Some(9), Some(1)]);
        for stale in [vec![("a", 4, 5), ("b", 5, 9)], vec![("b", 9, 10), ("c", 0, 2)]] {
            let fenced = all(stale.clone());
            assert!(matches!(fenced, Err(StoreError::Fenced { .. })), "{stale:?}: {fenced:?}");
        }
        let back = all(vec![("a", 4, 5), ("b", 9, 8)]);
        assert!(matches!(back, Err(StoreError::Invalid { .. })), "{back:?}");
        assert_eq!(stand(), [Some(4), Some(9), Some(1)], "nothing of them has moved");
    });
}

/// B10: of consumers that race for the same records exactly one counts them.
#[test]
fn of_racing_consumers_exactly_one_wins_each_step() {
    on_each_engine(|place| {
        let store = place.open();
        for round in 0..10 {
            let race = step(round, round + 1, None);
            let wins: usize = thread::scope(|scope| {
                let racers: Vec<_> = (0..4)
                    .map(|racer| {
                        let store = &store;
                        scope.spawn(move || advance(store, &format!("lane-{racer}"), race))
                    })
                    .collect();
                racers
                    .into_iter()
                    .map(|racer| match racer.join().unwrap() {
                        Ok(_) => 1,
                        Err(StoreError::Fenced { .. }) => 0,
                        Err(other) => panic!("{other}"),
                    })
                    .sum()
            });
            assert_eq!(wins, 1, "round {round}");
        }
        assert_eq!(load(&store).next_offset, 10);
    });
}
