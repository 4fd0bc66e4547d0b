//! What the embedded log carries: durable appends from several threads, and replay.
//! Prints the median of the rounds; every figure is records per second over the wall clock.
#![expect(clippy::expect_used, reason = "a measurement that fails ends")]
#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use std::thread;
use std::time::Instant;

use doorstep_log::{Log, Record, Topic};

const ROUNDS: usize = 7;

/// One kind of traffic.
struct Load {
    name: &'static str,
    partitions: u32,
    senders: u64,
    appends_per_sender: u64,
    records_per_append: u64,
    record: fn(u64) -> Record,
}

const LOADS: [Load; 5] = [
    Load {
        name: "pings, 100 x 32 B an append, 1 partition",
        partitions: 1,
        senders: 256,
        appends_per_sender: 100,
        records_per_append: 100,
        record: ping,
    },
    Load {
        name: "pings, 100 x 32 B an append, 8 partitions",
        partitions: 8,
        senders: 256,
        appends_per_sender: 100,
        records_per_append: 100,
        record: ping,
    },
    Load {
        name: "events, 1,000 x 350 B an append, 1 sender",
        partitions: 4,
        senders: 1,
        appends_per_sender: 200,
        records_per_append: 1_000,
        record: event,
    },
    Load {
        name: "events, 1,000 x 350 B an append, 8 senders",
        partitions: 4,
        senders: 8,
        appends_per_sender: 50,
        records_per_append: 1_000,
        record: event,
    },
    Load {
        name: "events, one an append, 64 senders",
        partitions: 4,
        senders: 64,
        appends_per_sender: 200,
        records_per_append: 1,
        record: event,
    },
];

fn main() {
    println!("{:<45}{:>14}{:>14}{:>10}", "", "append/s", "replay/s", "B/record");
    let wanted = std::env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
    for load in LOADS.iter().filter(|load| load.name.contains(&wanted)) {
        let mut rounds: Vec<Figures> = (0..ROUNDS).map(|_| load.run()).collect();
        rounds.sort_by(|a, b| a.appended_per_s.total_cmp(&b.appended_per_s));
        let appended = rounds[ROUNDS / 2].appended_per_s;
        rounds.sort_by(|a, b| a.replayed_per_s.total_cmp(&b.replayed_per_s));
        let median = &rounds[ROUNDS / 2];
        let (replayed, bytes) = (median.replayed_per_s, median.bytes_per_record);
        println!("{:<45}{appended:>14.0}{replayed:>14.0}{bytes:>10.1}", load.name);
    }
}

struct Figures {
    appended_per_s: f64,
    replayed_per_s: f64,
    bytes_per_record: f64,
}

impl Load {
    fn run(&self) -> Figures {
        let directory = tempfile::tempdir().expect("a directory");
        let topic = Topic { name: "bench", partitions: self.partitions };
        let url = format!("sqlite:{}", directory.path().display());
        let log = Log::open(&url, &[topic]).expect("a log");
        let records = (self.senders * self.appends_per_sender * self.records_per_append) as f64;

        let prepared: Vec<_> = (0..self.senders).map(|sender| self.appends_of(sender)).collect();
        let started = Instant::now();
        thread::scope(|scope| {
            for appends in prepared {
                scope.spawn(|| {
                    for records in appends {
                        log.append("bench", records, 0).expect("durable");
                    }
                });
            }
        });
        let appended_per_s = records / started.elapsed().as_secs_f64();

        let started = Instant::now();
        let replayed = (0..self.partitions).map(|partition| replay(&log, partition)).sum::<u64>();
        let replayed_per_s = replayed as f64 / started.elapsed().as_secs_f64();
        assert_eq!(replayed as f64, records, "replay is complete");

        let verify = |partition| log.verify("bench", partition).expect("sound").stored_bytes;
        let stored: u64 = (0..self.partitions).map(verify).sum();
        Figures { appended_per_s, replayed_per_s, bytes_per_record: stored as f64 / records }
    }

    fn appends_of(&self, sender: u64) -> Vec<Vec<Record>> {
        let first = sender * self.appends_per_sender * self.records_per_append;
        let append = |n| {
            let first = first + n * self.records_per_append;
            (first..first + self.records_per_append).map(self.record).collect()
        };
        (0..self.appends_per_sender).map(append).collect()
    }
}

fn replay(log: &Log, partition: u32) -> u64 {
    let mut next = 0;
    loop {
        let entries = log.read("bench", partition, next, 4_096, 4 << 20).expect("readable");
        if entries.is_empty() {
            return next;
        }
        next += entries.len() as u64;
    }
}

/// 32 bytes: courier, then position, time and speed as incompressible as real ones.
fn ping(number: u64) -> Record {
    let courier = number % 10_000;
    let mut value = Vec::with_capacity(24);
    for salt in 1..=3 {
        value.extend_from_slice(&scatter(number * 3 + salt).to_le_bytes());
    }
    Record { key: courier.to_le_bytes().to_vec(), value }
}

fn event(number: u64) -> Record {
    let (delivery, courier) = (number / 4, scatter(number) % 537);
    let (order, tip) = (900 + scatter(number) % 4_000, scatter(number + 1) % 900);
    let (minute, second) = (number / 60 % 60, number % 60);
    let (merchant, distance_m) = (courier % 40, scatter(number + 2) % 9_000);
    let source = r#""specversion":"1.0","source":"/taxis/sf""#;
    let envelope = format!(r#"{source},"id":"trip-{delivery}-d","subject":"trip-{delivery}""#);
    let time = format!(r#""time":"2008-05-19T16:{minute:02}:{second:02}Z","market":"sf""#);
    let parties = format!(r#""courier_id":"cab-{courier}","merchant_id":"m{merchant}""#);
    let amounts = format!(
        r#""order_minor":{order},"tip_minor":{tip},"currency":"USD","distance_m":{distance_m}"#
    );
    let further = r#""zone":"mission","vehicle":"car","app":"4.18.2""#;
    let kind = r#""type":"delivery.delivered""#;
    let value = format!(r#"{{{envelope},{kind},{time},"data":{{{parties},{amounts},{further}}}}}"#);
    Record { key: format!("trip-{delivery}").into_bytes(), value: value.into_bytes() }
}

/// Splitmix64: the same noise in every run.
fn scatter(number: u64) -> u64 {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
