//! Real streets, real shops, real trips, through the binary.

use crate::desk::Desk;
use doorstep_sim::trips::data_folder;
use serde_json::Value;
use std::env;
use std::path::{Path, PathBuf};

const MARKET: &str = "[markets.sf]\ntime_zone = \"America/Los_Angeles\"\ncurrency = \"USD\"\n";

/// One trip in this many: a test build is slow.
const EVERY: usize = 16;

/// Where the real data is. Without it a test says so and passes, unless it is required.
fn real_data() -> Option<PathBuf> {
    let folder = data_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    if folder.is_none() {
        let required = env::var_os("DOORSTEP_DATA_REQUIRED").is_some_and(|set| set == "1");
        assert!(!required, "DOORSTEP_DATA_REQUIRED=1, but there is no data");
        println!("skipped: the real data is not there; DOORSTEP_DATA says where it is");
    }
    folder
}

fn city(folder: &Path) -> Desk {
    let desk = Desk::with(MARKET);
    let streets = folder.join("sf/sf_streets.geojson.zst");
    let imported = desk.types(&format!("import streets {} --json", streets.display())).json();
    assert_eq!(imported["rejected"], 0);
    desk
}

/// C1: nine of ten real businesses are found by house number, half of them within ten metres.
#[test]
fn real_businesses_are_where_their_addresses_say() {
    let Some(folder) = real_data() else { return };
    let desk = city(&folder);
    let businesses = folder.join("sf/food_businesses.csv.zst");
    let line = format!("geocode evaluate --businesses {} --json", businesses.display());
    let figures = desk.types(&line).json();
    let figure = |name: &str| figures[name].as_f64().unwrap();
    assert!(figure("matched_percent") >= 90.0, "{figures}");
    assert!(figure("median_m") < 10.0, "{figures}");
    assert!(figure("p90_m") < 40.0, "{figures}");
    let known = desk.pipes(b"", "geocode 1200_Irving_St --json");
    assert_eq!(known.json()[0]["street"], "IRVING ST", "{known:?}");
    let unknown = desk.types("geocode 1_Nowhere_Boulevard --json");
    assert_eq!((unknown.code, unknown.out.trim()), (1, "[]"), "{unknown:?}");
}

/// C8: on days that were not learned from, more than nine in ten real trips end within five
/// minutes of the estimate, and eight in ten between its quantiles.
#[test]
fn real_trips_arrive_when_they_are_said_to() {
    let Some(folder) = real_data() else { return };
    let desk = city(&folder);
    let packed = std::fs::File::open(folder.join("cabs/trips_2008-05-19_25.csv.zst")).unwrap();
    let text = std::io::read_to_string(zstd::Decoder::new(packed).unwrap()).unwrap();
    let some = text.lines().enumerate().filter(|(number, _)| number.is_multiple_of(EVERY));
    let some: Vec<&str> = some.map(|(_, line)| line).collect();
    desk.holds("trips.csv", some.join("\n").as_bytes());
    let scores = desk.types("eta evaluate --trips trips.csv --json").json();
    assert_eq!(scores["days"].as_array().unwrap().len(), 7);
    let method = |at: usize, name: &str| -> f64 {
        let methods: &Value = &scores["methods"];
        methods[at][name].as_f64().unwrap()
    };
    assert!(method(2, "within_5_min_percent") > 92.0, "{scores}");
    assert!(method(2, "mean_error_min") < 2.1, "{scores}");
    assert!(method(2, "mean_error_min") < 0.85 * method(1, "mean_error_min"), "{scores}");
    assert!((75.0..=85.0).contains(&method(2, "within_p10_p90_percent")), "{scores}");
    let learned = desk.types("eta learn --trips trips.csv --json").json();
    assert_eq!(learned["version"], 1);
    assert_eq!(desk.types("eta models").code, 0);
}
