//! The contract on the embedded engine, and what is this engine's own.

mod damage;
mod pressure;
mod snapshot;

use std::fs;

use doorstep_log::{Log, LogError};

use crate::contract;
use crate::scratch::{EVENTS, Scratch, numbered};

macro_rules! keeps_the_contract {
    ($($promise:ident),+ $(,)?) => {$(
        #[test]
        fn $promise() {
            let scratch = Scratch::new();
            contract::$promise(&|topics| scratch.open(topics));
        }
    )+};
}

keeps_the_contract!(
    what_is_appended_is_read_back,
    a_read_starts_at_any_offset,
    a_read_keeps_to_its_room,
    a_reopened_log_goes_on,
    another_number_of_partitions_is_refused,
    what_is_not_there_is_named,
    a_bad_topic_is_refused,
    what_is_forgotten_is_told,
    forgetting_everything_keeps_the_end,
    reading_ahead_of_the_end_is_refused,
    a_waiting_consumer_is_woken,
    what_can_never_fit_is_refused,
    empty_is_carried,
    a_named_partition_gets_what_is_sent_there,
);

#[test]
fn any_interleaving_keeps_the_order_of_each_key() {
    contract::any_interleaving_keeps_the_order_of_each_key(|| {
        let scratch = Scratch::new();
        (scratch.open(&[EVENTS]).unwrap(), scratch)
    });
}

/// F1: an engine that is not built in is refused by its scheme, without the rest of the URL.
#[test]
fn an_unknown_url_is_refused_without_its_secret() {
    for (url, text) in [
        ("kafka://user:secret@host", r#"log "kafka:" is not known: write sqlite:DIRECTORY"#),
        ("sqlite:", r#"log "sqlite:" is not known: write sqlite:DIRECTORY"#),
        ("doorstep-data", r#"log "doorstep-data" is not known: write sqlite:DIRECTORY"#),
    ] {
        assert_eq!(Log::open(url, &[EVENTS]).err().unwrap().to_string(), text);
    }
}

/// The directory belongs to one process at a time, and is free once the last clone is gone.
#[test]
fn a_directory_in_use_is_refused() {
    let scratch = Scratch::new();
    let log = scratch.open(&[EVENTS]).unwrap();
    let clone = log.clone();
    drop(log);
    assert!(matches!(scratch.open(&[EVENTS]).err(), Some(LogError::Held { .. })));
    drop(clone);
    // A process that another story is just starting may hold a copy of the lock until it has begun.
    assert!((0..1_000).any(|_| scratch.open(&[EVENTS]).is_ok()));
}

/// A topic whose making was cut short is made whole: nothing was ever appended to it.
#[test]
fn a_topic_half_made_is_completed() {
    let scratch = Scratch::new();
    drop(scratch.open(&[EVENTS]).unwrap());
    fs::remove_file(scratch.partition_path("events", 0).with_file_name("partitions")).unwrap();
    fs::remove_file(scratch.partition_path("events", 2)).unwrap();
    fs::write(scratch.partition_path("events", 1), "").unwrap();
    let log = scratch.open(&[EVENTS]).unwrap();
    let parts = log.append("events", numbered("k", 0, 3), 0).unwrap();
    assert_eq!(parts.len(), 1);
}
