//! Commands per second through one lane, durable: many to a commit, and one to a commit.
//!
//! A command sets a timer and announces it. SQLite always; Postgres where
//! `DOORSTEP_TEST_POSTGRES` names one. Variants take turns; printed is the median of the rounds.
#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock and fails by panicking"
)]

use std::sync::mpsc;
use std::time::Instant;

use doorstep_store::{LaneId, Store, StoreError, Tx, timer};

const ROUNDS: usize = 5;

struct Variant {
    name: &'static str,
    /// Commands sent and not yet answered.
    in_flight: usize,
    commands: usize,
}

const VARIANTS: [Variant; 3] = [
    Variant { name: "one per commit", in_flight: 1, commands: 2_000 },
    Variant { name: "64 in flight", in_flight: 64, commands: 10_000 },
    Variant { name: "1,024 in flight", in_flight: 1_024, commands: 40_000 },
];

struct Measured {
    commands_per_s: f64,
    p99_ms: f64,
}

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    measure(&format!("sqlite:{}", folder.path().join("store.sqlite").display()));
    match std::env::var("DOORSTEP_TEST_POSTGRES") {
        Ok(url) => measure_postgres(&url),
        Err(_) => println!("postgres: skipped, DOORSTEP_TEST_POSTGRES is not set"),
    }
}

/// In a schema of its own, since the server may hold one of another release.
fn measure_postgres(url: &str) {
    let schema = format!("store_bench_{}", std::process::id());
    let joint = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{joint}options=-csearch_path%3D{schema}");
    measure(&url);
    let store = Store::open(&url).expect("the store opens again");
    let drop_schema = move |tx: &mut doorstep_store::LaneTx<'_>| {
        tx.execute(&format!("drop schema {schema} cascade"), &[])
    };
    let lane = LaneId::new("bench").expect("a valid name");
    store.lane::<_, StoreError>(&lane, drop_schema).expect("the schema is dropped");
}

fn measure(url: &str) {
    let store = Store::open(url).expect("the store opens");
    let mut rounds: [Vec<Measured>; VARIANTS.len()] = Default::default();
    for _ in 0..ROUNDS {
        for (variant, rounds) in VARIANTS.iter().zip(&mut rounds) {
            rounds.push(run(&store, variant));
        }
    }
    let base = median(rounds[0].iter().map(|round| round.commands_per_s));
    for (variant, rounds) in VARIANTS.iter().zip(&rounds) {
        let commands_per_s = median(rounds.iter().map(|round| round.commands_per_s));
        let p99_ms = median(rounds.iter().map(|round| round.p99_ms));
        println!(
            "{:8} {:16} {commands_per_s:8.0} commands/s  p99 {p99_ms:6.1} ms  {:5.1}x",
            store.engine(),
            variant.name,
            commands_per_s / base,
        );
    }
}

fn run(store: &Store, variant: &Variant) -> Measured {
    let lane = [LaneId::new("bench").expect("a valid name")];
    let (answered, answers) = mpsc::channel();
    let mut latencies_ms = Vec::with_capacity(variant.commands);
    let began = Instant::now();
    for number in 0..variant.commands {
        if number >= variant.in_flight {
            latencies_ms.push(answers.recv().expect("an answer"));
        }
        let answered = answered.clone();
        let sent = Instant::now();
        let answer = move |outcome: Result<i64, StoreError>| {
            outcome.expect("the command succeeds");
            answered.send(sent.elapsed().as_secs_f64() * 1e3).expect("somebody listens");
        };
        let command = move |tx: &mut doorstep_store::LaneTx<'_>| {
            let name = format!("timer-{}", number % 10_000);
            timer::set(tx, &name, 1, "bench", &[7; 100])?;
            tx.announce("timer.set", &name, &[7; 100], 1)
        };
        store.submit(&lane, command, answer).expect("the queue has room");
    }
    drop(answered);
    latencies_ms.extend(answers);
    let commands_per_s = variant.commands as f64 / began.elapsed().as_secs_f64();
    latencies_ms.sort_unstable_by(f64::total_cmp);
    Measured { commands_per_s, p99_ms: latencies_ms[latencies_ms.len() * 99 / 100] }
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = figures.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
