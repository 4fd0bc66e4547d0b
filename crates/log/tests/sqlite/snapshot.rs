//! Copies of a log that is in use.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

use doorstep_log::{Topic, snapshot};

use crate::scratch::{EVENTS, Scratch, numbered, read_all};

/// A second topic, with one partition.
const LETTERS: Topic = Topic { name: "letters", partitions: 1 };

/// F6: a copy taken while others append is a log of its own that holds what was acknowledged
/// before, without a gap.
#[test]
fn a_copy_of_a_log_in_use_holds_what_was_acknowledged() {
    let (scratch, copies) = (Scratch::new(), tempfile::tempdir().unwrap());
    let log = scratch.open(&[EVENTS, LETTERS]).unwrap();
    log.append("letters", numbered("l", 0, 7), 0).unwrap();
    let (acknowledged, done) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(SeqCst) {
                let next = acknowledged.load(SeqCst);
                log.append("events", numbered("k", next, 10), 0).unwrap();
                acknowledged.store(next + 10, SeqCst);
            }
        });
        for round in 0..5 {
            let directory = copies.path().join(round.to_string());
            let before = acknowledged.load(SeqCst);
            let copied = snapshot(&scratch.url(), &directory, &|_| {}).unwrap();
            let opened = format!("sqlite:{}", directory.display());
            let copy = doorstep_log::Log::open(&opened, &[EVENTS, LETTERS]).unwrap();
            for partition in &copied {
                let (topic, number) = (partition.topic.as_str(), partition.partition);
                assert_eq!(copy.bounds(topic, number).unwrap(), partition.offsets);
                copy.verify(topic, number).unwrap();
            }
            let of_key = copy.partition_of("events", b"k").unwrap();
            let events = read_all(&copy, "events", of_key);
            assert!(events.len() as u64 >= before);
            for (number, entry) in events.iter().enumerate() {
                assert_eq!(entry.value, format!("k-{number}").as_bytes());
            }
            assert_eq!(read_all(&copy, "letters", 0).len(), 7);
        }
        done.store(true, SeqCst);
    });
}

/// F6: a copy has the partitions and the marker of each complete topic, and nothing else; offsets
/// that were forgotten stay forgotten.
#[test]
fn a_copy_holds_the_topics_and_nothing_else() {
    let (scratch, copies) = (Scratch::new(), tempfile::tempdir().unwrap());
    let log = scratch.open(&[EVENTS, LETTERS]).unwrap();
    log.append("letters", numbered("l", 0, 7), 0).unwrap();
    log.forget("letters", 0, 7).unwrap();
    drop(log);
    let half_made = scratch.partition_path("half-made", 0);
    fs::create_dir(half_made.parent().unwrap()).unwrap();
    fs::write(half_made, "").unwrap();
    let into = copies.path().join("log");
    let heard = std::cell::RefCell::new(Vec::new());
    let copied = snapshot(&scratch.url(), &into, &|path| {
        heard.borrow_mut().push(path.to_owned());
    })
    .unwrap();
    assert_eq!(copied.last().unwrap().offsets, 7..7);
    let names = ["events/000", "events/001", "events/002", "letters/000"];
    let partitions: Vec<PathBuf> =
        names.iter().map(|name| into.join(format!("{name}.sqlite"))).collect();
    assert_eq!(heard.into_inner(), partitions);
    let markers = ["events", "letters"].map(|topic| into.join(topic).join("partitions"));
    let mut expected = [partitions, markers.to_vec()].concat();
    expected.sort();
    let directories = ["events", "letters"].map(|topic| into.join(topic));
    let mut found: Vec<PathBuf> = directories
        .iter()
        .flat_map(|directory| fs::read_dir(directory).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    assert_eq!(found, expected);
    assert_eq!(fs::read_dir(&into).unwrap().count(), 2);
    // Nothing is written over.
    let again = snapshot(&scratch.url(), &into, &|_| {}).unwrap_err();
    assert!(again.to_string().contains("already exists"), "{again}");
}
