//! What a journey has in common with others.

use super::Journey;
use crate::time::{Micros, Zone};
use crate::tracking::Position;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Height and width of the cells of places, in 10⁻⁷ degrees: about 500 m at 38° of latitude.
const CELL_E7: (i32, i32) = (45_000, 57_000);

/// What a factor is learned for; in the order in which they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Every journey.
    Overall,
    /// Hour of the day.
    Hour,
    /// Hour of the day, on weekends or not.
    HourOfDayKind,
    /// Hour of the week.
    HourOfWeek,
    /// Length of the way.
    Distance,
    /// Where it begins, within two kilometres.
    OriginArea,
    /// Where it begins, within half a kilometre.
    Origin,
    /// Where it ends, within two kilometres.
    DestinationArea,
    /// Where it ends, within half a kilometre.
    Destination,
    /// From where to where, within a kilometre.
    Pair,
}

impl Feature {
    pub(super) const ALL: [Feature; 10] = [
        Feature::Overall,
        Feature::Hour,
        Feature::HourOfDayKind,
        Feature::HourOfWeek,
        Feature::Distance,
        Feature::OriginArea,
        Feature::Origin,
        Feature::DestinationArea,
        Feature::Destination,
        Feature::Pair,
    ];

    /// Trips that weigh as much as knowing nothing.
    pub(super) fn doubt(self) -> f64 {
        match self {
            Feature::Overall => 0.0,
            Feature::Hour | Feature::HourOfDayKind | Feature::HourOfWeek => 60.0,
            Feature::Pair => 20.0,
            _ => 40.0,
        }
    }

    /// What a journey's factor is found by.
    pub(super) fn key(self, journey: &Journey, zone: &Zone) -> i64 {
        match self {
            Feature::Overall => 0,
            Feature::Hour => hour_of_week(journey.start, zone) % 24,
            Feature::HourOfDayKind => {
                let hour = hour_of_week(journey.start, zone);
                hour % 24 + if hour / 24 >= 5 { 24 } else { 0 }
            }
            Feature::HourOfWeek => hour_of_week(journey.start, zone),
            Feature::Distance => band(journey.routed_s),
            Feature::OriginArea => cell(journey.from, 4),
            Feature::Origin => cell(journey.from, 1),
            Feature::DestinationArea => cell(journey.to, 4),
            Feature::Destination => cell(journey.to, 1),
            Feature::Pair => (cell(journey.from, 2) << 32) | cell(journey.to, 2),
        }
    }
}

/// Four bands for each time a length grows e-fold.
pub(super) fn band(seconds: f64) -> i64 {
    (seconds.max(1.0).ln() * 4.0) as i64
}

/// 0 is the first hour of Monday on the market's clocks.
fn hour_of_week(instant: Micros, zone: &Zone) -> i64 {
    let shown = Timestamp::from_microsecond(instant.0).unwrap_or(Timestamp::UNIX_EPOCH);
    let shown = zone.as_jiff().to_datetime(shown);
    let day = shown.weekday().to_monday_zero_offset();
    i64::from(day) * 24 + i64::from(shown.hour())
}

/// Row and column, sixteen bits each, of the cell `times` as wide.
fn cell(place: Position, times: i32) -> i64 {
    let bits = |e7: i32, width: i32| i64::from(e7.div_euclid(width * times)) & 0xffff;
    (bits(place.lat_e7, CELL_E7.0) << 16) | bits(place.lng_e7, CELL_E7.1)
}
