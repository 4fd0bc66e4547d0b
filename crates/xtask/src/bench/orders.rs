//! Orders of three lines: of anything, and of one thing that everybody wants; embedded and on
//! Postgres; beside Postgres row by row. Server, database and load share this machine.

use super::machine::{self, cpu_seconds, resident_mib};
use super::server::{Server, binary};
use super::table::{Column, Unit, print_table};
use super::{Bench, COUNT, MIB, answer, finish, told};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Centres and items in each.
const CENTERS: u32 = 20;
const ITEMS: u32 = 3_000;

/// Buyers, each with a connection: as many as the peer has.
const BUYERS: u32 = 64;

const MS: Unit = Unit("ms", 1.0, 2);
const RATIO: Unit = Unit("x", 1.0, 1);

/// A private Postgres, stopped where this is dropped.
pub(super) struct Postgres<'a>(&'a Path);

/// Measures ours and theirs in turns and prints medians; `--full` takes five turns, not one.
pub(super) fn measure(bench: &Bench) -> Result<(), String> {
    let binary = binary(bench)?;
    println!("{}\n", machine::told());
    let postgres = Postgres::start(&bench.root)?;
    let (turns, seconds) = if bench.full { (5, 20) } else { (1, 10) };
    let mut runs: Vec<Vec<Value>> = vec![Vec::new(); 6];
    for _ in 0..turns {
        for (index, one_item) in [false, true].into_iter().enumerate() {
            let embedded = ours(bench, &binary, None, one_item, seconds)?;
            let scaled = postgres.configuration("orders_bench")?;
            let in_postgres = ours(bench, &binary, Some(&scaled), one_item, seconds)?;
            let theirs = postgres.row_by_row(one_item, seconds)?;
            for (place, run) in [embedded, in_postgres, theirs].into_iter().enumerate() {
                runs[index * 3 + place].push(run);
            }
        }
    }
    let names = ["Doorstep, embedded", "Doorstep on Postgres", "Postgres, row by row"];
    for (rows, what) in runs.chunks(3).zip(["Anything", "One thing that everybody wants"]) {
        println!("\n### {what}, {BUYERS} buyers, orders of three lines\n");
        let mut rows: Vec<Value> = rows.iter().map(|runs| median(runs)).collect();
        let theirs = rows[2]["placed_per_s"].as_f64().unwrap_or(f64::NAN);
        for (row, name) in rows.iter_mut().zip(names) {
            row["what"] = json!(name);
            row["ratio"] = (row["placed_per_s"].as_f64().unwrap_or(f64::NAN) / theirs).into();
        }
        print(&rows);
    }
    Ok(())
}

fn print(rows: &[Value]) {
    let columns = [
        Column("what", "/what", COUNT),
        Column("orders/s", "/placed_per_s", COUNT),
        Column("to row by row", "/ratio", RATIO),
        Column("p50", "/latency_ms/p50", MS),
        Column("p99", "/latency_ms/p99", MS),
        Column("failed", "/failed", COUNT),
        Column("server's CPU each", "/cpu_us_each", Unit("µs", 1.0, 0)),
        Column("memory", "/mib", MIB),
    ];
    print_table(&columns, rows);
}

/// One run on a server of its own; where it keeps its store, the configuration says.
fn ours(
    bench: &Bench,
    binary: &Path,
    configuration: Option<&Path>,
    one_item: bool,
    seconds: u32,
) -> Result<Value, String> {
    let server = Server::empty(&bench.root, binary, configuration)?;
    let (centers, items) = (CENTERS.to_string(), ITEMS.to_string());
    let (buyers, length) = (BUYERS.to_string(), format!("{seconds}s"));
    let mut load = vec!["orders", "--centers", &centers, "--items", &items, "--buyers", &buyers];
    // The first run warms what is read once: whom a centre reaches, the statements.
    server.simulates(&[&load[..], &["--for", "1s"]].concat())?;
    load.extend(["--stocked", "--for", &length]);
    if one_item {
        load.push("--one-item");
    }
    let before = cpu_seconds(server.pid());
    let mut row = server.simulates(&load)?;
    let placed = row["placed"].as_f64().unwrap_or(f64::NAN);
    row["cpu_us_each"] = ((cpu_seconds(server.pid()) - before) * 1e6 / placed).into();
    row["mib"] = resident_mib(server.pid()).into();
    checked(&server)?;
    Ok(row)
}

/// Errors: what was sold is not what was taken.
fn checked(server: &Server) -> Result<(), String> {
    let found: Value = serde_json::from_str(&server.asks("/v1/check")?)
        .map_err(|error| format!("the check: {error}"))?;
    match found["violations"].as_u64() {
        Some(0) => Ok(()),
        _ => Err(format!("the check found: {found}")),
    }
}

impl Postgres<'_> {
    /// Starts it where it does not run.
    pub(super) fn start(root: &Path) -> Result<Postgres<'_>, String> {
        let mut start = Command::new("scripts/services/postgres.sh");
        finish(start.current_dir(root).arg("start"))?;
        Ok(Postgres(root))
    }

    /// A configuration that keeps the store in a schema of its own, made empty now.
    pub(super) fn configuration(&self, schema: &str) -> Result<PathBuf, String> {
        let mut url = Command::new("scripts/services/postgres.sh");
        let output = url.current_dir(self.0).arg("url").output();
        let output = output.map_err(|error| told(&url, error))?;
        let url = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let drop = format!("drop schema if exists {schema} cascade");
        let mut psql = Command::new("psql");
        psql.env("PGOPTIONS", "-c client_min_messages=warning");
        finish(psql.args(["-X", "-q", &url, "-c", &drop]))?;
        let embedded = fs::read_to_string(self.0.join("scripts/bench/doorstep.toml"))
            .map_err(|error| format!("scripts/bench/doorstep.toml: {error}"))?;
        let scaled = format!("store = \"{url}?options=-csearch_path%3D{schema}\"\n{embedded}");
        let path = self.0.join("target/bench").join(format!("{schema}.toml"));
        fs::create_dir_all(self.0.join("target/bench")).map_err(|error| error.to_string())?;
        fs::write(&path, scaled).map_err(|error| error.to_string())?;
        Ok(path)
    }

    fn row_by_row(&self, one_item: bool, seconds: u32) -> Result<Value, String> {
        let mut script = Command::new("scripts/bench/orders_peer.sh");
        let mode = if one_item { "one" } else { "random" };
        let sizes = [seconds, BUYERS, CENTERS, ITEMS].map(|size| size.to_string());
        answer(script.current_dir(self.0).arg(mode).args(sizes))
    }
}

impl Drop for Postgres<'_> {
    fn drop(&mut self) {
        let mut stop = Command::new("scripts/services/postgres.sh");
        // Whoever measures is told of what went wrong before, not of this.
        let _ = stop.current_dir(self.0).arg("stop").status();
    }
}

/// The run in the middle, by orders a second.
fn median(runs: &[Value]) -> Value {
    let mut sorted: Vec<&Value> = runs.iter().collect();
    let per_s = |run: &Value| run["placed_per_s"].as_f64().unwrap_or(f64::NAN);
    sorted.sort_by(|a, b| per_s(a).total_cmp(&per_s(b)));
    sorted.get(sorted.len() / 2).map_or(Value::Null, |run| (*run).clone())
}
