//! Endpoints that are told of every change of deliveries: as fast as they can be told, at a pace,
//! and with one among them that is slow. Server, provider and endpoints share this machine.

use super::machine::{self, cpu_seconds};
use super::server::{Server, binary};
use super::table::{Column, Unit, print_table};
use super::{Bench, COUNT, SECONDS};
use serde_json::{Value, json};
use std::path::Path;

const SECRET_FILE: &str = "scripts/bench/provider-secret";

const CONFIGURATION: &str = "scripts/bench/webhooks.toml";

/// Who is told of everything.
const ENDPOINTS: &str = "10";

/// Deliveries, each told of five times; with `--full` five times as many.
const DELIVERIES: u32 = 400;

/// Changes a second where there is a pace.
const PACED_PER_S: &str = "20";

/// How long the slow endpoint takes to answer.
const SLOW: &str = "1s";

const MS: Unit = Unit("ms", 1.0, 0);

/// Measures and prints all of them, each on a server of its own.
pub(super) fn measure(bench: &Bench) -> Result<(), String> {
    let binary = binary(bench)?;
    println!("{}\n", machine::told());
    let deliveries = (DELIVERIES * if bench.full { 5 } else { 1 }).to_string();
    let load = ["--secret-file", SECRET_FILE, "--deliveries", &deliveries];
    let load = [&load[..], &["--endpoints", ENDPOINTS]].concat();
    let paced = [&load[..], &["--messages-per-second", PACED_PER_S]].concat();
    let slow = [&paced[..], &["--slow", SLOW]].concat();
    let rows = [
        run(bench, &binary, "as fast as they can be told", &load)?,
        run(bench, &binary, "at a pace", &paced)?,
        run(bench, &binary, "at a pace, one more is slow", &slow)?,
    ];
    let columns = [
        Column("what", "/what", COUNT),
        Column("changes", "/taken", COUNT),
        Column("announced", "/announced", COUNT),
        Column("messages", "/expected", COUNT),
        Column("arrived", "/arrived", COUNT),
        Column("twice", "/repeated", COUNT),
        Column("after", "/arrived_in_s", SECONDS),
        Column("arrived/s", "/arrived_per_s", COUNT),
        Column("lag p50", "/lag_ms/p50", MS),
        Column("p99", "/lag_ms/p99", MS),
        Column("server's CPU each", "/cpu_us_each", Unit("µs", 1.0, 0)),
    ];
    print_table(&columns, &rows);
    Ok(())
}

fn run(bench: &Bench, binary: &Path, what: &str, load: &[&str]) -> Result<Value, String> {
    let server = Server::empty(&bench.root, binary, Some(Path::new(CONFIGURATION)))?;
    let secret = bench.root.join(SECRET_FILE).to_string_lossy().into_owned();
    let load: Vec<&str> =
        load.iter().map(|word| if *word == SECRET_FILE { &*secret } else { word }).collect();
    let before = cpu_seconds(server.pid());
    let mut row = server.simulates(&[&["webhooks"], &load[..]].concat())?;
    let arrived = row["arrived"].as_f64().unwrap_or(f64::NAN);
    row["cpu_us_each"] = ((cpu_seconds(server.pid()) - before) * 1e6 / arrived).into();
    row["what"] = json!(what);
    if row["latency_ms"].is_object() && !load.contains(&"--messages-per-second") {
        // Without a pace nothing is due at any time.
        row["lag_ms"] = Value::Null;
    }
    Ok(row)
}
