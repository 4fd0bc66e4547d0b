//! How many intervals a second one core prices (aim: 10 million).
#![expect(clippy::expect_used, reason = "the bench's own constants are valid")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use doorstep_domain::pay::{Completion, DayRates, PlanVersion, Work, explain, price};
use doorstep_domain::time::{Day, Micros, Span, Zone};
use std::hint::black_box;

/// Five windows, two of them overlapping, one over midnight.
const PLAN: &str = r#"{
    "overlap": "OVERLAP", "per_hour_minor": 2400, "per_delivery_minor": 100, "per_km_minor": 30,
    "windows": [
        { "days": ["mon", "tue"], "from": "07:00", "to": "10:00", "multiplier": "1.5" },
        { "days": ["mon", "tue"], "from": "09:00", "to": "11:00", "multiplier": "1.25" },
        { "from": "16:00", "to": "19:00", "multiplier": "2" },
        { "days": ["sun"], "from": "22:00", "to": "02:00", "multiplier": "1.5" },
        { "from": "2008-05-19T12:00", "to": "2008-05-19T13:00", "multiplier": "3" }
    ]}"#;

fn versions(overlap: &str) -> Vec<PlanVersion> {
    let plan = PLAN.replace("OVERLAP", overlap);
    let plan = serde_json::from_str(&plan).expect("a valid plan");
    vec![PlanVersion { version: 1, effective_from: Micros(0), plan }]
}

fn zone() -> Zone {
    "America/Los_Angeles".parse().expect("a zone")
}

fn day() -> Day {
    "2008-05-19".parse().expect("a day")
}

/// Intervals spread evenly over the day in order of their start, about half of them overlapping
/// the next.
fn intervals(rates: &DayRates, count: i64) -> Vec<Span> {
    let Span { start, end } = rates.span();
    let step_us = (end.0 - start.0) / count;
    let interval = |n: i64| {
        let from = start.plus(n * step_us);
        Span::new(from, from.plus(step_us / 2 + step_us / 1_000 * (n * 7_919 % 1_000)))
    };
    (0..count).map(interval).collect()
}

/// A permutation that is the same in every run: strides of a large prime.
fn shuffled(sorted: &[Span]) -> Vec<Span> {
    (0..sorted.len()).map(|n| sorted[n * 1_000_003 % sorted.len()]).collect()
}

fn pricing(c: &mut Criterion) {
    let mut group = c.benchmark_group("price");
    for overlap in ["union", "sum"] {
        let rates = DayRates::new(&zone(), day(), &versions(overlap)).expect("rates");
        for count in [30, 1_000_000] {
            let mut sorted = intervals(&rates, count);
            let completions: Vec<Completion> = sorted
                .iter()
                .map(|span| Completion { at: span.end, distance_m: 3_500, tip_minor: 100 })
                .collect();
            let completions = if count == 30 { completions } else { Vec::new() };
            group.throughput(Throughput::Elements(count.unsigned_abs()));
            group.bench_function(BenchmarkId::new(format!("{overlap}/sorted"), count), |b| {
                b.iter(|| price(&rates, black_box(&mut sorted), &completions));
            });
            let unsorted = shuffled(&sorted);
            group.bench_function(BenchmarkId::new(format!("{overlap}/unsorted"), count), |b| {
                b.iter_batched_ref(
                    || unsorted.clone(),
                    |unsorted| price(&rates, black_box(unsorted), &completions),
                    criterion::BatchSize::LargeInput,
                );
            });
        }
    }
    group.finish();
}

fn preparing_and_explaining(c: &mut Criterion) {
    let (zone, day, versions) = (zone(), day(), versions("union"));
    c.bench_function("rates of a day", |b| {
        b.iter(|| DayRates::new(black_box(&zone), day, &versions));
    });
    let rates = DayRates::new(&zone, day, &versions).expect("rates");
    let work = intervals(&rates, 30).into_iter().map(|span| Work { span, delivery: None });
    let work: Vec<Work> = work.collect();
    c.bench_function("explain/30", |b| b.iter(|| explain(&rates, black_box(&work), &[])));
}

criterion_group!(benches, pricing, preparing_and_explaining);
criterion_main!(benches);
