//! Assignments, and whole plans: a market at rush hour.
#![expect(clippy::expect_used, reason = "the bench's own market is valid")]

use criterion::{Criterion, criterion_group, criterion_main};
use doorstep_domain::dispatch::batch::assignment::{Costs, assign};
use doorstep_domain::dispatch::batch::{Courier, Settings, Snapshot, Waiting, plan};
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_domain::tracking::Position;
use std::hint::black_box;

/// Costs that repeat (a linear congruential generator, Knuth's MMIX constants).
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: i32) -> i32 {
        let step = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = step.wrapping_add(1_442_695_040_888_963_407);
        let high = i64::try_from(self.0 >> 33).expect("31 bits");
        i32::try_from(high % i64::from(end)).expect("below an i32")
    }
}

/// Every row may have every column.
fn dense(side: usize, cost_max: i32) -> Costs {
    let (mut draw, mut costs) = (Draw(1), Costs::new(side));
    for _ in 0..side {
        let pairs: Vec<_> =
            (0..side).map(|column| (column, i64::from(draw.below(cost_max)))).collect();
        costs.push(i64::from(cost_max), pairs);
    }
    costs
}

fn assignments(c: &mut Criterion) {
    let mut group = c.benchmark_group("assignment");
    group.sample_size(10);
    let cases = [
        ("100 × 100", dense(100, 1_000_000)),
        ("1,000 × 1,000", dense(1_000, 1_000_000)),
        ("1,000 × 1,000, many ties", dense(1_000, 100)),
    ];
    for (name, costs) in &cases {
        group.bench_function(*name, |b| b.iter(|| assign(black_box(costs))));
    }
    group.finish();
}

/// A city of about 12 km by 12 km; a third of the couriers are free.
fn market(deliveries: i32, couriers: i32, origins: i32) -> Snapshot<Position> {
    let mut draw = Draw(2);
    let mut place = || Position {
        lat_e7: 377_000_000 + draw.below(1_080_000),
        lng_e7: -1_225_000_000 + draw.below(1_370_000),
    };
    let at: Vec<Position> = (0..origins).map(|_| place()).collect();
    let waiting = (0..deliveries).map(|number| {
        let origin = usize::try_from(number % origins).expect("not negative");
        Waiting {
            id: format!("del_{number}").parse().expect("an id"),
            origin: format!("merchant-{origin}"),
            from: at[origin],
            to: place(),
            requested_at: minute(0),
            ready_at: minute(i64::from(number % 25)),
            size: 1,
            assigned_to: None,
        }
    });
    let waiting = waiting.collect();
    let couriers = (0..couriers).map(|number| Courier {
        id: format!("cur_{number}").parse().expect("an id"),
        place: place(),
        free_at: minute(i64::from(number % 3) * 10),
        off_at: minute(600),
        room: 3,
        bound_for: None,
        refused: Default::default(),
    });
    Snapshot { waiting, couriers: couriers.collect() }
}

fn minute(minute: i64) -> Micros {
    Micros(minute * 60 * SECOND_US)
}

/// Straight lines at 20 km/h, in microseconds.
fn travel(from: Position, to: Position) -> i64 {
    (from.distance_m(to) * 180_000.0) as i64
}

fn plans(c: &mut Criterion) {
    let mut group = c.benchmark_group("plan");
    group.sample_size(10);
    let cases = [
        ("100 deliveries, 150 couriers", market(100, 150, 60)),
        ("1,000 deliveries, 2,000 couriers", market(1_000, 2_000, 400)),
        ("1,000 deliveries, 500 couriers", market(1_000, 500, 400)),
        ("500 deliveries of one origin, 300 couriers", market(500, 300, 1)),
    ];
    let settings = Settings::default();
    for (name, market) in &cases {
        group.bench_function(*name, |b| {
            b.iter(|| plan(black_box(market), &settings, travel, minute(0)));
        });
    }
    group.finish();
}

criterion_group!(benches, assignments, plans);
criterion_main!(benches);
