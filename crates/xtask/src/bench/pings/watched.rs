//! A day of thirty billion pings while a thousand watch: how soon they see, what it costs with ten
//! times the couriers, what memory it takes, and how the server comes back from `kill -9`.

use super::super::machine::{cpu_seconds, resident_mib};
use super::super::server::{Server, Template, sum_of};
use super::super::table::{Column, Unit, print_table};
use super::super::{COUNT, MIB, SECONDS, told};
use super::{MS, PER_S, PINGS_PER_S};
use serde_json::{Value, json};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// How long the server may take to be back.
const BACK: Duration = Duration::from_secs(60);

/// How often it is looked whether it is.
const LOOK: Duration = Duration::from_millis(100);

/// Measures and prints; `full` takes longer.
pub(super) fn measure(template: &Template, full: bool) -> Result<(), String> {
    let seconds = if full { 60 } else { 10 };
    println!("\n### Watched: {PINGS_PER_S} pings a second, 1,000 watchers, one courier each\n");
    let rows = [template.couriers / 10, template.couriers]
        .map(|couriers| watched(template, couriers, seconds));
    let rows = rows.into_iter().collect::<Result<Vec<Value>, String>>()?;
    let columns = [
        Column("couriers", "/couriers", COUNT),
        Column("acknowledged", "/acknowledged_per_s", PER_S),
        Column("answered p50", "/latency_ms/p50", MS),
        Column("p99", "/latency_ms/p99", MS),
        Column("seen p50", "/seen/latency_ms/p50", MS),
        Column("p99", "/seen/latency_ms/p99", MS),
        Column("most", "/seen/latency_ms/most", MS),
        Column("out of order", "/seen/out_of_order", COUNT),
        Column("CPU for a million", "/cpu", Unit("s", 1.0, 2)),
        Column("memory", "/mib", MIB),
    ];
    print_table(&columns, &rows);
    println!("\n### Memory\n");
    let columns = [
        Column("couriers", "/couriers", COUNT),
        Column("with nobody", "/empty_mib", MIB),
        Column("registered", "/registered_mib", MIB),
        Column("all on the map", "/told_mib", MIB),
        Column("10,000 idle watchers, each", "/kib_each", Unit("KiB", 1.0, 1)),
    ];
    print_table(&columns, &[memory(template)?]);
    println!("\n### Killed under load\n");
    let columns = [
        Column("acknowledged before", "/acknowledged", Unit("pings", 1.0, 0)),
        Column("listening again", "/listening_s", SECONDS),
        Column("all on the map again", "/back_s", SECONDS),
    ];
    print_table(&columns, &[killed(template, seconds)?]);
    Ok(())
}

fn watched(template: &Template, couriers: u32, seconds: u32) -> Result<Value, String> {
    let server = template.serve()?;
    let began_s = cpu_seconds(server.pid());
    let driving = Driving::start(&server, couriers, seconds + 5)?;
    let (many, length) = (couriers.to_string(), format!("{seconds}s"));
    let seen = server.simulates(&["watchers", "--couriers", &many, "--for", &length])?;
    let mut row = driving.ends()?;
    let pings = row["acknowledged"].as_f64().unwrap_or(f64::NAN);
    row["cpu"] = ((cpu_seconds(server.pid()) - began_s) / pings * 1e6).into();
    row["mib"] = resident_mib(server.pid()).into();
    row["seen"] = seen;
    Ok(row)
}

/// The server's memory with nobody, with everybody registered, and with everybody on the map.
fn memory(template: &Template) -> Result<Value, String> {
    let empty_mib = resident_mib(template.serve_nobody()?.pid());
    let server = template.serve()?;
    let registered_mib = resident_mib(server.pid());
    let pid = server.pid().to_string();
    let idle = server.simulates(&["watchers", "--count", "10000", "--for", "5s", "--pid", &pid])?;
    drop(server);
    let server = template.serve()?;
    Driving::start(&server, template.couriers, 5)?.ends()?;
    caught_up(&server, Instant::now())?;
    Ok(json!({
        "couriers": template.couriers, "empty_mib": empty_mib, "registered_mib": registered_mib,
        "told_mib": resident_mib(server.pid()), "kib_each": idle["kib_each"],
    }))
}

/// Kills a server in the middle of a load and starts it again: seconds until it listens, and until
/// everything in the log is on its map.
fn killed(template: &Template, seconds: u32) -> Result<Value, String> {
    let server = template.serve()?;
    let driving = Driving::start(&server, template.couriers, seconds * 2)?;
    std::thread::sleep(Duration::from_secs(seconds.into()));
    let killed = Instant::now();
    let server = template.start_after_kill(server)?;
    let listening_s = killed.elapsed().as_secs_f64();
    caught_up(&server, killed)?;
    let back_s = killed.elapsed().as_secs_f64();
    let acknowledged = driving.ends()?["acknowledged"].clone();
    Ok(json!({
        "acknowledged": acknowledged, "listening_s": listening_s, "back_s": back_s,
    }))
}

/// A load under way.
struct Driving(Child);

impl Driving {
    fn start(server: &Server, couriers: u32, seconds: u32) -> Result<Driving, String> {
        let every_us = u64::from(couriers) * 1_000_000 / u64::from(PINGS_PER_S);
        let (many, every) = (couriers.to_string(), format!("{every_us}us"));
        let length = format!("{seconds}s");
        let mut load = server.simulating(&[
            "couriers",
            "--registered",
            "--couriers",
            &many,
            "--every",
            &every,
            "--for",
            &length,
        ]);
        let child = load.stdout(Stdio::piped()).spawn().map_err(|error| told(&load, error))?;
        Ok(Driving(child))
    }

    fn ends(self) -> Result<Value, String> {
        let output = self.0.wait_with_output().map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        serde_json::from_str(said.trim()).map_err(|error| format!("the load: {error}: {said}"))
    }
}

/// Waits until the tracker has nothing left to do.
fn caught_up(server: &Server, since: Instant) -> Result<(), String> {
    let mut before = None;
    loop {
        let metrics = server.asks("/metrics").unwrap_or_default();
        let lag = sum_of(&metrics, "doorstep_consumer_lag_records{consumer=\"tracker\"");
        let seen = ["applied", "stale", "implausible"]
            .map(|what| sum_of(&metrics, &format!("doorstep_pings_{what}_total")).unwrap_or(0.0));
        let seen = seen.iter().sum::<f64>();
        // What waits for its turn is no lag any more; what is applied shows by growing.
        if lag == Some(0.0) && before == Some(seen) {
            return Ok(());
        }
        if since.elapsed() > BACK {
            return Err("the tracker has not caught up".to_owned());
        }
        before = Some(seen);
        std::thread::sleep(LOOK);
    }
}
