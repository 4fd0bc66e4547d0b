//! How many pings a second one core reads and writes, in each form.
#![expect(clippy::expect_used, reason = "the bench's own constants are valid")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use doorstep_domain::tracking::batch::{Writer, read};
use doorstep_domain::tracking::{json, owntracks};
use std::hint::black_box;

const JSON: &str = r#"{"courier_id":"cab-000017","lat":37.77493,"lng":-122.41942,
    "at":"2008-05-19T16:40:02.123Z","accuracy_m":12.5,"speed_mps":10.3,"heading_deg":271.5}"#;

const OWNTRACKS: &str = r#"{"_type":"location","acc":12,"alt":43,"batt":83,"bs":1,"cog":271,
    "conn":"m","lat":37.77493,"lon":-122.41942,"t":"u","tid":"17","tst":1211215202,"vel":36}"#;

const PINGS: u64 = 1_000;

fn forms(c: &mut Criterion) {
    let named = json::parse(JSON.as_bytes()).expect("a ping");
    let write = || {
        let mut writer = Writer::new();
        for _ in 0..PINGS {
            writer.push(black_box(&named.courier), black_box(&named.ping));
        }
        writer.finish()
    };
    let batch = write();
    let mut group = c.benchmark_group("pings");
    group.throughput(Throughput::Elements(PINGS));
    group.bench_function("binary, written", |b| b.iter(write));
    group.bench_function("binary, read", |b| {
        b.iter(|| read(black_box(&batch)).expect("a batch").flatten().count());
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("JSON, read", |b| b.iter(|| json::parse(black_box(JSON.as_bytes()))));
    group.bench_function("OwnTracks, read", |b| {
        b.iter(|| owntracks::parse(black_box(OWNTRACKS.as_bytes())));
    });
    group.finish();
}

criterion_group!(benches, forms);
criterion_main!(benches);
