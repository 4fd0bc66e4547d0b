//! Updates and questions a second on one core (aims at 200,000 couriers: 5 million updates,
//! 300,000 nearest-three), what a watcher's second costs, and the memory of a million couriers.
#![expect(clippy::expect_used, reason = "the bench's own constants are valid")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::batch::{Writer, read};
use doorstep_domain::tracking::{Ping, Position};
use doorstep_live::{Bbox, Live, Scope};
use std::hint::black_box;

/// Couriers of one metro: 40 km across, denser in the middle.
const METRO: usize = 50_000;

/// One metro, where its couriers began, and what they report there and 80 m farther north, as a
/// tracker reads it.
struct Fleet {
    market: MarketId,
    couriers: Vec<(String, Position)>,
    reports: [Vec<u8>; 2],
}

/// The same numbers in every run (a multiplicative generator, Lehmer 1951).
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> i64 {
        self.0 = self.0.wrapping_mul(0xda94_2042_e4dd_58b5).wrapping_add(1);
        ((self.0 >> 33) % sides).cast_signed()
    }
}

fn fleets(couriers: usize) -> Vec<Fleet> {
    let mut dice = Dice(1);
    (0..couriers.div_ceil(METRO))
        .map(|metro| {
            let (lat, lng) = (-40.0 + 4.0 * metro as f64, -150.0 + 15.0 * metro as f64);
            let centre = Position::from_degrees(lat, lng).expect("on the globe");
            let mut couriers: Vec<(String, Position)> = (0..METRO.min(couriers - metro * METRO))
                .map(|number| {
                    let mut away = || (dice.below(1_800_000) + dice.below(1_800_000)) as i32;
                    let lat_e7 = centre.lat_e7 + away() - 1_800_000;
                    let lng_e7 = centre.lng_e7 + away() - 1_800_000;
                    (format!("cab-{metro:02}-{number:06}"), Position { lat_e7, lng_e7 })
                })
                .collect();
            // Numbers follow the first arrival; afterwards nobody reports in that order.
            for place in (1..couriers.len()).rev() {
                couriers.swap(place, dice.below(place as u64 + 1) as usize);
            }
            let reports = [0, 7_000].map(|north_e7| batch(&couriers, north_e7));
            Fleet {
                market: format!("metro-{metro:02}").parse().expect("a market"),
                couriers,
                reports,
            }
        })
        .collect()
}

fn batch(couriers: &[(String, Position)], north_e7: i32) -> Vec<u8> {
    let mut writer = Writer::new();
    for (courier, start) in couriers {
        let ping = Ping {
            at: Micros(1_211_215_202_000_000),
            position: Position { lat_e7: start.lat_e7 + north_e7, ..*start },
            accuracy_dm: Some(50),
            speed_cm_s: Some(800),
            heading_cdeg: Some(0),
            battery_percent: Some(80),
        };
        writer.push(courier, &ping);
    }
    writer.finish()
}

/// Everybody reports once: ten seconds later, some 80 m to the north or back again.
fn report(live: &Live, fleets: &[Fleet], round: i64) {
    for fleet in fleets {
        let report = &fleet.reports[(round % 2).unsigned_abs() as usize];
        let pings = read(report).expect("a batch").flatten();
        let pings = pings.map(|(courier, ping)| {
            (courier, Ping { at: ping.at.plus(round * 10_000_000), ..ping })
        });
        black_box(live.apply(&fleet.market, pings));
    }
}

fn filled(fleets: &[Fleet]) -> Live {
    let live = Live::open("memory:", 1).expect("an engine");
    report(&live, fleets, 0);
    live
}

fn updates(c: &mut Criterion) {
    let mut group = c.benchmark_group("updates");
    for couriers in [20_000, 200_000, 1_000_000] {
        let fleets = fleets(couriers);
        let live = filled(&fleets);
        let mut round = 0;
        group.sample_size(20).throughput(Throughput::Elements(couriers as u64));
        group.bench_function(BenchmarkId::from_parameter(couriers), |b| {
            b.iter(|| {
                round += 1;
                report(&live, &fleets, round);
                // As the tracker does it from time to time, so that departures do not pile up.
                if round % 6 == 0 {
                    live.forget_departures(live.version());
                }
            });
        });
    }
    group.finish();
}

fn questions(c: &mut Criterion) {
    let fleets = fleets(200_000);
    let live = filled(&fleets);
    let Fleet { market, couriers, .. } = &fleets[0];
    let mut dice = Dice(7);
    let mut somewhere = || {
        let (_, start) = &couriers[dice.below(couriers.len() as u64) as usize];
        Position { lat_e7: start.lat_e7 + 1_234, lng_e7: start.lng_e7 - 4_321 }
    };
    c.bench_function("nearest three", |b| {
        b.iter(|| live.nearest(market, somewhere(), 3, 10_000.0, &mut |_| true));
    });
    c.bench_function("nearest three, one in ten free", |b| {
        let mut free = |courier: &str| courier.ends_with('7');
        b.iter(|| live.nearest(market, somewhere(), 3, 10_000.0, &mut free));
    });
    c.bench_function("position", |b| {
        b.iter(|| live.position(black_box("cab-00-004711")));
    });
    let (_, start) = &couriers[0];
    let corner = |by: i32| Position { lat_e7: start.lat_e7 + by, lng_e7: start.lng_e7 + by };
    let quarter = Bbox::between(corner(0), corner(200_000)).expect("a box");
    c.bench_function("clusters of the globe", |b| {
        b.iter(|| live.within(&Bbox::GLOBE, None, 10_000));
    });
    let before = live.version();
    report(&live, &fleets[1..], 1);
    let (scope, mut out) = (Scope::Box(quarter, Some(market.clone())), Vec::new());
    c.bench_function("a watcher's second in which nothing changed", |b| {
        b.iter(|| live.changes(&scope, before, &mut out));
    });
    let before = live.version();
    report(&live, &fleets[..1], 1);
    live.changes(&scope, before, &mut out).expect("known");
    let mut group = c.benchmark_group("changes");
    group.throughput(Throughput::Elements(out.len() as u64));
    group.bench_function(format!("a watcher's second with {}", out.len()), |b| {
        b.iter(|| live.changes(&scope, before, &mut out));
    });
    group.finish();
}

/// Not a time: what the process holds more once a million couriers are in the grid.
fn memory(_: &mut Criterion) {
    let fleets = fleets(1_000_000);
    let before_kib = resident_kib();
    let live = filled(&fleets);
    for round in 1..=4 {
        report(&live, &fleets, round);
    }
    let held_kib = resident_kib().saturating_sub(before_kib);
    println!("memory of {} couriers: {} MiB", live.len(), held_kib / 1_024);
}

/// `VmRSS` of this process; 0 where the system does not tell.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    kib.and_then(|kib| kib.parse().ok()).unwrap_or(0)
}

criterion_group!(benches, memory, updates, questions);
criterion_main!(benches);
