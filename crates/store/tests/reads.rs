//! Reads: one state of the database, and no way to change it.

use doorstep_store::{READERS_MAX, StoreError, Tx, TxExt, timer};

use crate::engines::{ON_PURPOSE, Place, lane, on_each_engine};

fn count(tx: &mut dyn Tx) -> Result<i64, StoreError> {
    tx.query_one("select count(*) from timer", &[], |row| row.int(0))
}

#[test]
fn a_read_sees_one_state_whatever_is_committed_meanwhile() {
    on_each_engine(|place| {
        let store = place.open();
        let set = |name: &'static str| {
            store.lane(&lane("timers"), move |tx| timer::set(tx, name, 1, "note", b"")).unwrap();
        };
        set("before");
        let counts = store.read(|tx| {
            // The state is that of the read's beginning, not of its first statement.
            set("first");
            let before = count(tx)?;
            set("second");
            Ok::<_, StoreError>((before, count(tx)?))
        });
        assert_eq!(counts, Ok((1, 1)));
        assert_eq!(store.read(count), Ok(3));
    });
}

#[test]
fn a_read_cannot_write() {
    let writes = [
        "insert into lane (lane_id, last_seq, forgotten_seq) values ('x', 0, 0)",
        "delete from lane",
        "create table mine (id text)",
        "drop table lane",
    ];
    on_each_engine(|place| {
        let store = place.open();
        for write in writes {
            let outcome = store.read(|tx| tx.execute(write, &[]));
            assert!(matches!(outcome, Err(StoreError::ReadOnly { .. })), "{write}: {outcome:?}");
        }
    });
}

#[test]
fn readers_are_given_back_after_errors_and_panics() {
    on_each_engine(|place| {
        let store = place.open();
        for _ in 0..=READERS_MAX {
            let failed: Result<(), StoreError> = store.read(|_| Err(StoreError::NoRow));
            assert!(failed.is_err());
            let broken = std::panic::AssertUnwindSafe(|| {
                store.read::<(), StoreError>(|_| panic!("{ON_PURPOSE}"))
            });
            assert!(std::panic::catch_unwind(broken).is_err());
        }
        assert_eq!(store.read(count), Ok(0));
    });
}

/// A store that was closed is one file: what is written does not wait in a log for the next start.
#[test]
fn a_closed_store_leaves_no_write_ahead_log() {
    let place = Place::sqlite();
    let store = place.open();
    let set = store.lane(&lane("timers"), |tx| timer::set(tx, "a", 1, "note", b""));
    set.unwrap();
    // The connection that reads stays open, beside the one that writes.
    assert_eq!(store.read(count), Ok(1));
    let file = place.url.strip_prefix("sqlite:").unwrap();
    let write_ahead_log = std::path::PathBuf::from(format!("{file}-wal"));
    assert!(write_ahead_log.exists());
    drop(store);
    assert!(!write_ahead_log.exists());
    assert_eq!(place.open().read(count), Ok(1));
}
