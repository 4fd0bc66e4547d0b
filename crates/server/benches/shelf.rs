//! Stock rows by the million: how long they take to load, how much memory, and how fast is answered
//! what can be had of them.

use crate::figures::{peak_mib, quantile, timed};
use doorstep_domain::stock::Class;
use doorstep_domain::tracking::Position;
use doorstep_server::app::App;
use doorstep_server::clock::SystemClock;
use doorstep_server::config::Config;
use doorstep_server::stock::available::{Asked, Wanted, ask};
use doorstep_server::stock::put::{CenterSaid, ItemSaid, put_centers, put_items};
use doorstep_server::stock::{follow, stock_lane};
use doorstep_sim::chance::Chance;
use doorstep_store::{TxExt, Value as Column};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Items, each in every centre.
const ITEMS: i64 = 10_000;

/// Rows of one transaction.
const ROWS_AT_ONCE: i64 = 500_000;

/// How far apart centres are, in 1e-7 degrees: some fifty reach a place.
const APART_E7: i32 = 400_000;

/// The corner of the square in which they are.
const CORNER: Position = Position { lat_e7: 377_200_000, lng_e7: -1_224_900_000 };

/// Questions of three items that are timed.
const ASKED: usize = 20_000;

/// Where the rows are kept, for whoever serves them afterwards.
pub(crate) fn directory(millions: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../target/bench/shelf-{millions}"))
}

pub(crate) fn measure(millions: u32) -> Value {
    let directory = directory(millions);
    if !directory.join("whole").exists() {
        fill(&directory, i64::from(millions) * 1_000_000 / ITEMS);
        fs::write(directory.join("whole"), "").expect("a writable directory");
    }
    let app = open(&directory);
    let (_, loaded_s) = timed(|| follow::step(&app).expect("a store that can be read"));
    let (rows, bytes) = app.stock.index_size();
    let mut took_us = Vec::with_capacity(ASKED);
    // Asked twice: whom the centres reach is found the first time.
    for _ in 0..2 {
        took_us.clear();
        let mut chance = Chance::of(7, &[]);
        for _ in 0..ASKED {
            let asked = question(&mut chance);
            let (_, took_s) = timed(|| ask(&app, &asked).expect("an answer"));
            took_us.push(took_s * 1e6);
        }
        follow::step(&app).expect("a store that can be read");
    }
    let total_s: f64 = took_us.iter().sum::<f64>() / 1e6;
    json!({
        "rows": rows, "bytes_a_row": bytes as f64 / rows as f64, "loaded_s": loaded_s,
        "asked_per_s": ASKED as f64 / total_s, "p50_us": quantile(&mut took_us, 0.5),
        "p99_us": quantile(&mut took_us, 0.99), "peak_mib": peak_mib(),
        "directory": directory.display().to_string(),
    })
}

fn open(directory: &Path) -> App {
    let config = "[markets.sf]\ntime_zone = \"America/Los_Angeles\"\ncurrency = \"USD\"\n";
    let config = Config::parse(config).expect("a configuration");
    App::open(config, directory, Arc::new(SystemClock)).expect("a data directory")
}

/// Three items somewhere in the square of a city.
fn question(chance: &mut Chance) -> Asked {
    let within = |chance: &mut Chance| i32::try_from(chance.below(200_000)).unwrap_or(0);
    let place =
        Position { lat_e7: CORNER.lat_e7 + within(chance), lng_e7: CORNER.lng_e7 + within(chance) };
    let items = (0..3).map(|_| format!("thing-{}", chance.below(ITEMS as u64))).collect();
    Asked { market: None, place, wanted: Wanted::Items(items), after: None }
}

/// Items and centres as anybody puts them in place; the rows straight into their table.
fn fill(directory: &Path, centers: i64) {
    let _ = fs::remove_dir_all(directory);
    let app = open(directory);
    let sf: doorstep_domain::id::MarketId = "sf".parse().expect("a name");
    let items: Vec<_> = (0..ITEMS)
        .map(|item| {
            let said = ItemSaid {
                item_id: None,
                name: format!("Thing No. {item}"),
                category: format!("AISLE {}", item % 40),
                class: Class::Strict,
                oversell_max: 0,
                weight_grams: 0,
                prices: BTreeMap::from([(sf.clone(), 100 + item % 900)]),
            };
            (format!("thing-{item}").parse().expect("a name"), said)
        })
        .collect();
    put_items(&app, &items).expect("items");
    let side = (centers as f64).sqrt().ceil() as i32;
    // The city is in the middle of it.
    let at = |step: i32| (step - side / 2) * APART_E7;
    let placed: Vec<_> = (0..centers as i32)
        .map(|center| {
            let said = CenterSaid {
                center_id: None,
                market: sf.clone(),
                merchant_id: "bench".parse().expect("a name"),
                name: format!("Centre {center}"),
                address: None,
                lat: f64::from(CORNER.lat_e7 + at(center / side)) / 1e7,
                lng: f64::from(CORNER.lng_e7 + at(center % side)) / 1e7,
                hours: String::new(),
                closed: false,
            };
            (format!("bench-{center}").parse().expect("a name"), said)
        })
        .collect();
    put_centers(&app, &placed).expect("centres");
    let lane = stock_lane(&sf, 0).expect("a lane");
    let rows = centers * ITEMS;
    for first in (0..rows).step_by(ROWS_AT_ONCE as usize) {
        let last = (first + ROWS_AT_ONCE).min(rows);
        app.store
            .lane(&lane, move |tx| {
                let row = |row: i64| {
                    [row / ITEMS + 1, row % ITEMS + 1, row % 97, 1, 1, 0].map(Column::Int)
                };
                tx.insert_many(
                    "insert into stock
                         (center_no, item_no, quantity, revision, last_seq, last_line)",
                    (first..last).map(row),
                    "",
                )
            })
            .expect("rows");
    }
}
