//! Copies of a store that is in use.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use doorstep_store::{LaneId, Store, StoreError, Tx, TxExt, Value, snapshot};

use crate::engines::Place;

fn adds(store: &Store, topic: &str) {
    let (lane, topic) = (LaneId::new("snapshots").unwrap(), topic.to_owned());
    let added: Result<(), StoreError> = store.lane(&lane, move |tx| {
        // Two rows of one transaction: a copy holds both or neither.
        for consumer in ["a", "b"] {
            let values = [Value::Text(consumer), Value::Text(&topic)];
            tx.execute(
                "insert into cursor (consumer, topic, partition, next_offset, updated_at_us)
                 values ($1, $2, 0, 0, 0)",
                &values,
            )?;
        }
        Ok(())
    });
    added.unwrap();
}

fn count(store: &Store, consumer: &str) -> i64 {
    let sql = "select count(*) from cursor where consumer = $1";
    let counted: Result<i64, StoreError> =
        store.read(|tx| tx.query_one(sql, &[Value::Text(consumer)], |row| row.int(0)));
    counted.unwrap()
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// F6: copies taken while a lane commits hold whole transactions, everything answered before, and
/// are stores of their own.
#[test]
fn a_copy_of_a_store_in_use_is_one_state_of_it() {
    let (place, scratch) = (Place::sqlite(), tempfile::tempdir().unwrap());
    let store = place.open();
    adds(&store, "before");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut number = 0;
            while !done.load(Relaxed) {
                adds(&store, &number.to_string());
                number += 1;
            }
        });
        for round in 0..5 {
            let directory = scratch.path().join(round.to_string());
            std::fs::create_dir(&directory).unwrap();
            let file = directory.join("copy.sqlite");
            snapshot(&place.url, &file).unwrap();
            assert_eq!(files(&directory), std::slice::from_ref(&file));
            let copy = Store::open(&format!("sqlite:{}", file.display())).unwrap();
            assert_eq!(copy.check().unwrap(), []);
            assert!(count(&copy, "a") >= 1);
            assert_eq!(count(&copy, "a"), count(&copy, "b"));
        }
        done.store(true, Relaxed);
    });
}

/// F6: nothing is written over, and what is not there is named.
#[test]
fn a_copy_that_cannot_be_made_is_told() {
    let (place, scratch) = (Place::sqlite(), tempfile::tempdir().unwrap());
    drop(place.open());
    let taken = scratch.path().join("taken");
    std::fs::write(&taken, "mine").unwrap();
    let nowhere = scratch.path().join("no/such/directory/copy");
    let missing = format!("sqlite:{}", scratch.path().join("missing").display());
    let cases = [
        // (store, copy, what is said)
        (place.url.as_str(), &taken, "taken: file is not a database"),
        (&place.url, &nowhere, "unable to open database"),
        (&missing, &nowhere, "cannot open the store: "),
        ("postgres://user@localhost/x", &nowhere, "pg_dump"),
    ];
    for (url, into, told) in cases {
        let said = snapshot(url, into).unwrap_err().to_string();
        assert!(said.contains(told), "{url}: {said}");
    }
    assert_eq!(std::fs::read(&taken).unwrap(), b"mine");
}
