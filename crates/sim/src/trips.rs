//! A real week: every occupied trip of San Francisco's taxis, told as a delivery.
//!
//! A trip is a pickup and a drop-off at real times by a real courier over a real distance. What a
//! taxi trip lacks (request, assignment, merchant, money) is drawn from the seed.
//! Source: Piorkowski, Sarafijanovic-Djukic, Grossglauser, CRAWDAD epfl/mobility, CC BY 4.0.

mod merchants;
mod shifts;

use crate::chance::Chance;
use crate::event::{Completed, Kind, SimEvent};
use doorstep_domain::time::{Day, Micros, SECOND_US, Span, Zone};
use serde::Deserialize;
use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

/// The file of trips inside the data folder.
const TRIPS: &str = "cabs/trips_2008-05-19_25.csv.zst";

/// The market of the real trips.
pub const MARKET: &str = "sf";

/// Its time zone.
pub const ZONE: &str = "America/Los_Angeles";

const SOURCE: &str = "/taxis/sf";
const CURRENCY: &str = "USD";

/// Why the real trips cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum TripsError {
    /// The file is not there or not readable.
    #[error("{path}: {error}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What reading said.
        error: io::Error,
    },
    /// A row is not what `README.md` of the data says.
    #[error("{path}: {error}")]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What the CSV reader said, with the line.
        error: csv::Error,
    },
    /// The zone database lacks [`ZONE`].
    #[error("no time zone {ZONE}")]
    NoZone,
}

/// One row of the file; the positions are not needed for pay.
#[derive(Debug, Clone, Deserialize)]
struct Trip {
    cab: String,
    start_ts: i64,
    end_ts: i64,
    path_m: f64,
}

/// A trip with its row number and what the seed says of it. Times in seconds since 1970.
struct Ride {
    number: usize,
    courier: String,
    requested_s: i64,
    assigned_s: i64,
    picked_up_s: i64,
    delivered_s: i64,
    completed: Completed,
}

/// The data folder: `$DOORSTEP_DATA`, else `../shared/data` beside the workspace, if it is there.
pub fn data_folder(workspace: &Path) -> Option<PathBuf> {
    let folder = match env::var_os("DOORSTEP_DATA") {
        Some(given) => PathBuf::from(given),
        None => workspace.join("../shared/data"),
    };
    folder.join(TRIPS).is_file().then_some(folder)
}

/// The trips as events in the order in which they happened, all or those that touch a local day.
///
/// A trip that touches the day is told whole, so that no lifecycle is torn at midnight.
/// Errors: [`TripsError`] where the data cannot be read.
pub fn real_trips(
    data_folder: &Path,
    seed: u64,
    day: Option<Day>,
) -> Result<Vec<SimEvent>, TripsError> {
    let trips = read(&data_folder.join(TRIPS))?;
    let merchants = merchants::read(data_folder)?;
    let rides: Vec<Ride> = trips
        .into_iter()
        .enumerate()
        .map(|(index, trip)| ride(seed, index + 1, trip, &merchants))
        .collect();
    let day = match day {
        Some(day) => {
            let zone: Zone = ZONE.parse().map_err(|_| TripsError::NoZone)?;
            Some(zone.span(day))
        }
        None => None,
    };
    let touches = |start_s: i64, end_s: i64| {
        let trip = Span::new(Micros(start_s * SECOND_US), Micros(end_s * SECOND_US));
        day.is_none_or(|day| trip.start < day.end && day.start <= trip.end)
    };
    let mut events: Vec<SimEvent> = shifts::of(seed, &rides)
        .into_iter()
        .filter(|shift| touches(shift.online_s, shift.offline_s))
        .flat_map(|shift| shift.events())
        .collect();
    let touching = rides.iter().filter(|ride| touches(ride.picked_up_s, ride.delivered_s));
    events.extend(touching.flat_map(Ride::events));
    events.sort_by(|a, b| (a.at, &a.subject, a.kind).cmp(&(b.at, &b.subject, b.kind)));
    Ok(events)
}

fn read(path: &Path) -> Result<Vec<Trip>, TripsError> {
    rows(path)?.collect::<Result<_, _>>().map_err(|error| malformed(path, error))
}

/// The rows of a compressed CSV file with a header.
pub(crate) fn rows<T: serde::de::DeserializeOwned>(
    path: &Path,
) -> Result<impl Iterator<Item = Result<T, csv::Error>> + use<T>, TripsError> {
    let unreadable = |error| TripsError::Unreadable { path: path.to_owned(), error };
    let file = fs::File::open(path).map_err(unreadable)?;
    let text = zstd::Decoder::new(file).map_err(unreadable)?;
    Ok(csv::Reader::from_reader(text).into_deserialize())
}

pub(crate) fn malformed(path: &Path, error: csv::Error) -> TripsError {
    TripsError::Malformed { path: path.to_owned(), error }
}

fn ride(seed: u64, number: usize, trip: Trip, merchants: &[String]) -> Ride {
    let mut chance = Chance::of(seed, &[number as u64]);
    let requested_s = trip.start_ts - chance.between(300, 1_200);
    let order_minor = chance.between(900, 6_500);
    // Half of the customers tip, up to a quarter of the order.
    let tip_minor = chance.between(-order_minor / 4, order_minor / 4).max(0);
    // The lesser of two draws: some merchants are much busier than others.
    let count = merchants.len() as u64;
    let merchant = chance.below(count).min(chance.below(count));
    let merchant = usize::try_from(merchant).ok().and_then(|index| merchants.get(index));
    Ride {
        number,
        courier: format!("cab-{}", trip.cab),
        requested_s,
        assigned_s: requested_s + chance.between(20, 180),
        picked_up_s: trip.start_ts,
        delivered_s: trip.end_ts,
        completed: Completed {
            merchant_id: merchant.cloned().unwrap_or_default(),
            order_minor,
            tip_minor,
            currency: CURRENCY.to_owned(),
            distance_m: whole_metres(trip.path_m),
            revision: None,
        },
    }
}

/// Metres are measured to the metre; the file writes them as decimals.
fn whole_metres(metres: f64) -> i64 {
    format!("{metres:.0}").parse().unwrap_or(0)
}

impl Ride {
    fn events(&self) -> [SimEvent; 4] {
        let event = |kind, suffix, at_s: i64| SimEvent {
            id: format!("trip-{}-{suffix}", self.number),
            source: SOURCE.to_owned(),
            kind,
            subject: format!("trip-{}", self.number),
            at: Micros(at_s * SECOND_US),
            market: MARKET.to_owned(),
            courier_id: (kind != Kind::Requested).then(|| self.courier.clone()),
            completed: (kind == Kind::Delivered).then(|| self.completed.clone()),
        };
        [
            event(Kind::Requested, "r", self.requested_s),
            event(Kind::Assigned, "a", self.assigned_s),
            event(Kind::PickedUp, "p", self.picked_up_s),
            event(Kind::Delivered, "d", self.delivered_s),
        ]
    }
}
