//! What is answered outlasts the death of the process, at any instant, and a full disk.

use std::collections::HashMap;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::thread;

use doorstep_log::{Log, Record, Topic};

use crate::scratch::{Scratch, read_all, record};

const TOPIC: Topic = Topic { name: "events", partitions: 2 };
const URL_VARIABLE: &str = "LOG_UNDER_TEST";
const ROUNDS: u64 = 25;
const WRITERS: u64 = 3;
/// Appends that no partition of a few hundred KiB can hold.
const FITS_NEVER: u64 = 20_000;

/// One acknowledged append: partition, first offset, and the text every value of it starts with.
type Acknowledged = (u32, u64, u64, String);

/// A1, A2: a writer killed with SIGKILL at random moments has lost nothing it acknowledged,
/// and offsets have neither a gap nor a double.
#[test]
fn a_killed_writer_has_lost_nothing_it_answered() {
    let scratch = Scratch::new();
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let mut child = spawn(Command::new(env::current_exe().unwrap()), &scratch);
        let survive_lines = 1 + (round * 2_654_435_761) % 97;
        acknowledged.extend(kill_after(&mut child, survive_lines));
        check(&scratch, &acknowledged);
    }
    assert!(acknowledged.len() as u64 > ROUNDS * WRITERS);
}

/// A2: a full disk (here: a limit on the size of files) refuses, and takes nothing back.
#[test]
fn a_full_disk_takes_nothing_back() {
    let scratch = Scratch::new();
    let mut shell = Command::new("sh");
    let limited = r#"trap '' XFSZ; ulimit -f 512; exec "$0" "$@""#;
    shell.arg("-c").arg(limited).arg(env::current_exe().unwrap());
    let mut child = spawn(shell, &scratch);
    let acknowledged = kill_after(&mut child, FITS_NEVER);
    let count = acknowledged.len() as u64;
    assert!((10..FITS_NEVER).contains(&count), "some fit, then the writer is refused: {count}");
    check(&scratch, &acknowledged);
    let log = scratch.open(&[TOPIC]).unwrap();
    assert!(log.append("events", vec![record("k", "v")], 0).is_ok(), "there is room again");
}

fn spawn(mut command: Command, scratch: &Scratch) -> Child {
    command
        .args(["--exact", "crash::appends_until_it_dies", "--ignored", "--nocapture"])
        .env(URL_VARIABLE, scratch.url())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills the child once it has acknowledged so many appends; what it still said counts.
fn kill_after(child: &mut Child, lines: u64) -> Vec<Acknowledged> {
    let mut acknowledged = read_acknowledged(child, lines);
    child.kill().unwrap();
    child.wait().unwrap();
    acknowledged.extend(read_acknowledged(child, u64::MAX));
    acknowledged
}

fn check(scratch: &Scratch, acknowledged: &[Acknowledged]) {
    let log = scratch.open(&[TOPIC]).unwrap();
    let mut values = HashMap::new();
    for partition in 0..TOPIC.partitions {
        let bounds = log.bounds("events", partition).unwrap();
        assert_eq!(log.verify("events", partition).unwrap().offsets, bounds);
        let entries = read_all(&log, "events", partition);
        assert_eq!(entries.len() as u64, bounds.end);
        values.extend(entries.into_iter().map(|e| ((partition, e.offset), e.value)));
    }
    for (partition, first, count, text) in acknowledged {
        for offset in *first..first + count {
            let value = values.get(&(*partition, offset)).expect("an acknowledged record");
            assert!(value.starts_with(text.as_bytes()), "{partition}/{offset} is another's");
        }
    }
}

/// The lines of a child, at most `limit`; a line cut off by its death was not heard.
fn read_acknowledged(child: &mut Child, limit: u64) -> Vec<Acknowledged> {
    let mut acknowledged = Vec::new();
    let Some(stdout) = child.stdout.as_mut() else {
        return acknowledged;
    };
    let mut byte_by_byte = BufReader::with_capacity(1, stdout);
    let mut line = String::new();
    while (acknowledged.len() as u64) < limit && byte_by_byte.read_line(&mut line).unwrap() > 0 {
        let whole = line.ends_with('\n');
        let words: Vec<&str> = line.split_whitespace().collect();
        if let (true, ["acknowledged", partition, first, count, text]) = (whole, words.as_slice()) {
            let first = first.parse().unwrap();
            let count = count.parse().unwrap();
            acknowledged.push((partition.parse().unwrap(), first, count, (*text).to_owned()));
        }
        line.clear();
    }
    acknowledged
}

#[test]
#[ignore = "the child of the tests above; alone it does nothing"]
fn appends_until_it_dies() {
    let Ok(url) = env::var(URL_VARIABLE) else {
        return;
    };
    let log = Log::open(&url, &[TOPIC]).unwrap();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let log = log.clone();
            thread::spawn(move || append_until_refused(&log, writer))
        })
        .collect();
    let refused = writers.into_iter().map(|writer| writer.join().unwrap()).next();
    panic!("refused: {refused:?}");
}

/// Appends of 1 to 40 records of 100 bytes; each is said aloud once it is answered.
fn append_until_refused(log: &Log, writer: u64) -> doorstep_log::LogError {
    for n in 0_u64.. {
        let text = format!("{}-{writer}-{n}-", std::process::id());
        let records: Vec<Record> = (0..1 + (n * 7 + writer) % 40)
            .map(|k| record(format!("{}", writer * 10 + k % 5), format!("{text}{k:>90}")))
            .collect();
        match log.append("events", records, 0) {
            Ok(parts) => {
                for part in parts {
                    let (partition, first) = (part.partition, part.first_offset);
                    let count = part.records;
                    let line = format!("acknowledged {partition} {first} {count} {text}\n");
                    let mut stdout = std::io::stdout().lock();
                    stdout.write_all(line.as_bytes()).unwrap();
                    stdout.flush().unwrap();
                }
            }
            Err(refused) => return refused,
        }
    }
    unreachable!("there is always a next number")
}
