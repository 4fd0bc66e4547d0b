use std::sync::mpsc;
use std::thread;

use doorstep_log::{LogError, Topic, limits};
use rusqlite::Connection;

use crate::scratch::{Scratch, numbered, read_all, record, values};

const ONE: Topic = Topic { name: "one", partitions: 1 };

/// Keeps the partition's writer from beginning a transaction until dropped.
fn hold_the_disk(scratch: &Scratch) -> Connection {
    let connection = Connection::open(scratch.partition_path("one", 0)).unwrap();
    connection.execute_batch("begin immediate").unwrap();
    connection
}

/// A2: when the queue is full the sender is told to come back; whatever was accepted is kept,
/// and of what was refused nothing is.
#[test]
fn a_full_queue_tells_the_sender() {
    const SENDERS: usize = 10;
    let scratch = Scratch::new();
    let log = scratch.open(&[ONE]).unwrap();
    let held = hold_the_disk(&scratch);
    let (told, heard) = mpsc::channel();
    let quarter = vec![record("k", vec![7; limits::QUEUE_BYTES_MAX / 16 - 8]); 4];
    for _ in 0..SENDERS {
        let (log, told, records) = (log.clone(), told.clone(), quarter.clone());
        thread::spawn(move || told.send(log.try_append("one", records, 0)));
    }
    // Ten quarters exceed a queue and the commit taken from it, and nobody is served: the first
    // to be answered is one who was refused.
    let first = heard.recv().unwrap();
    assert!(
        matches!(first, Err(LogError::Busy { retry_after_ms, .. }) if retry_after_ms > 0),
        "{first:?}"
    );
    drop(held);
    let accepted = heard.iter().take(SENDERS - 1).filter(Result::is_ok).count();
    assert!(accepted >= 4, "a queue of four quarters was filled");
    assert_eq!(log.bounds("one", 0).unwrap().end, 4 * accepted as u64);
}

/// A2: those who wait for room are all served, however little there is.
#[test]
fn those_who_wait_are_all_served() {
    let scratch = Scratch::new();
    let log = scratch.open(&[ONE]).unwrap();
    let quarter = vec![record("k", vec![7; limits::QUEUE_BYTES_MAX / 16 - 8]); 4];
    thread::scope(|scope| {
        for _ in 0..12 {
            let (log, records) = (&log, quarter.clone());
            scope.spawn(move || log.append("one", records, 0).unwrap());
        }
    });
    assert_eq!(log.verify("one", 0).unwrap().offsets, 0..48);
}

/// Appends that wait together share one commit and few batches.
#[test]
fn what_waits_together_is_committed_together() {
    let scratch = Scratch::new();
    let log = scratch.open(&[ONE]).unwrap();
    let held = hold_the_disk(&scratch);
    thread::scope(|scope| {
        let (queued, all_queued) = mpsc::channel();
        for n in 0..40 {
            let (log, queued) = (&log, queued.clone());
            scope.spawn(move || {
                queued.send(()).unwrap();
                log.append("one", numbered("k", n, 1), 0).unwrap()
            });
        }
        assert_eq!(all_queued.iter().take(40).count(), 40);
        drop(held);
    });
    let verified = log.verify("one", 0).unwrap();
    assert_eq!(verified.offsets, 0..40);
    assert!(verified.batches < 40, "{} batches for 40 appends", verified.batches);
}

/// A2: a commit that fails answers everybody with the error, leaves nothing half written, and
/// the next one goes on; whether SQLite rolls back the statement or the whole transaction.
#[test]
fn a_failed_commit_leaves_nothing_and_the_writer_goes_on() {
    for how in ["abort", "rollback", "fail"] {
        let scratch = Scratch::new();
        let log = scratch.open(&[ONE]).unwrap();
        log.append("one", numbered("k", 0, 1), 0).unwrap();

        let outside = Connection::open(scratch.partition_path("one", 0)).unwrap();
        let trigger = format!(
            "create trigger full after insert on batch when new.first_offset > 1
             begin select raise({how}, 'the disk is full'); end"
        );
        outside.execute_batch(&trigger).unwrap();
        // Two batches: the first is inserted, the second fails.
        let two = vec![record("k", vec![7; limits::RECORD_BYTES_MAX - 1]); 2];
        let refused = log.append("one", two, 0).unwrap_err().to_string();
        assert!(refused.contains("one/000.sqlite: the disk is full"), "{refused}");
        assert_eq!(log.bounds("one", 0).unwrap(), 0..1, "{how}");
        assert_eq!(values(&read_all(&log, "one", 0)), ["k-0"], "{how}");

        outside.execute_batch("drop trigger full").unwrap();
        log.append("one", numbered("k", 1, 2), 0).unwrap();
        assert_eq!(values(&read_all(&log, "one", 0)), ["k-0", "k-1", "k-2"], "{how}");
        assert_eq!(log.verify("one", 0).unwrap().offsets, 0..3, "{how}");
    }
}

/// Forgetting many batches takes several steps, between which appends are served.
#[test]
fn forgetting_and_appending_share_the_writer() {
    let scratch = Scratch::new();
    let log = scratch.open(&[ONE]).unwrap();
    let batches = u64::from(limits::FORGET_BATCHES_MAX) * 2 + 50;
    for n in 0..batches {
        log.append("one", numbered("k", n, 1), 0).unwrap();
    }
    thread::scope(|scope| {
        let forgetting = scope.spawn(|| log.forget("one", 0, batches - 10).unwrap());
        for n in batches..batches + 20 {
            log.append("one", numbered("k", n, 1), 0).unwrap();
        }
        forgetting.join().unwrap();
    });
    assert_eq!(log.bounds("one", 0).unwrap(), batches - 10..batches + 20);
    assert_eq!(log.verify("one", 0).unwrap().batches, 30);
}
