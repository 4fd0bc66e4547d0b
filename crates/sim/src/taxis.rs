//! Real days: every GPS ping of some 500 San Francisco taxis, dirt included.
//!
//! Source: Piorkowski, Sarafijanovic-Djukic, Grossglauser, CRAWDAD epfl/mobility, CC BY 4.0.

use crate::trips::{TripsError, malformed, rows};
use doorstep_domain::time::{Day, Micros, SECOND_US};
use doorstep_domain::tracking::{Ping, Position};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The days that the data folder holds, in the taxis' own zone.
pub const DAYS: [&str; 3] = ["2008-05-19", "2008-05-20", "2008-05-21"];

/// A ping of a real day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxiPing {
    /// Whose: as the trips name it.
    pub courier: String,
    /// Where and when.
    pub ping: Ping,
    /// Whether somebody sat in the taxi.
    pub carrying: bool,
}

#[derive(Deserialize)]
struct Row {
    ts: i64,
    cab: String,
    lat: f64,
    lon: f64,
    occupied: u8,
}

/// The pings of a local day in the order in which they were sent, read as they are asked for.
///
/// Errors: [`TripsError`] where the file cannot be read, and for each row that makes no sense.
pub fn real_pings(
    data_folder: &Path,
    day: Day,
) -> Result<impl Iterator<Item = Result<TaxiPing, TripsError>> + use<>, TripsError> {
    let path: PathBuf = data_folder.join(format!("cabs/pings_{day}.csv.zst"));
    let rows = rows::<Row>(&path)?;
    Ok(rows.map(move |row| row.map(TaxiPing::from).map_err(|error| malformed(&path, error))))
}

impl From<Row> for TaxiPing {
    fn from(row: Row) -> TaxiPing {
        TaxiPing {
            courier: format!("cab-{}", row.cab),
            ping: Ping {
                at: Micros(row.ts * SECOND_US),
                position: Position { lat_e7: e7(row.lat), lng_e7: e7(row.lon) },
                accuracy_dm: None,
                speed_cm_s: None,
                heading_cdeg: None,
                battery_percent: None,
            },
            carrying: row.occupied == 1,
        }
    }
}

/// The file has five decimals.
#[expect(clippy::cast_possible_truncation, reason = "rounded, and saturating beyond any position")]
fn e7(degrees: f64) -> i32 {
    (degrees * 1e7).round() as i32
}
