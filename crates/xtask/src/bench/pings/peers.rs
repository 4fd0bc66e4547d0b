//! What Redis and NATS make of the same: pings in blobs of a hundred made durable, and positions
//! set one by one in a geographical index.

use super::super::table::{Column, Unit, print_table};
use super::super::{COUNT, told};
use super::nats::Nats;
use super::redis::Redis;
use super::{PER_S, RUNS, median_of};
use serde_json::json;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Pings of a blob, as of one of our batches.
const BLOB_PINGS: usize = 100;

/// A binary batch of so many pings of couriers with names of 14 bytes.
const BLOB_BYTES: usize = 12 + BLOB_PINGS * (24 + 14);

/// Connections that share the work, each with one blob under way, as our load has them.
const CONNECTIONS: usize = 128;

/// Positions set before their answers are waited for.
const PIPELINE: usize = 1_000;

/// Couriers of the geographical index.
const COURIERS: usize = 100_000;

/// A server of Debian's that is stopped where this is dropped.
struct Service<'a> {
    root: &'a Path,
    script: &'static str,
    address: String,
}

/// Measures and prints, beside our own pings a second in blobs of as many; `full` takes longer.
pub(super) fn measure(root: &Path, ours: f64, full: bool) -> Result<(), String> {
    let (blobs, rounds, runs) = if full { (20_000, 10, RUNS) } else { (2_000, 1, 1) };
    let redis = Service::start(root, "scripts/services/redis.sh")?;
    let streams = median_of(|| redis.blobs(blobs, add_to_stream), runs)?;
    let positions = median_of(|| redis.positions(rounds), runs)?;
    drop(redis);
    let nats = Service::start(root, "scripts/services/nats.sh")?;
    let broken = |error: std::io::Error| format!("NATS: {error}");
    create_stream(&nats.address).map_err(broken)?;
    let jetstream = median_of(|| nats.blobs(blobs, publish_to_stream), runs)?;
    println!("\n### Peers: a blob is {BLOB_PINGS} pings, {BLOB_BYTES} bytes\n");
    let row =
        |what: &str, per_s: f64| json!({ "what": what, "per_s": per_s, "ratio": ours / per_s });
    let rows = [
        row("Doorstep, binary batches: durable, and on the map", ours),
        row("Redis XADD of blobs, fsync always: durable", streams),
        row("Redis GEOADD, pipelined, fsync always: durable, and in the index", positions),
        row("NATS JetStream of blobs, fsync each two minutes: not yet durable", jetstream),
    ];
    let columns = [
        Column("what", "/what", COUNT),
        Column("pings", "/per_s", PER_S),
        Column("Doorstep does", "/ratio", Unit("x", 1.0, 2)),
    ];
    print_table(&columns, &rows);
    Ok(())
}

impl Service<'_> {
    fn start<'a>(root: &'a Path, script: &'static str) -> Result<Service<'a>, String> {
        let mut command = Command::new(root.join(script));
        let output = command.arg("start").output().map_err(|error| told(&command, error))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let address = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok(Service { root, script, address })
    }

    /// Blobs made durable by all connections: pings a second.
    fn blobs(
        &self,
        count: usize,
        send: fn(&str, usize) -> std::io::Result<()>,
    ) -> Result<f64, String> {
        let each = count / CONNECTIONS;
        let began = Instant::now();
        let sent = std::thread::scope(|scope| {
            let connection = || scope.spawn(|| send(&self.address, each));
            let threads: Vec<_> = (0..CONNECTIONS).map(|_| connection()).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().map_err(|_| "panicked".to_owned()))
                .collect::<Result<Vec<_>, String>>()
        })?;
        sent.into_iter().collect::<Result<Vec<()>, _>>().map_err(|error| error.to_string())?;
        Ok((each * CONNECTIONS * BLOB_PINGS) as f64 / began.elapsed().as_secs_f64())
    }

    /// Positions set by one connection in pipelines: a second.
    fn positions(&self, rounds: usize) -> Result<f64, String> {
        let broken = |error: std::io::Error| format!("Redis: {error}");
        let mut redis = Redis::connect(&self.address).map_err(broken)?;
        let began = Instant::now();
        for number in 0..rounds * COURIERS {
            let courier = format!("courier-{}", number % COURIERS);
            let aside = (number * 7_919 % 100_000) as f64 / 1e6;
            let (lng, lat) = (format!("{:.6}", aside - 122.5), format!("{:.6}", aside + 37.7));
            redis.push(&[
                b"GEOADD",
                b"positions",
                lng.as_bytes(),
                lat.as_bytes(),
                courier.as_bytes(),
            ]);
            if (number + 1) % PIPELINE == 0 {
                redis.send(PIPELINE).map_err(broken)?;
            }
        }
        Ok((rounds * COURIERS) as f64 / began.elapsed().as_secs_f64())
    }
}

impl Drop for Service<'_> {
    fn drop(&mut self) {
        // What cannot be stopped says so on stderr.
        let _ = Command::new(self.root.join(self.script)).arg("stop").output();
    }
}

fn add_to_stream(address: &str, blobs: usize) -> std::io::Result<()> {
    let (mut redis, blob) = (Redis::connect(address)?, blob());
    for _ in 0..blobs {
        redis.push(&[b"XADD", b"pings", b"*", b"b", &blob]);
        redis.send(1)?;
    }
    Ok(())
}

fn publish_to_stream(address: &str, blobs: usize) -> std::io::Result<()> {
    let (mut nats, blob) = (Nats::connect(address)?, blob());
    for _ in 0..blobs {
        nats.publish("pings", &blob)?;
        nats.answer()?;
    }
    Ok(())
}

fn create_stream(address: &str) -> std::io::Result<()> {
    let mut nats = Nats::connect(address)?;
    let stream = r#"{"name":"PINGS","subjects":["pings"],"storage":"file","retention":"limits",
        "max_consumers":-1,"max_msgs":-1,"max_bytes":-1,"discard":"old","num_replicas":1}"#;
    nats.publish("$JS.API.STREAM.CREATE.PINGS", stream.as_bytes())?;
    nats.answer().map(drop)
}

/// Bytes that compress about as badly as pings do.
fn blob() -> Vec<u8> {
    (0..BLOB_BYTES as u64).map(|place| ((place * place * 2_654_435_761) >> 13) as u8).collect()
}
