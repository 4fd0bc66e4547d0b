//! How many pings a second are made durable, in each form: more are due than can be taken.

use super::super::COUNT;
use super::super::machine::cpu_seconds;
use super::super::server::Template;
use super::super::table::{Column, Unit, print_table};
use super::{MS, PER_S, RUNS, median_of};
use serde_json::{Value, json};

/// A form, pings of a request, and every how many milliseconds a million couriers speak: more
/// often than can be taken, and no more often than five times a second.
const FORMS: [(&str, u32, u32); 5] = [
    ("single", 1, 10_000),
    ("json", 100, 600),
    ("json", 1_000, 600),
    ("binary", 100, 300),
    ("binary", 1_000, 300),
];

/// Measures and prints; `full` takes longer. Answers the pings a second in binary batches of 100.
pub(super) fn measure(template: &Template, full: bool) -> Result<f64, String> {
    println!("### Durable pings\n");
    let seconds = if full { 15 } else { 5 };
    let runs = if full { RUNS } else { 1 };
    let mut rows = Vec::new();
    for (form, batch, every_ms) in FORMS {
        let mut last = Value::Null;
        let per_s = median_of(
            || {
                last = once(template, form, batch, every_ms, seconds)?;
                Ok(last["acknowledged_per_s"].as_f64().unwrap_or(f64::NAN))
            },
            runs,
        )?;
        rows.push(json!({
            "form": form, "batch": batch,
            "per_s": per_s, "requests_per_s": per_s / f64::from(batch),
            "cpu": last["cpu"], "bytes": last["bytes"], "wait": last["asked_to_wait"],
            "answer_p50": last["answer_p50"], "answer_p99": last["answer_p99"],
        }));
    }
    let columns = [
        Column("form", "/form", COUNT),
        Column("to a request", "/batch", COUNT),
        Column("pings", "/per_s", PER_S),
        Column("requests", "/requests_per_s", PER_S),
        Column("CPU for a million", "/cpu", Unit("s", 1.0, 2)),
        Column("on the disk each", "/bytes", Unit("bytes", 1.0, 1)),
        Column("asked to wait", "/wait", COUNT),
        Column("half as many: answered p50", "/answer_p50", MS),
        Column("p99", "/answer_p99", MS),
    ];
    print_table(&columns, &rows);
    let of_blobs = rows.iter().find(|row| row["form"] == "binary" && row["batch"] == 100);
    Ok(of_blobs.and_then(|row| row["per_s"].as_f64()).unwrap_or(f64::NAN))
}

/// One run beyond what is taken, then one of half of that, whose answers are timed.
fn once(
    template: &Template,
    form: &str,
    batch: u32,
    every_ms: u32,
    seconds: u32,
) -> Result<Value, String> {
    let server = template.serve()?;
    let every_us = u64::from(every_ms) * 1_000;
    let drive = |every_us: u64| {
        let (couriers, batch) = (template.couriers.to_string(), batch.to_string());
        let (every, length) = (format!("{every_us}us"), format!("{seconds}s"));
        server.simulates(&[
            "couriers",
            "--registered",
            "--couriers",
            &couriers,
            "--form",
            form,
            "--batch",
            &batch,
            "--every",
            &every,
            "--for",
            &length,
        ])
    };
    let before = (cpu_seconds(server.pid()), server.ping_log_bytes());
    let mut full = drive(every_us)?;
    let pings = full["acknowledged"].as_f64().unwrap_or(f64::NAN);
    let cpu = cpu_seconds(server.pid()) - before.0;
    full["cpu"] = (cpu / pings * 1e6).into();
    full["bytes"] = ((server.ping_log_bytes() - before.1) as f64 / pings).into();
    let per_s = full["acknowledged_per_s"].as_f64().unwrap_or(1.0).max(1.0);
    let half = drive((f64::from(template.couriers) / (per_s / 2.0) * 1e6) as u64)?;
    full["answer_p50"] = half["latency_ms"]["p50"].clone();
    full["answer_p99"] = half["latency_ms"]["p99"].clone();
    Ok(full)
}
