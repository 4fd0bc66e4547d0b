//! What every engine of the log must keep. Each function is given the way to open the log; it
//! starts with nothing in it, and is opened again to see what has lasted.

mod interleaving;

use std::thread;
use std::time::Duration;

use doorstep_log::{Appended, Log, LogError, Topic, limits};

use crate::scratch::{ALL, EVENTS, numbered, read_all, record, values};

pub(crate) use interleaving::any_interleaving_keeps_the_order_of_each_key;

/// How an engine's log is opened.
pub(crate) type Open<'a> = &'a dyn Fn(&[Topic]) -> Result<Log, LogError>;

const ONE: Topic = Topic { name: "one", partitions: 1 };

/// A1: what was answered is there, under its offset, with its time, in the partition of its key.
pub(crate) fn what_is_appended_is_read_back(open: Open) {
    let log = open(&[EVENTS]).unwrap();
    let records: Vec<_> = (0..100).map(|n| record(format!("k{}", n % 7), format!("{n}"))).collect();
    let parts = log.append("events", records.clone(), 1_234_567).unwrap();

    assert_eq!(parts.iter().map(|part| part.records).sum::<u64>(), 100);
    for part in parts {
        let entries = read_all(&log, "events", part.partition);
        let expected: Vec<_> = records
            .iter()
            .filter(|r| log.partition_of("events", &r.key).unwrap() == part.partition)
            .collect();
        assert_eq!(entries.len() as u64, part.records);
        for ((entry, record), offset) in entries.iter().zip(expected).zip(part.first_offset..) {
            assert_eq!((entry.offset, entry.appended_at_us), (offset, 1_234_567));
            assert_eq!((&entry.key, &entry.value), (&record.key, &record.value));
        }
    }
}

/// A1: a repaired consumer replays from any retained offset, also from inside a batch.
pub(crate) fn a_read_starts_at_any_offset(open: Open) {
    let log = open(&[ONE]).unwrap();
    let mut first = 0;
    for (at, count) in [(10, 1), (20, 40), (30, 2), (25, 300), (40, 5)] {
        log.append("one", numbered("k", first, count), at).unwrap();
        first += count;
    }
    let all = read_all(&log, "one", 0);
    assert_eq!(all.len() as u64, first);
    for from in 0..=first {
        let rest = log.read("one", 0, from, ALL, ALL).unwrap();
        assert_eq!(rest, all[from as usize..], "from {from}");
    }
}

/// A read takes at most what it is told, over the borders of batches, and goes on from there.
pub(crate) fn a_read_keeps_to_its_room(open: Open) {
    let log = open(&[ONE]).unwrap();
    for n in 0..10 {
        log.append("one", numbered("key", n * 3, 3), 0).unwrap();
    }
    let all = read_all(&log, "one", 0);
    // Every record of "key" has 3 bytes of key and 5 or 6 of value.
    for (max_records, max_bytes, taken) in
        [(0, ALL, 0), (1, ALL, 1), (7, ALL, 7), (ALL, 0, 1), (ALL, 16, 2), (ALL, 23, 2), (4, 24, 3)]
    {
        let entries = log.read("one", 0, 2, max_records, max_bytes).unwrap();
        assert_eq!(entries, all[2..2 + taken], "{max_records} records, {max_bytes} bytes");
    }
}

/// A1: what was answered outlasts the process, and offsets go on where they were.
pub(crate) fn a_reopened_log_goes_on(open: Open) {
    for round in 0..3 {
        let log = open(&[ONE]).unwrap();
        assert_eq!(log.bounds("one", 0).unwrap(), 0..round * 10);
        let parts = log.append("one", numbered("k", round * 10, 10), 0).unwrap();
        assert_eq!(parts, [Appended { partition: 0, first_offset: round * 10, records: 10 }]);
    }
    let log = open(&[ONE]).unwrap();
    assert_eq!(values(&read_all(&log, "one", 0)), values_of(0..30));
    assert_eq!(log.verify("one", 0).unwrap().offsets, 0..30);
}

/// The number of partitions is kept: another one would move keys.
pub(crate) fn another_number_of_partitions_is_refused(open: Open) {
    drop(open(&[EVENTS]).unwrap());
    let error = open(&[Topic { partitions: 4, ..EVENTS }]).err().unwrap();
    let text = "topic events has 3 partitions on disk, not 4: the number cannot change";
    assert_eq!(error.to_string(), text);
    assert_eq!(open(&[EVENTS]).unwrap().partitions("events").unwrap(), 3);
}

/// A topic or partition that does not exist is refused by name.
pub(crate) fn what_is_not_there_is_named(open: Open) {
    let log = open(&[EVENTS]).unwrap();
    let unknown = log.append("pings", numbered("k", 0, 1), 0).unwrap_err();
    assert_eq!(unknown.to_string(), "topic \"pings\" is not open");
    let unknown = log.read("events", 3, 0, 1, 1).unwrap_err();
    assert_eq!(unknown.to_string(), "topic events has no partition 3: there are 3");
    assert!(!log.wait("pings", &[], Duration::ZERO));
}

/// A topic's name must fit a directory and Kafka, and be given once.
pub(crate) fn a_bad_topic_is_refused(open: Open) {
    for (name, partitions) in [
        ("", 1),
        ("..", 1),
        ("a/b", 1),
        ("Events", 1),
        (".hidden", 1),
        ("none", 0),
        ("many", 1_000),
    ] {
        let refused = open(&[Topic { name, partitions }]).err();
        assert!(matches!(refused, Some(LogError::TopicName { .. })), "{name}: {refused:?}");
    }
    let twice = open(&[EVENTS, EVENTS]).err();
    assert!(matches!(twice, Some(LogError::TopicName { .. })), "{twice:?}");
}

/// A1: forgetting drops whole batches; what is retained is read as before, also once reopened.
pub(crate) fn what_is_forgotten_is_told(open: Open) {
    let log = open(&[ONE]).unwrap();
    for n in 0..10 {
        log.append("one", numbered("k", n * 10, 10), 0).unwrap();
    }
    log.forget("one", 0, 45).unwrap();
    let reopened = {
        drop(log);
        open(&[ONE]).unwrap()
    };
    let bounds = reopened.bounds("one", 0).unwrap();
    assert!(bounds.start > 0 && bounds.start <= 45, "{bounds:?}");
    assert_eq!(values(&read_all(&reopened, "one", 0)), values_of(bounds.clone()));
    let told = reopened.read("one", 0, bounds.start - 1, 1, ALL).unwrap_err();
    assert!(matches!(told, LogError::Forgotten { start, .. } if start == bounds.start), "{told}");
    assert_eq!(reopened.verify("one", 0).unwrap().offsets, bounds);
}

/// Forgetting everything keeps the end: offsets are never given twice.
pub(crate) fn forgetting_everything_keeps_the_end(open: Open) {
    let log = open(&[ONE]).unwrap();
    log.append("one", numbered("k", 0, 10), 0).unwrap();
    log.forget("one", 0, u64::MAX).unwrap();
    drop(log);
    let log = open(&[ONE]).unwrap();
    assert_eq!(log.bounds("one", 0).unwrap(), 10..10);
    let parts = log.append("one", numbered("k", 10, 1), 0).unwrap();
    assert_eq!(parts, [Appended { partition: 0, first_offset: 10, records: 1 }]);
    assert_eq!(values(&read_all(&log, "one", 0)), ["k-10"]);
}

/// A consumer whose offset lies beyond the end learns that the log has lost its tail.
pub(crate) fn reading_ahead_of_the_end_is_refused(open: Open) {
    let log = open(&[ONE]).unwrap();
    log.append("one", numbered("k", 0, 3), 0).unwrap();
    assert_eq!(log.read("one", 0, 3, ALL, ALL).unwrap(), []);
    let ahead = log.read("one", 0, 4, ALL, ALL).unwrap_err();
    assert!(matches!(ahead, LogError::Ahead { asked: 4, end: 3, .. }), "{ahead}");
}

/// A waiting consumer is woken by an append to any partition.
pub(crate) fn a_waiting_consumer_is_woken(open: Open) {
    let log = open(&[EVENTS]).unwrap();
    assert!(!log.wait("events", &[0, 0, 0], Duration::ZERO));
    let waiting = log.clone();
    let consumer =
        thread::spawn(move || waiting.wait("events", &[0, 0, 0], Duration::from_secs(60)));
    log.append("events", numbered("k", 0, 1), 0).unwrap();
    assert!(consumer.join().unwrap(), "woken by what was appended");

    let ends: Vec<u64> = (0..3).map(|p| log.bounds("events", p).unwrap().end).collect();
    assert!(!log.wait("events", &ends, Duration::ZERO), "seen to the end");
    assert!(log.wait("events", &[], Duration::ZERO), "nothing seen yet");
}

/// A2: what can never fit is refused with the limit, and nothing of it is taken.
pub(crate) fn what_can_never_fit_is_refused(open: Open) {
    let log = open(&[ONE]).unwrap();
    let fits = record("", vec![7; limits::RECORD_BYTES_MAX]);
    let exceeds = record("k", vec![7; limits::RECORD_BYTES_MAX]);
    let refused = log.append("one", vec![fits.clone(), exceeds], 0).unwrap_err();
    assert!(matches!(refused, LogError::TooLarge { what: "a record", .. }), "{refused}");
    let refused = log.try_append("one", vec![fits.clone(); 17], 0).unwrap_err();
    assert!(matches!(refused, LogError::TooLarge { what: "an append", .. }), "{refused}");
    assert_eq!(log.bounds("one", 0).unwrap(), 0..0);

    log.append("one", vec![fits.clone(); 3], 0).unwrap();
    let read = log.read("one", 0, 1, ALL, 10).unwrap();
    assert_eq!((read.len(), &read[0].value), (1, &fits.value), "one is read whatever the room");
}

/// Nothing to append is answered without a partition; empty keys and values are carried.
pub(crate) fn empty_is_carried(open: Open) {
    let log = open(&[EVENTS]).unwrap();
    assert_eq!(log.append("events", vec![], 0).unwrap(), []);
    let parts = log.append("events", vec![record("", "")], -5).unwrap();
    let entries = read_all(&log, "events", parts[0].partition);
    assert_eq!((entries.len(), entries[0].appended_at_us), (1, -5));
    assert!(entries[0].key.is_empty() && entries[0].value.is_empty());
}

/// A1: what is decided beforehand stands: records go where they are sent, whatever their keys, in
/// the order of appends of either kind.
pub(crate) fn a_named_partition_gets_what_is_sent_there(open: Open) {
    let log = open(&[EVENTS]).unwrap();
    for partition in 0..EVENTS.partitions {
        let sent = numbered("k", u64::from(partition) * 10, 10);
        let parts = log.append_to("events", partition, sent, 7).unwrap();
        assert_eq!(parts, [Appended { partition, first_offset: 0, records: 10 }]);
        let parts = log.try_append_to("events", partition, numbered("m", 0, 1), 8).unwrap();
        assert_eq!(parts, [Appended { partition, first_offset: 10, records: 1 }]);
        let first = u64::from(partition) * 10;
        let expected: Vec<_> =
            values_of(first..first + 10).into_iter().chain(["m-0".to_owned()]).collect();
        assert_eq!(values(&read_all(&log, "events", partition)), expected);
    }
    assert_eq!(log.append_to("events", 0, vec![], 0).unwrap(), []);
    let unknown = log.append_to("events", 3, numbered("k", 0, 1), 0).unwrap_err();
    assert_eq!(unknown.to_string(), "topic events has no partition 3: there are 3");
    let exceeds = vec![record("k", vec![7; limits::RECORD_BYTES_MAX])];
    let refused = log.try_append_to("events", 0, exceeds, 0).unwrap_err();
    assert!(matches!(refused, LogError::TooLarge { what: "a record", .. }), "{refused}");
}

fn values_of(numbers: std::ops::Range<u64>) -> Vec<String> {
    numbers.map(|number| format!("k-{number}")).collect()
}
