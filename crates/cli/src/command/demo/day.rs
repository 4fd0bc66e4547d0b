//! What the demonstration is about: the real day where the data is found, else a synthetic one.

use crate::failure::Failure;
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Day;
use doorstep_domain::tracking::Position;
use doorstep_sim::city::{CityPlan, city};
use doorstep_sim::dirt::{Faults, soil};
use doorstep_sim::event::write_lines;
use doorstep_sim::{SimEvent, trips, write_events};
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

/// The same figures in every run.
pub(super) const SEED: u64 = 24;

/// Where synthetic couriers are.
pub(super) const CENTER: Position = Position { lat_e7: 377_700_000, lng_e7: -1_224_300_000 };

/// Of this many deliveries one is told of only after the close.
const LATE_ONE_IN: usize = 500;

/// The files of the demonstration.
pub(super) struct Material {
    /// Where it comes from and how it was spoilt, for a person.
    pub(super) told: String,
    /// The day that is settled.
    pub(super) day: Day,
    /// Events in about the order in which they happened, spoilt as real ones are.
    pub(super) on_time: PathBuf,
    /// Events told only after the close.
    pub(super) late: PathBuf,
    /// How many deliveries those are about.
    pub(super) late_count: usize,
}

/// The market of the demonstration.
#[expect(clippy::expect_used, reason = "a constant that a test reads as well")]
pub(super) fn market() -> MarketId {
    trips::MARKET.parse().expect("the market's name is well formed")
}

impl Material {
    /// Writes the files below `directory`.
    pub(super) fn find(directory: &Path) -> Result<Material, Failure> {
        let workspace = Path::new(".");
        let (day, events, source) = match trips::data_folder(workspace) {
            Some(data) => {
                let day = calendar("2008-05-19")?;
                let events = trips::real_trips(&data, SEED, Some(day))
                    .map_err(|error| Failure::Refused(error.to_string()))?;
                (day, events, "The real day: trips of some 500 San Francisco taxis as deliveries")
            }
            None => {
                let day = calendar("2026-03-02")?;
                let events = city(synthetic(day)?).collect();
                (day, events, "A synthetic day (no real data found): a seeded city of 500 couriers")
            }
        };
        let (on_time, late) = (directory.join("events.ndjson"), directory.join("late.ndjson"));
        let (timely, held_back, late_count) = hold_back(events);
        let mut dirty = soil(timely.into_iter(), Faults::bad_day(SEED));
        write(&on_time, |out| write_lines(out, dirty.by_ref()))?;
        write(&late, |out| write_events(out, held_back))?;
        let report = dirty.report();
        let told = format!(
            "{source}, {day}.\n{} events, spoilt as real ones are: {} told twice, {} resent, \
             {} contradicted, {} that make no sense, all out of order.",
            report.events,
            report.duplicated,
            report.resent,
            report.contradicted + report.revised,
            report.malformed_lines(),
        );
        Ok(Material { told, day, on_time, late, late_count })
    }
}

/// A day that we name ourselves.
pub(super) fn calendar(day: &str) -> Result<Day, Failure> {
    day.parse().map_err(|error| Failure::Refused(format!("{error}")))
}

/// The city of a synthetic day.
pub(super) fn synthetic(day: Day) -> Result<CityPlan, Failure> {
    let zone = trips::ZONE.parse().map_err(|error| Failure::Refused(format!("{error}")))?;
    Ok(CityPlan {
        seed: SEED,
        couriers: 500,
        deliveries_per_courier: 25,
        days: 1,
        first_day: day,
        zone,
        market: trips::MARKET.to_owned(),
        currency: "USD".to_owned(),
    })
}

/// Keeps every event of one delivery in [`LATE_ONE_IN`] for later.
fn hold_back(events: Vec<SimEvent>) -> (Vec<SimEvent>, Vec<SimEvent>, usize) {
    let mut completed: Vec<String> = events
        .iter()
        .filter(|event| event.completed.is_some())
        .map(|event| event.subject.clone())
        .collect();
    completed.dedup();
    let late: Vec<String> = completed.into_iter().skip(100).step_by(LATE_ONE_IN).collect();
    let is_late = |event: &SimEvent| late.contains(&event.subject);
    let (held_back, timely) = events.into_iter().partition(is_late);
    (timely, held_back, late.len())
}

fn write(
    path: &Path,
    lines: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<u64>,
) -> Result<(), Failure> {
    let file = File::create(path).map_err(Failure::file(path))?;
    let mut out = BufWriter::new(file);
    lines(&mut out).and_then(|_| std::io::Write::flush(&mut out)).map_err(Failure::file(path))
}
