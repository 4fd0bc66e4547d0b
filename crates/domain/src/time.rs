//! Time: microseconds UTC inside, RFC 3339 outside, days of a market's own zone.

mod rfc3339;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// An instant: microseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Micros(pub i64);

/// Microseconds in a second.
pub const SECOND_US: i64 = 1_000_000;

/// Microseconds in an hour.
pub const HOUR_US: i64 = 3_600 * SECOND_US;

/// Where the time comes from: the system clock in a server, a script in a test.
pub trait Clock: Send + Sync {
    /// The current instant.
    fn now(&self) -> Micros;
}

/// Why a text is no instant, day or zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not RFC 3339.
    #[error("{0:?} is not an RFC 3339 time such as 2008-05-19T16:40:02Z")]
    Instant(String),
    /// Not a calendar day.
    #[error("{0:?} is not a day such as 2008-05-19")]
    Day(String),
    /// Not in the IANA database.
    #[error("{0:?} is not an IANA time zone such as America/Los_Angeles")]
    Zone(String),
}

impl Micros {
    /// The later of two instants, `by_us` after this one, saturating at the ends of time.
    pub fn plus(self, by_us: i64) -> Micros {
        Micros(self.0.saturating_add(by_us))
    }
}

impl FromStr for Micros {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Micros, TimeError> {
        let instant = rfc3339::micros(text).map(Micros);
        instant.ok_or_else(|| TimeError::Instant(text.chars().take(64).collect()))
    }
}

impl TryFrom<String> for Micros {
    type Error = TimeError;
    fn try_from(text: String) -> Result<Micros, TimeError> {
        text.parse()
    }
}

impl From<Micros> for String {
    fn from(instant: Micros) -> String {
        instant.to_string()
    }
}

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(written) = rfc3339::written(self.0) {
            return f.write_str(written.as_str());
        }
        match Timestamp::from_microsecond(self.0) {
            Ok(instant) => write!(f, "{instant}"),
            Err(_) => write!(f, "{}µs", self.0),
        }
    }
}

/// A half-open stretch of time `[start, end)`; empty where `end <= start`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First instant inside.
    pub start: Micros,
    /// First instant after.
    pub end: Micros,
}

impl Span {
    /// The stretch from `start` up to, not including, `end`.
    pub const fn new(start: Micros, end: Micros) -> Span {
        Span { start, end }
    }

    /// Length in microseconds, never negative.
    pub fn length_us(self) -> i64 {
        self.end.0.saturating_sub(self.start.0).max(0)
    }

    /// Whether nothing is inside.
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether the instant lies inside.
    pub fn contains(self, instant: Micros) -> bool {
        self.start <= instant && instant < self.end
    }

    /// What both have in common; empty where they only touch.
    pub fn intersection(self, other: Span) -> Span {
        Span::new(self.start.max(other.start), self.end.min(other.end))
    }
}

/// A calendar day; which instants it holds depends on the market's [`Zone`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(pub Date);

impl Day {
    /// The day as a number that sorts, days since 1970-01-01: how stores keep it.
    pub fn number(self) -> i64 {
        i64::from(EPOCH.until(self.0).map_or(0, |span| span.get_days()))
    }

    /// The day of a [`Day::number`]; clamped to the calendar of years -9999 to 9999.
    pub fn from_number(number: i64) -> Day {
        let days = jiff::SignedDuration::from_hours(number.clamp(-4_000_000, 2_900_000) * 24);
        Day(EPOCH.saturating_add(days))
    }

    /// The day after.
    pub fn next(self) -> Day {
        Day(self.0.tomorrow().unwrap_or(self.0))
    }

    /// The day before.
    pub fn previous(self) -> Day {
        Day(self.0.yesterday().unwrap_or(self.0))
    }
}

const EPOCH: Date = Date::constant(1970, 1, 1);

impl FromStr for Day {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Day, TimeError> {
        let day = || TimeError::Day(text.chars().take(64).collect());
        if text.len() != 10 {
            return Err(day());
        }
        text.parse().map(Day).map_err(|_| day())
    }
}

impl TryFrom<String> for Day {
    type Error = TimeError;
    fn try_from(text: String) -> Result<Day, TimeError> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> String {
        day.to_string()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

/// An IANA time zone, from the database inside the binary.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone(TimeZone);

impl Zone {
    /// The instants of a local day: 24 hours, or 23 or 25 where the clocks change.
    pub fn span(&self, day: Day) -> Span {
        Span::new(self.midnight(day), self.midnight(day.next()))
    }

    /// The local day that an instant falls on.
    ///
    /// Days part at [`Zone::midnight`]: where the clocks go back over midnight, the hour that the
    /// wall shows a second time already belongs to the day that had begun.
    pub fn day(&self, instant: Micros) -> Day {
        let shown = Day(self.0.to_datetime(clamped(instant)).date());
        let next = shown.next();
        if self.midnight(next) <= instant { next } else { shown }
    }

    /// The first instant of a local day, which is not 00:00 where the clocks skip midnight.
    pub fn midnight(&self, day: Day) -> Micros {
        day.0
            .to_zoned(self.0.clone())
            .map_or(Micros(i64::MAX), |midnight| Micros(midnight.timestamp().as_microsecond()))
    }

    /// The zone itself, for arithmetic on wall-clock times.
    pub fn as_jiff(&self) -> &TimeZone {
        &self.0
    }
}

fn clamped(instant: Micros) -> Timestamp {
    let end = if instant.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_microsecond(instant.0).unwrap_or(end)
}

impl FromStr for Zone {
    type Err = TimeError;
    fn from_str(name: &str) -> Result<Zone, TimeError> {
        let zone = || TimeError::Zone(name.chars().take(64).collect());
        TimeZone::get(name).map(Zone).map_err(|_| zone())
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}

impl TryFrom<String> for Zone {
    type Error = TimeError;
    fn try_from(name: String) -> Result<Zone, TimeError> {
        name.parse()
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> String {
        zone.to_string()
    }
}

impl Serialize for Zone {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Zone, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_as_long_as_its_zone_makes_it() {
        let cases = [
            ("America/Los_Angeles", "2008-05-19", 24),
            ("America/Los_Angeles", "2026-03-08", 23),
            ("America/Los_Angeles", "2026-11-01", 25),
            ("Europe/Lisbon", "2026-03-29", 23),
            ("America/Sao_Paulo", "2018-11-04", 23),
            ("Asia/Kolkata", "2026-03-29", 24),
            ("America/St_Johns", "2010-11-06", 24),
            ("America/St_Johns", "2010-11-07", 25),
        ];
        for (zone, day, hours) in cases {
            let (zone, day): (Zone, Day) = (zone.parse().unwrap(), day.parse().unwrap());
            let span = zone.span(day);
            assert_eq!(span.length_us(), hours * HOUR_US, "{zone} {day}");
            assert_eq!(zone.day(span.start), day);
            assert_eq!(zone.day(span.end.plus(-1)), day);
            assert_eq!(zone.day(span.end), day.next());
            assert_eq!(Day::from_number(day.number()), day);
        }
    }

    #[test]
    fn times_are_read_as_rfc_3339_and_nothing_else() {
        let cases = [
            ("2008-05-19T16:40:02Z", Some(1_211_215_202_000_000)),
            ("2008-05-19T09:40:02.5-07:00", Some(1_211_215_202_500_000)),
            ("2008-05-19t16:40:02z", Some(1_211_215_202_000_000)),
            ("2008-05-19T16:40:02.123456789012Z", Some(1_211_215_202_123_456)),
            ("2008-05-20T00:10:02.000001+07:30", Some(1_211_215_202_000_001)),
            ("1969-12-31T23:59:59.9Z", Some(-100_000)),
            ("2008-02-29T00:00:00Z", Some(1_204_243_200_000_000)),
            ("2007-02-29T00:00:00Z", None),
            ("2008-05-19T24:00:00Z", None),
            ("2008-05-19T16:40:60Z", None),
            ("2008-12-31T23:59:60Z", None),
            ("+002008-05-19T16:40:02Z", None),
            ("20080519T164002Z", None),
            ("2008-05-19 16:40:02Z", None),
            ("2008-05-19T16:40Z", None),
            ("2008-05-19T16:40:02.Z", None),
            ("2008-05-19T16:40:02,5Z", None),
            ("2008-05-19T16:40:02", None),
            ("2008-05-19T16:40:02+07", None),
            ("2008-05-19T16:40:02+0700", None),
            ("2008-05-19T16:40:02+24:00", None),
            ("2008-05-19T16:40:02+00:60", None),
            ("2008-05-19T16:40:02Z[UTC]", None),
            ("2008-05-19T16:40:0²Z", None),
            ("2008-05-19T16:40:02Z ", None),
            ("1211215202", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<Micros>().ok().map(|at| at.0), expected, "{text:?}");
        }
        assert_eq!(Micros(1_211_215_202_000_000).to_string(), "2008-05-19T16:40:02Z");
    }
}
