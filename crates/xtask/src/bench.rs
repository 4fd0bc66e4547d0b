//! `cargo xtask bench`: every measurement, one after another, each in a process of its own; the
//! tables are those of `docs/benchmarks.md`.

mod availability;
mod catch_up;
mod dispatch;
mod imports;
mod machine;
mod orders;
mod pings;
mod providers;
mod server;
mod table;
mod webhooks;

use serde_json::Value;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use table::{Column, Unit, print_table};

/// A measurement by name.
type Part = (&'static str, fn(&Bench) -> Result<(), String>);

/// Shortest first.
const PARTS: [Part; 15] = [
    ("pricing", |bench| bench.cargo_bench("doorstep-domain", "pricing")),
    ("log", |bench| bench.cargo_bench("doorstep-log", "append")),
    ("lanes", |bench| bench.cargo_bench("doorstep-store", "lanes")),
    ("import", Bench::import),
    ("settle", Bench::settle),
    ("pay", Bench::pay),
    ("peer", Bench::peer),
    ("pings", pings::measure),
    ("dispatch", dispatch::measure),
    ("orders", orders::measure),
    ("availability", availability::measure),
    ("imports", imports::measure),
    ("providers", providers::measure),
    ("webhooks", webhooks::measure),
    ("catch-up", catch_up::measure),
];

/// Millions of events imported, and with `--full`.
const MILLIONS: [u32; 2] = [1, 3];
const MILLIONS_FULL: [u32; 4] = [1, 3, 10, 30];

const MIB: Unit = Unit("MiB", 1.0, 0);
const MILLISECONDS: Unit = Unit("ms", 1.0, 2);
const SECONDS: Unit = Unit("s", 1.0, 2);
const COUNT: Unit = Unit("", 1.0, 0);

struct Bench {
    root: PathBuf,
    full: bool,
}

/// Runs the measurements named, or all; `--full` imports up to 30 million events.
pub(crate) fn run(root: &Path, words: &[String]) -> Result<(), String> {
    let full = words.iter().any(|word| word == "--full");
    let named: Vec<&String> = words.iter().filter(|word| *word != "--full").collect();
    let known = |name: &str| PARTS.iter().any(|(part, _)| *part == name);
    if let Some(unknown) = named.iter().find(|name| !known(name)) {
        let parts = PARTS.map(|(part, _)| part).join(", ");
        return Err(format!("{unknown:?} is none of {parts}"));
    }
    let _alone = alone(root)?;
    let bench = Bench { root: root.to_owned(), full };
    for (name, measure) in PARTS {
        if named.is_empty() || named.iter().any(|wanted| *wanted == name) {
            println!("\n## {name}\n");
            measure(&bench)?;
        }
    }
    Ok(())
}

/// Held while a bench runs: two at once would remove each other's directories, and share the
/// processors besides.
fn alone(root: &Path) -> Result<File, String> {
    let path = root.join("target/bench.lock");
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = File::create(&path).map_err(|error| told(&error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err("another bench is running".to_owned()),
        Err(TryLockError::Error(error)) => Err(told(&error)),
    }
}

impl Bench {
    fn cargo_bench(&self, package: &str, bench: &str) -> Result<(), String> {
        let words = ["bench", "--quiet", "--package", package, "--bench", bench];
        finish(self.cargo().args(words))
    }

    fn import(&self) -> Result<(), String> {
        let millions: &[u32] = if self.full { &MILLIONS_FULL } else { &MILLIONS };
        let mut rows = Vec::new();
        for days in millions {
            self.days(&["city", &days.to_string()])?;
            let mut row = self.days(&["import", &days.to_string()])?;
            row["million"] = (*days).into();
            row["growth"] = growth(&rows, &row).into();
            rows.push(row);
        }
        let columns = [
            Column("events", "/events", COUNT),
            Column("counted", "/counted_s", SECONDS),
            Column("pay listed", "/listed_s", SECONDS),
            Column("events/s", "/events_per_s", COUNT),
            Column("order of growth", "/growth", Unit("", 1.0, 2)),
            Column("peak importing", "/peak_importing_mib", MIB),
            Column("peak", "/peak_mib", MIB),
            Column("log", "/log_mib", MIB),
            Column("store", "/store_mib", MIB),
        ];
        print_table(&columns, &rows);
        Ok(())
    }

    fn settle(&self) -> Result<(), String> {
        let columns = [
            Column("completions", "/completions", COUNT),
            Column("computed", "/computed_s", SECONDS),
            Column("closed", "/closed_s", SECONDS),
            Column("closed again", "/closed_again_s", Unit("ms", 1e3, 2)),
            Column("read", "/read_s", Unit("ms", 1e3, 0)),
            Column("statements", "/statements", COUNT),
            Column("postings", "/postings", COUNT),
            Column("peak closing", "/peak_closing_mib", MIB),
            Column("store before", "/store_before_mib", MIB),
            Column("after", "/store_mib", MIB),
        ];
        print_table(&columns, &[self.days(&["settle"])?]);
        Ok(())
    }

    fn pay(&self) -> Result<(), String> {
        let columns = [
            Column("courier-days", "/courier_days", COUNT),
            Column("reads/s", "/reads_per_s", COUNT),
            Column("p50", "/at_rest_ms/p50", MILLISECONDS),
            Column("p99", "/at_rest_ms/p99", MILLISECONDS),
            Column("most", "/at_rest_ms/most", MILLISECONDS),
            Column("importing: p50", "/while_importing_ms/p50", MILLISECONDS),
            Column("p99", "/while_importing_ms/p99", MILLISECONDS),
            Column("most", "/while_importing_ms/most", MILLISECONDS),
            Column("events/s meanwhile", "/events_per_s_meanwhile", COUNT),
        ];
        print_table(&columns, &[self.days(&["pay"])?]);
        Ok(())
    }

    /// DuckDB computes the same day from the same file; the script fails where a cent differs.
    fn peer(&self) -> Result<(), String> {
        finish(self.cargo().args(["build", "--release", "--quiet", "--package", "doorstep-cli"]))?;
        let file = self.days(&["city", "1"])?;
        let file = file["file"].as_str().unwrap_or_default();
        let mut script = Command::new("scripts/bench/peer.sh");
        let mut row = answer(script.current_dir(&self.root).arg(file))?;
        let seconds = |name: &str| row[name].as_f64().unwrap_or(f64::NAN);
        let theirs = seconds("duckdb_load_s") + seconds("duckdb_price_s");
        let ours = seconds("doorstep_import_s") + seconds("doorstep_list_s");
        let listing = seconds("doorstep_list_s") / seconds("duckdb_price_s");
        row["whole_ratio"] = (ours / theirs).into();
        row["listing_ratio"] = listing.into();
        let columns = [
            Column("couriers", "/couriers", COUNT),
            Column("import", "/doorstep_import_s", SECONDS),
            Column("DuckDB loads", "/duckdb_load_s", SECONDS),
            Column("pay", "/doorstep_list_s", SECONDS),
            Column("DuckDB prices", "/duckdb_price_s", SECONDS),
            Column("recompute from the log", "/doorstep_recompute_s", SECONDS),
            Column("whole", "/whole_ratio", Unit("x", 1.0, 1)),
            Column("pay", "/listing_ratio", Unit("x", 1.0, 1)),
        ];
        print_table(&columns, &[row]);
        Ok(())
    }

    /// A measurement of whole days: its line of JSON.
    fn days(&self, words: &[&str]) -> Result<Value, String> {
        let bench = ["bench", "--quiet", "--package", "doorstep-server", "--bench", "days", "--"];
        answer(self.cargo().args(bench).args(words))
    }

    fn cargo(&self) -> Command {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(&self.root);
        cargo
    }
}

/// The exponent by which time grew since the row before: 1 is linear.
fn growth(rows: &[Value], row: &Value) -> Option<f64> {
    let before = rows.last()?;
    let ratio = |field: &str| Some(row[field].as_f64()? / before[field].as_f64()?);
    Some(ratio("counted_s")?.ln() / ratio("events")?.ln())
}

fn finish(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| told(command, error))?;
    if status.success() { Ok(()) } else { Err(told(command, status)) }
}

/// The JSON on the last line that a command says.
fn answer(command: &mut Command) -> Result<Value, String> {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| told(command, error))?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return Err(format!("{}\n{said}", told(command, output.status)));
    }
    let last = said.lines().last().unwrap_or_default();
    serde_json::from_str(last).map_err(|error| told(command, error))
}

fn told(command: &Command, what: impl std::fmt::Display) -> String {
    format!("{command:?}: {what}")
}
