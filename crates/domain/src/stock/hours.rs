//! When a centre is open: its week, by the clock on its wall.

use super::clipped;
use crate::pay::weekly::{WallTime, Weekdays};
use crate::time::{Micros, SECOND_US, Zone};
use jiff::Timestamp;
use std::{fmt, str::FromStr};

const DAY_S: i64 = 86_400;
const WEEK_S: i64 = 7 * DAY_S;

/// The second of the week, from Monday 00:00, at 1970-01-01, a Thursday.
const EPOCH_S: i64 = 3 * DAY_S;

/// Longest text of a week: fourteen openings and some words.
const HOURS_BYTES_MAX: usize = 512;

/// Why a text is no week.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}; write for example `mon-fri 07:00-22:00, sat-sun 08:00-24:00`")]
pub struct HoursError(String);

/// A week of opening hours; always open where nothing was said. Whoever is open at a time of the
/// wall's clock is so whatever the clocks do on the day: what they skip is not there, what they
/// repeat is open twice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hours {
    text: Box<str>,
    /// Seconds of the week `[from, to)`, sorted, apart from one another; none is always open.
    open: Box<[(i64, i64)]>,
}

impl Hours {
    /// As they were told; empty where always open.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is always open.
    pub fn is_always(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether it is open at a second of the week, as [`second_of_week`] gives it.
    pub fn is_open_in(&self, second: i64) -> bool {
        self.is_always() || self.open.iter().any(|(from, to)| (*from..*to).contains(&second))
    }

    /// Whether it is open at an instant, where the clock on the wall is that of a zone.
    pub fn is_open_at(&self, zone: &Zone, at: Micros) -> bool {
        self.is_always() || self.is_open_in(second_of_week(zone, at))
    }

    /// When it opens next; `None` while it is open, or where that is not within eight days.
    pub fn opens_at(&self, zone: &Zone, now: Micros) -> Option<Micros> {
        if self.is_open_at(zone, now) {
            return None;
        }
        let until_s = now.0.div_euclid(SECOND_US) + 8 * DAY_S;
        let mut at_s = now.0.div_euclid(SECOND_US);
        while at_s < until_s {
            let offset_s = offset_s(zone, Micros(at_s * SECOND_US));
            // Clocks change at most once before this stretch ends; then it is looked at anew.
            let change_s = next_change_s(zone, at_s).unwrap_or(until_s).min(until_s);
            let wait_s = self.wait_s((at_s + offset_s + EPOCH_S).rem_euclid(WEEK_S));
            if at_s + wait_s < change_s {
                return Some(Micros((at_s + wait_s) * SECOND_US));
            }
            at_s = change_s;
        }
        None
    }

    /// Seconds from a second of the week until it is open; 0 where it is.
    fn wait_s(&self, second: i64) -> i64 {
        if self.is_open_in(second) {
            return 0;
        }
        let waits = self.open.iter().map(|(from, _)| (from - second).rem_euclid(WEEK_S));
        waits.min().unwrap_or(0)
    }
}

/// The second of the week, from Monday 00:00, that the clock on the wall of a zone shows.
pub fn second_of_week(zone: &Zone, at: Micros) -> i64 {
    (at.0.div_euclid(SECOND_US) + offset_s(zone, at) + EPOCH_S).rem_euclid(WEEK_S)
}

fn offset_s(zone: &Zone, at: Micros) -> i64 {
    let at = Timestamp::from_microsecond(at.0);
    at.map_or(0, |at| i64::from(zone.as_jiff().to_offset(at).seconds()))
}

fn next_change_s(zone: &Zone, after_s: i64) -> Option<i64> {
    let after = Timestamp::from_second(after_s).ok()?;
    Some(zone.as_jiff().following(after).next()?.timestamp().as_second())
}

impl FromStr for Hours {
    type Err = HoursError;
    fn from_str(text: &str) -> Result<Hours, HoursError> {
        let text = text.trim();
        if text.len() > HOURS_BYTES_MAX {
            return Err(HoursError(format!("is longer than {HOURS_BYTES_MAX} bytes")));
        }
        let (mut days, mut open) = (Weekdays::NONE, Vec::new());
        for piece in text.split(',').map(str::trim).filter(|_| !text.is_empty()) {
            let (named, times) = match piece.split_once(' ') {
                Some((named, times)) => (named, Some(times.trim())),
                None => (piece, None),
            };
            days = with_days(days, named)?;
            if let Some(times) = times {
                add(&mut open, days, times)?;
                days = Weekdays::NONE;
            }
        }
        if days != Weekdays::NONE {
            return Err(HoursError(format!("{:?} has no times", clipped(text))));
        }
        Ok(Hours { text: text.into(), open: apart(open) })
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// `mon`, `mon-fri`, `sat-mon` or `daily`.
fn with_days(days: Weekdays, named: &str) -> Result<Weekdays, HoursError> {
    let wrong = || HoursError(format!("{:?} names no days", clipped(named)));
    if named == "daily" {
        return Ok(Weekdays::ALL);
    }
    let (first, last) = named.split_once('-').unwrap_or((named, named));
    let place = |name: &str| Weekdays::ALL.names().position(|day| day == name).ok_or_else(wrong);
    let (first, last) = (place(first)?, place(last)?);
    let count = (last + 7 - first) % 7 + 1;
    let all: Vec<&str> = Weekdays::ALL.names().collect();
    (first..first + count).try_fold(days, |days, day| days.with(all[day % 7])).ok_or_else(wrong)
}

/// The openings of one stretch of times on each of some days.
fn add(open: &mut Vec<(i64, i64)>, days: Weekdays, times: &str) -> Result<(), HoursError> {
    let wrong = |reason: &dyn fmt::Display| HoursError(reason.to_string());
    let (from, to) = times
        .split_once('-')
        .ok_or_else(|| wrong(&format!("{:?} is not FROM-TO", clipped(times))))?;
    let time = |text: &str| text.trim().parse::<WallTime>().map_err(|error| wrong(&error));
    let (from, to) = (time(from)?, time(to)?);
    if from == WallTime::END_OF_DAY {
        return Err(wrong(&"24:00 is the end of a day and begins nothing"));
    }
    let lasts_s = match to.seconds() - from.seconds() {
        length if length > 0 => length,
        length => length + DAY_S,
    };
    for (place, name) in Weekdays::ALL.names().enumerate() {
        if days.names().any(|day| day == name) {
            let start = place as i64 * DAY_S + from.seconds();
            open.push((start, (start + lasts_s).min(WEEK_S)));
            if start + lasts_s > WEEK_S {
                open.push((0, start + lasts_s - WEEK_S));
            }
        }
    }
    Ok(())
}

/// Sorted, and what touches joined.
fn apart(mut open: Vec<(i64, i64)>) -> Box<[(i64, i64)]> {
    open.sort_unstable();
    let mut apart: Vec<(i64, i64)> = Vec::with_capacity(open.len());
    for (from, to) in open {
        match apart.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            _ => apart.push((from, to)),
        }
    }
    apart.into()
}
