use std::collections::HashMap;
use std::thread;

use doorstep_log::{Appended, Entry, Log, Record};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::scratch::{EVENTS, read_all, record};

/// Per thread its appends, per append the keys of its records.
type Threads = Vec<Vec<Vec<u8>>>;

/// Each case opens a log of its own and waits for the disk; more cases find no more.
const CASES: u32 = 12;

/// A1, A2: threads append at once, mixing keys and sizes as they like: nothing is lost, offsets
/// have no gap, each answer names exactly its records, each key's records keep their order.
/// `fresh` opens an empty log and gives what keeps it alive.
pub(crate) fn any_interleaving_keeps_the_order_of_each_key<Keep>(fresh: impl Fn() -> (Log, Keep)) {
    let threads = vec(vec(vec(0..8_u8, 1..40), 1..12), 2..5);
    let mut runner = TestRunner::new(Config { cases: CASES, ..Config::default() });
    let ran = runner.run(&threads, |threads| {
        let (log, _keep) = fresh();
        let answers = append_at_once(&log, &threads);
        check(&log, &threads, &answers)
    });
    ran.unwrap();
}

/// The records of one append: the value tells the thread, the append and the position.
fn records_of(thread: usize, append: usize, keys: &[u8]) -> Vec<Record> {
    let records = keys.iter().enumerate();
    records.map(|(n, key)| record([*key], format!("{thread:02} {append:03} {n:03}"))).collect()
}

fn append_at_once(log: &Log, threads: &Threads) -> Vec<Vec<Vec<Appended>>> {
    thread::scope(|scope| {
        let spawn = |(thread, appends): (usize, &Vec<Vec<u8>>)| {
            let appends = appends.clone();
            scope.spawn(move || {
                let numbered = appends.iter().enumerate();
                numbered
                    .map(|(n, keys)| log.append("events", records_of(thread, n, keys), 0).unwrap())
                    .collect()
            })
        };
        let running: Vec<_> = threads.iter().enumerate().map(spawn).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn check(
    log: &Log,
    threads: &Threads,
    answers: &[Vec<Vec<Appended>>],
) -> Result<(), TestCaseError> {
    let partitions: Vec<Vec<Entry>> =
        (0..EVENTS.partitions).map(|p| read_all(log, "events", p)).collect();
    let sent: usize = threads.iter().flatten().map(Vec::len).sum();
    prop_assert_eq!(partitions.iter().map(Vec::len).sum::<usize>(), sent);

    for (partition, entries) in partitions.iter().enumerate() {
        check_order(log, partition as u32, entries)?;
        let verified = log.verify("events", partition as u32);
        prop_assert_eq!(verified.map(|v| v.offsets.end).ok(), Some(entries.len() as u64));
    }
    for (thread, appends) in threads.iter().enumerate() {
        for (n, keys) in appends.iter().enumerate() {
            let sent = records_of(thread, n, keys);
            check_answer(log, &partitions, &sent, &answers[thread][n])?;
        }
    }
    Ok(())
}

/// Values of one key and thread ascend, since each thread sent them so.
fn check_order(log: &Log, partition: u32, entries: &[Entry]) -> Result<(), TestCaseError> {
    let mut newest: HashMap<(&[u8], &[u8]), &[u8]> = HashMap::new();
    for (entry, offset) in entries.iter().zip(0..) {
        prop_assert_eq!(entry.offset, offset);
        prop_assert_eq!(log.partition_of("events", &entry.key).unwrap(), partition);
        let before = newest.insert((&entry.key, &entry.value[..2]), &entry.value);
        prop_assert!(before.is_none_or(|before| before < entry.value.as_slice()));
    }
    Ok(())
}

fn check_answer(
    log: &Log,
    partitions: &[Vec<Entry>],
    sent: &[Record],
    answer: &[Appended],
) -> Result<(), TestCaseError> {
    prop_assert!(answer.is_sorted_by(|a, b| a.partition < b.partition));
    let mut answered = 0;
    for part in answer {
        let first = part.first_offset as usize;
        let entries = &partitions[part.partition as usize][first..first + part.records as usize];
        let of_partition =
            |r: &&Record| log.partition_of("events", &r.key).unwrap() == part.partition;
        let expected: Vec<_> = sent.iter().filter(of_partition).map(|r| &r.value).collect();
        let stored: Vec<_> = entries.iter().map(|entry| &entry.value).collect();
        prop_assert_eq!(stored, expected);
        answered += entries.len();
    }
    prop_assert_eq!(answered, sent.len());
    Ok(())
}
