//! A provider that tells how its deliveries go: as fast as it is answered, and two thousand
//! messages a second; meanwhile others look at deliveries. Server and load share this machine.

use super::machine::{self, cpu_seconds, resident_mib};
use super::server::{Server, binary};
use super::table::{Column, Unit, print_table};
use super::{Bench, COUNT, MIB};
use serde_json::{Value, json};
use std::path::Path;

/// The secret of the market's provider.
const SECRET_FILE: &str = "scripts/bench/provider-secret";

/// The market, and the provider.
const CONFIGURATION: &str = "scripts/bench/providers.toml";

/// Messages a second that must be answered within 20 ms, 99 of 100.
const PACED_PER_S: u32 = 2_000;

/// Deliveries, each told of five times; with `--full` ten times as many.
const DELIVERIES: u32 = 20_000;

const MS: Unit = Unit("ms", 1.0, 2);

/// Measures both and prints them, each on a server of its own.
pub(super) fn measure(bench: &Bench) -> Result<(), String> {
    let binary = binary(bench)?;
    println!("{}\n", machine::told());
    let deliveries = DELIVERIES * if bench.full { 10 } else { 1 };
    let flood = run(bench, &binary, deliveries, None)?;
    let paced = run(bench, &binary, deliveries.min(DELIVERIES * 2), Some(PACED_PER_S))?;
    let columns = [
        Column("what", "/what", COUNT),
        Column("messages", "/taken", COUNT),
        Column("answered/s", "/answered_per_s", COUNT),
        Column("webhook to status/s", "/read_per_s", COUNT),
        Column("answered p50", "/latency_ms/p50", MS),
        Column("p99", "/latency_ms/p99", MS),
        Column("looked p50", "/looked_ms/p50", MS),
        Column("p99", "/looked_ms/p99", MS),
        Column("failed", "/failed", COUNT),
        Column("server's CPU each", "/cpu_us_each", Unit("µs", 1.0, 0)),
        Column("memory", "/mib", MIB),
    ];
    print_table(&columns, &[flood, paced]);
    Ok(())
}

fn run(
    bench: &Bench,
    binary: &Path,
    deliveries: u32,
    per_second: Option<u32>,
) -> Result<Value, String> {
    let server = Server::empty(&bench.root, binary, Some(Path::new(CONFIGURATION)))?;
    let secret = bench.root.join(SECRET_FILE);
    let secret = secret.to_string_lossy().into_owned();
    let (deliveries, per_s) = (deliveries.to_string(), per_second.map(|per_s| per_s.to_string()));
    let mut load = vec!["providers", "--secret-file", &secret, "--deliveries", &deliveries];
    if let Some(per_s) = &per_s {
        load.extend(["--messages-per-second", per_s]);
    }
    let before = cpu_seconds(server.pid());
    let mut row = server.simulates(&load)?;
    let taken = row["taken"].as_f64().unwrap_or(f64::NAN);
    row["cpu_us_each"] = ((cpu_seconds(server.pid()) - before) * 1e6 / taken).into();
    row["mib"] = resident_mib(server.pid()).into();
    let paced = per_second.map(|per_s| format!("{per_s} messages a second"));
    row["what"] = json!(paced.unwrap_or_else(|| "as fast as it is answered".to_owned()));
    Ok(row)
}
