//! Addresses, ways and tables on a city of the size of San Francisco: 9,900 junctions, 19,601
//! stretches with house numbers.
#![expect(clippy::expect_used, reason = "the bench's own city is valid")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use doorstep_domain::streets::{Class, Geocoder, Graph, Numbers, Profile, Snapped, Stretch};
use doorstep_domain::tracking::Position;
use std::hint::black_box;

const SIDE: i32 = 99;
const BY: Profile = Profile::Driving;

fn at(column: i32, row: i32) -> Position {
    Position { lat_e7: 377_000_000 + row * 9_900, lng_e7: -1_225_000_000 + column * 13_700 }
}

/// Blocks of 110 by 120 metres; every eighth street is wide.
fn city() -> Vec<Stretch> {
    let stretch = |column: i32, row: i32, east: bool| {
        let (along, across) = if east { (column, row) } else { (row, column) };
        let name = if east { format!("{across}TH ST") } else { format!("NAME{across} AVE") };
        let to = if east { at(column + 1, row) } else { at(column, row + 1) };
        let first = i64::from(along) * 100;
        Stretch {
            name,
            class: if across % 8 == 0 { Class::Primary } else { Class::Residential },
            left: Some(Numbers { first: first + 1, last: first + 99 }),
            right: Some(Numbers { first, last: first + 98 }),
            zip: None,
            ends: None,
            line: vec![at(column, row), to],
        }
    };
    let junctions = (0..SIDE).flat_map(|column| (0..SIDE).map(move |row| (column, row)));
    junctions.flat_map(|(c, r)| [stretch(c, r, true), stretch(c, r, false)]).collect()
}

fn addresses(c: &mut Criterion) {
    let geocoder = Geocoder::new(&city());
    let mut group = c.benchmark_group("addresses");
    group.throughput(Throughput::Elements(1));
    group.bench_function("as it is written", |b| {
        b.iter(|| geocoder.find(black_box("4250 Name42 Avenue #3, 94110")).expect("a place"));
    });
    group.bench_function("misspelt", |b| {
        b.iter(|| geocoder.find(black_box("4250 Nmae42 Avenue #3, 94110")).expect("a place"));
    });
    group.finish();
}

fn ways(c: &mut Criterion) {
    let graph = Graph::new(&city());
    let snap = |column, row| graph.snap(at(column, row), BY).expect("a street");
    let mut group = c.benchmark_group("ways");
    let (corner, other) = (snap(1, 1), snap(97, 96));
    group.bench_function("snap", |b| b.iter(|| graph.snap(black_box(at(42, 17)), BY)));
    group.bench_function("across the city", |b| {
        b.iter(|| graph.route(black_box(&corner), &other, BY).expect("a way"));
    });
    let (near, far) = (snap(40, 40), snap(58, 55));
    group.bench_function("three kilometres", |b| {
        b.iter(|| graph.route(black_box(&near), &far, BY).expect("a way"));
    });
    let places: Vec<Option<Snapped>> =
        (0..100).map(|n| Some(snap(n * 37 % 97 + 1, n * 61 % 97 + 1))).collect();
    group.sample_size(10);
    group.bench_function("table 100 × 100", |b| {
        b.iter(|| graph.table(black_box(&places), &places, BY));
    });
    group.finish();
}

criterion_group!(benches, addresses, ways);
criterion_main!(benches);
