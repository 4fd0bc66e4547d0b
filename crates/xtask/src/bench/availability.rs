//! What can be had: stock rows by the million, loaded, held and asked for; and the same over HTTP.
//! Server and load share this machine.

use super::machine::{self, cpu_seconds, resident_mib};
use super::server::{Server, binary};
use super::table::{Column, Unit, print_table};
use super::{Bench, COUNT, MIB, SECONDS};
use serde_json::Value;
use std::path::Path;

/// Millions of rows, and with `--full`: ten thousand items in a hundred, a thousand and ten
/// thousand centres.
const MILLIONS: [u32; 2] = [1, 10];
const MILLIONS_FULL: [u32; 3] = [1, 10, 100];

/// Shoppers, each with a connection.
const SHOPPERS: u32 = 64;

const MS: Unit = Unit("ms", 1.0, 2);
const US: Unit = Unit("µs", 1.0, 1);

/// Loads each size and asks it in a process of its own, then serves it.
pub(super) fn measure(bench: &Bench) -> Result<(), String> {
    let binary = binary(bench)?;
    println!("{}\n", machine::told());
    let millions: &[u32] = if bench.full { &MILLIONS_FULL } else { &MILLIONS };
    let (mut held, mut served) = (Vec::new(), Vec::new());
    for millions in millions {
        let row = bench.days(&["shelf", &millions.to_string()])?;
        let directory = row["directory"].as_str().unwrap_or_default().to_owned();
        served.push(over_http(bench, &binary, Path::new(&directory), &row["rows"])?);
        held.push(row);
    }
    let columns = [
        Column("rows", "/rows", COUNT),
        Column("loaded", "/loaded_s", SECONDS),
        Column("bytes a row", "/bytes_a_row", Unit("", 1.0, 2)),
        Column("asked/s, one thread", "/asked_per_s", COUNT),
        Column("p50", "/p50_us", US),
        Column("p99", "/p99_us", US),
        Column("peak", "/peak_mib", MIB),
    ];
    print_table(&columns, &held);
    println!("\n### Over HTTP, {SHOPPERS} connections, three items a question\n");
    let columns = [
        Column("rows", "/rows", COUNT),
        Column("answered/s", "/answered_per_s", COUNT),
        Column("p50", "/latency_ms/p50", MS),
        Column("p99", "/latency_ms/p99", MS),
        Column("most", "/latency_ms/most", MS),
        Column("failed", "/failed", COUNT),
        Column("server's CPU each", "/cpu_us_each", US),
        Column("memory", "/mib", MIB),
    ];
    print_table(&columns, &served);
    Ok(())
}

fn over_http(
    bench: &Bench,
    binary: &Path,
    directory: &Path,
    rows: &Value,
) -> Result<Value, String> {
    let server = Server::on(&bench.root, binary, directory)?;
    let shoppers = SHOPPERS.to_string();
    let load = ["shoppers", "--items", "10000", "--shoppers", &shoppers];
    // The first run finds whom the centres reach.
    server.simulates(&[&load[..], &["--for", "5s"]].concat())?;
    let before = cpu_seconds(server.pid());
    let mut row = server.simulates(&[&load[..], &["--for", "15s"]].concat())?;
    let answered = row["answered"].as_f64().unwrap_or(f64::NAN);
    row["cpu_us_each"] = ((cpu_seconds(server.pid()) - before) * 1e6 / answered).into();
    row["mib"] = resident_mib(server.pid()).into();
    row["rows"] = rows.clone();
    server.stops()?;
    Ok(row)
}
