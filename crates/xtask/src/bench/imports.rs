//! Stock from files: a thousand items in ten thousand centres, read, moved and durable, told again,
//! and then checked; a tenth of it on Postgres. The embedded store is in the command's own process.

use super::machine::{self, cpu_seconds, peak_mib};
use super::orders::Postgres;
use super::server::{binary, remove};
use super::table::{Column, print_table};
use super::{Bench, COUNT, MIB, SECONDS, finish, told};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Items, each in every centre.
const ITEMS: u32 = 1_000;

/// Centres, and with `--full`.
const CENTERS: u32 = 1_000;
const CENTERS_FULL: u32 = 10_000;

/// The market of the measurements.
const CONFIGURATION: &str = "scripts/bench/doorstep.toml";

/// How many times fewer centres there are on Postgres.
const FEWER_ON_POSTGRES: u32 = 10;

/// Between two looks at a command that works.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// How centres follow one another in a file, and items.
#[derive(Clone, Copy)]
enum Sorted {
    ByCenter,
    ByItem,
}

/// Files, the directory they are taken into, and who takes them.
struct Importing<'a> {
    bench: &'a Bench,
    binary: PathBuf,
    directory: PathBuf,
    configuration: PathBuf,
    centers: u32,
}

/// Takes a file sorted by centre, tells it again, and takes one that is sorted by item.
pub(super) fn measure(bench: &Bench) -> Result<(), String> {
    let binary = binary(bench)?;
    println!("{}\n", machine::told());
    let centers = if bench.full { CENTERS_FULL } else { CENTERS };
    let directory = bench.root.join("target/bench/imports");
    let configuration = CONFIGURATION.into();
    let mut importing = Importing { bench, binary, directory, configuration, centers };
    let orders = [("by centre", Sorted::ByCenter), ("by item", Sorted::ByItem)];
    let mut rows = Vec::new();
    for (what, sorted) in orders {
        rows.extend(importing.takes_twice(what, sorted)?);
    }
    let postgres = Postgres::start(&bench.root)?;
    importing.centers = centers / FEWER_ON_POSTGRES;
    for (what, sorted) in orders {
        importing.configuration = postgres.configuration("imports_bench")?;
        rows.extend(importing.takes_twice(&format!("{what}, on Postgres"), sorted)?);
    }
    let columns = [
        Column("file", "/file", COUNT),
        Column("rows", "/lines", COUNT),
        Column("taken", "/taken_s", SECONDS),
        Column("rows/s", "/lines_per_s", COUNT),
        Column("CPU for a million", "/cpu_s_a_million", SECONDS),
        Column("peak", "/peak_mib", MIB),
        Column("directory", "/directory_mib", MIB),
    ];
    print_table(&columns, &rows);
    Ok(())
}

impl Importing<'_> {
    /// Takes a file into an empty store, tells it again, and checks what is there then.
    fn takes_twice(&self, what: &str, sorted: Sorted) -> Result<[Value; 2], String> {
        remove(&self.directory)?;
        self.prepares().map_err(|error| error.to_string())?;
        let file = self.stock(sorted).map_err(|error| error.to_string())?;
        let rows = [self.takes(what, &file)?, self.takes("the same again", &file)?];
        finish(self.command(&["check"]).stdout(Stdio::null()))?;
        remove(&self.directory)?;
        Ok(rows)
    }

    /// Writes items and centres, and takes them.
    fn prepares(&self) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.directory)?;
        let (items, mut file) = self.file("items.csv")?;
        writeln!(file, "item_id,name,category,price_minor")?;
        for item in 0..ITEMS {
            writeln!(file, "thing-{item},Thing No. {item},AISLE {},100", item % 40)?;
        }
        file.flush()?;
        let (centers, mut file) = self.file("centers.csv")?;
        writeln!(file, "center_id,merchant_id,name,lat,lng")?;
        for center in 0..self.centers {
            let (lat, lng) = (37.72 + f64::from(center / 100) / 250.0, -122.49);
            let lng = lng + f64::from(center % 100) / 250.0;
            writeln!(file, "bench-{center},bench,Centre {center},{lat:.4},{lng:.4}")?;
        }
        file.flush()?;
        for (what, file) in [("items", &items), ("centers", &centers)] {
            self.import(what, file).map_err(std::io::Error::other)?;
        }
        Ok(())
    }

    /// Writes a line for each stock row.
    fn stock(&self, sorted: Sorted) -> std::io::Result<PathBuf> {
        let (path, mut file) = self.file("stock.csv")?;
        writeln!(file, "center_id,item_id,quantity")?;
        let (outer, inner) = match sorted {
            Sorted::ByCenter => (self.centers, ITEMS),
            Sorted::ByItem => (ITEMS, self.centers),
        };
        for one in 0..outer {
            for other in 0..inner {
                let (center, item) = match sorted {
                    Sorted::ByCenter => (one, other),
                    Sorted::ByItem => (other, one),
                };
                writeln!(file, "bench-{center},thing-{item},{}", (center + item) % 97 + 1)?;
            }
        }
        file.flush()?;
        Ok(path)
    }

    fn file(&self, name: &str) -> std::io::Result<(PathBuf, BufWriter<File>)> {
        let path = self.directory.join(name);
        let file = BufWriter::with_capacity(1 << 20, File::create(&path)?);
        Ok((path, file))
    }

    fn takes(&self, what: &str, file: &Path) -> Result<Value, String> {
        let mut row = self.import("stock", file)?;
        row["file"] = json!(what);
        row["directory_mib"] = (machine::bytes_of(&self.store()) as f64 / 1_048_576.0).into();
        Ok(row)
    }

    /// Takes a file: what the command counted, how long it took, and what of.
    fn import(&self, what: &str, file: &Path) -> Result<Value, String> {
        let mut command = self.command(&["import", what, "--json"]);
        command.args(if what == "stock" { &[][..] } else { &["--market", "sf"][..] });
        command.arg(file).stdout(Stdio::piped());
        #[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
        let began = Instant::now();
        let mut child = command.spawn().map_err(|error| told(&command, error))?;
        let (mut cpu_s, mut peak) = (0.0, 0.0);
        while child.try_wait().map_err(|error| told(&command, error))?.is_none() {
            cpu_s = cpu_seconds(child.id()).max(cpu_s);
            peak = peak_mib(child.id()).max(peak);
            #[expect(clippy::disallowed_methods, reason = "the command works meanwhile")]
            std::thread::sleep(BETWEEN_LOOKS);
        }
        #[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
        let taken_s = began.elapsed().as_secs_f64();
        let output = child.wait_with_output().map_err(|error| told(&command, error))?;
        if !output.status.success() {
            return Err(told(&command, output.status));
        }
        let counted = serde_json::from_slice::<Value>(&output.stdout);
        let mut row = counted.map_err(|error| told(&command, error))?;
        let lines = row["lines"].as_f64().unwrap_or(f64::NAN);
        if row["refused"] != 0 {
            return Err(told(&command, &row));
        }
        row["taken_s"] = taken_s.into();
        row["lines_per_s"] = (lines / taken_s).into();
        row["cpu_s_a_million"] = (cpu_s * 1e6 / lines).into();
        row["peak_mib"] = peak.into();
        Ok(row)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.current_dir(&self.bench.root).args(words);
        command.arg("--config").arg(&self.configuration).arg("--data-dir").arg(self.store());
        command
    }

    fn store(&self) -> PathBuf {
        self.directory.join("data")
    }
}
