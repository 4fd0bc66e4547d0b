//! The seeded cities that are measured, and their events as lines.

use crate::figures::timed;
use doorstep_domain::time::Day;
use doorstep_sim::city::{CityPlan, city};
use doorstep_sim::event::{Kind, SimEvent};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

/// Couriers of every city.
pub(crate) const COURIERS: u32 = 20_000;

/// Deliveries of a courier on a day by which a day has a million events: some four for each
/// delivery, and two for the shift.
const DELIVERIES_OF_A_MILLION_EVENTS: u32 = 12;

/// The same in every run, here and in the peer's.
const SEED: u64 = 1;

/// Bytes handed over at once, as by `doorstep import`.
const CHUNK_BYTES: usize = 2 << 20;

/// Chunks read ahead, as by `doorstep import`.
const CHUNKS_AHEAD: usize = 2;

/// Whole lines, as they are sent to the door.
pub(crate) type Chunk = Vec<u8>;

/// A Monday, so that its windows are peak windows.
pub(crate) fn first_day() -> Day {
    "2026-03-02".parse().expect("a date")
}

/// A city in which each courier has so many deliveries on each of so many days.
pub(crate) fn plan(first_day: Day, days: u32, deliveries_per_courier: u32) -> CityPlan {
    CityPlan {
        seed: SEED,
        couriers: COURIERS,
        deliveries_per_courier,
        days,
        first_day,
        zone: "America/Los_Angeles".parse().expect("a zone"),
        market: "sf".to_owned(),
        currency: "USD".to_owned(),
    }
}

/// The events of days of a million each, packed in a file that is written where it is missing.
pub(crate) fn file(days: u32) -> PathBuf {
    let path = directory().join(format!("city-{days}.ndjson.zst"));
    if !path.exists() {
        let unfinished = path.with_extension("unfinished");
        let city = city(plan(first_day(), days, DELIVERIES_OF_A_MILLION_EVENTS));
        let out = File::create(&unfinished).expect("a file in target");
        let mut out = zstd::Encoder::new(BufWriter::new(out), 3).expect("an encoder");
        doorstep_sim::write_events(&mut out, city).expect("room on the disk");
        let mut out = out.finish().expect("room on the disk");
        out.flush().expect("room on the disk");
        fs::rename(&unfinished, &path).expect("the same directory");
    }
    path
}

/// Where measurements keep their files.
pub(crate) fn directory() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let directory = workspace.join("target/bench");
    fs::create_dir_all(&directory).expect("a directory in target");
    directory
}

/// Writes the file of so many days.
pub(crate) fn measure(days: u32) -> Value {
    let (path, seconds) = timed(|| file(days));
    json!({ "file": path.display().to_string(), "seconds": seconds })
}

/// Unpacks a file on a thread of its own, a few chunks ahead.
pub(crate) fn chunks_of_file(path: PathBuf) -> Receiver<Chunk> {
    let (sender, receiver) = sync_channel(CHUNKS_AHEAD);
    thread::spawn(move || {
        let file = File::open(path).expect("a file that was written");
        let mut lines = zstd::Decoder::new(file).map(BufReader::new).expect("zstd");
        let mut chunk = Chunk::new();
        loop {
            let mut read = vec![0; CHUNK_BYTES];
            let count = lines.read(&mut read).expect("a whole file");
            chunk.extend_from_slice(&read[..count]);
            if count > 0 && chunk.len() < CHUNK_BYTES {
                continue;
            }
            let whole = chunk.iter().rposition(|byte| *byte == b'\n');
            let begun = chunk.split_off(whole.map_or(0, |newline| newline + 1));
            let nobody_listens = sender.send(std::mem::replace(&mut chunk, begun)).is_err();
            if count == 0 || nobody_listens {
                return;
            }
        }
    });
    receiver
}

/// Pickup and completion of what a city delivers, and nothing else: all that pricing needs.
pub(crate) fn chunks_of_completions(plan: CityPlan) -> Receiver<Chunk> {
    let (sender, receiver) = sync_channel(CHUNKS_AHEAD);
    thread::spawn(move || {
        let mut chunk = Chunk::new();
        for event in city(plan).filter(counts_in_pricing) {
            chunk.extend(event.to_line());
            chunk.push(b'\n');
            if chunk.len() >= CHUNK_BYTES && sender.send(std::mem::take(&mut chunk)).is_err() {
                return;
            }
        }
        // Nobody listens only where the measurement is over.
        let _ = sender.send(chunk);
    });
    receiver
}

fn counts_in_pricing(event: &SimEvent) -> bool {
    matches!(event.kind, Kind::PickedUp | Kind::Delivered)
}
