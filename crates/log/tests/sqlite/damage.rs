use std::fs;

use doorstep_log::{Log, LogError, Topic};
use rusqlite::Connection;

use crate::scratch::{ALL, EVENTS, Scratch, numbered};

const ONE: Topic = Topic { name: "one", partitions: 1 };

/// A log of three batches of ten records.
fn three_batches(scratch: &Scratch) -> Log {
    let log = scratch.open(&[ONE]).unwrap();
    for n in 0..3 {
        log.append("one", numbered("k", n * 10, 10), 0).unwrap();
    }
    log
}

/// Alters the partition behind the log's back.
fn alter(scratch: &Scratch, sql: &str) {
    let connection = Connection::open(scratch.partition_path("one", 0)).unwrap();
    assert!(connection.execute(sql, []).unwrap() > 0, "{sql}");
}

/// A1: a batch that is not what was written is never handed on, and `verify` names it.
#[test]
fn an_altered_batch_is_noticed() {
    for (sql, reason) in [
        (
            "update batch set body = cast(substr(body, 1, 9) || 'x' || substr(body, 11) as blob)
             where first_offset = 10",
            "damaged at offset 10: the checksum differs",
        ),
        (
            "update batch set body = substr(body, 1, 20) where first_offset = 10",
            "damaged at offset 10: the checksum differs",
        ),
        (
            "update batch set records = 9 where first_offset = 10",
            "damaged at offset 10: the checksum differs",
        ),
        (
            "update batch set appended_at_us = 1 where first_offset = 10",
            "damaged at offset 10: the checksum differs",
        ),
    ] {
        let scratch = Scratch::new();
        let log = three_batches(&scratch);
        alter(&scratch, sql);
        for error in [log.read("one", 0, 12, 1, ALL).err(), log.verify("one", 0).err()] {
            let text = error.unwrap().to_string();
            assert!(text.contains("one/000.sqlite") && text.contains(reason), "{sql}: {text}");
        }
        assert_eq!(log.read("one", 0, 20, ALL, ALL).unwrap().len(), 10, "others are sound");
    }
}

/// A1: lost batches are noticed wherever they are: in the middle, at the start, at the end.
#[test]
fn a_missing_batch_is_noticed() {
    for (lost, read_from) in [(0, 5), (10, 10), (20, 29)] {
        let scratch = Scratch::new();
        let log = three_batches(&scratch);
        alter(&scratch, &format!("delete from batch where first_offset = {lost}"));
        let read = log.read("one", 0, read_from, 1, ALL).unwrap_err();
        assert!(matches!(read, LogError::Damaged { .. }), "{read}");
        let verified = log.verify("one", 0).unwrap_err();
        assert!(matches!(verified, LogError::Damaged { .. }), "{verified}");
    }
}

/// A file that is no partition is refused by its path, and left as it is.
#[test]
fn a_foreign_file_is_refused() {
    let scratch = Scratch::new();
    drop(scratch.open(&[EVENTS]).unwrap());
    let path = scratch.partition_path("events", 1);
    for (content, reason) in [
        (Some("this is a letter, not a database"), "001.sqlite: file is not a database"),
        (Some(""), "001.sqlite: not a partition of a log"),
        (None, "001.sqlite: the file of the partition is missing"),
    ] {
        match content {
            Some(text) => fs::write(&path, text).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let refused = scratch.open(&[EVENTS]).err().unwrap().to_string();
        assert!(refused.contains(reason), "{refused}");
        assert_eq!(fs::read_to_string(&path).ok().as_deref(), content);
    }
}

/// A partition restored under another's name is refused: its keys would be read elsewhere.
#[test]
fn a_partition_in_the_wrong_place_is_refused() {
    let scratch = Scratch::new();
    drop(scratch.open(&[EVENTS]).unwrap());
    let (from, to) = (scratch.partition_path("events", 2), scratch.partition_path("events", 0));
    fs::copy(from, to).unwrap();
    let refused = scratch.open(&[EVENTS]).err().unwrap().to_string();
    assert!(refused.contains("000.sqlite: it is partition 2 of topic events"), "{refused}");
}

/// B18: a file of a later version is refused rather than misread.
#[test]
fn a_later_version_is_refused() {
    let scratch = Scratch::new();
    drop(scratch.open(&[ONE]).unwrap());
    let connection = Connection::open(scratch.partition_path("one", 0)).unwrap();
    connection.pragma_update(None, "user_version", 2).unwrap();
    drop(connection);
    let refused = scratch.open(&[ONE]).err().unwrap().to_string();
    assert!(refused.contains("format version 2, this program reads 1"), "{refused}");
}
