//! A local day, second by second, as the clock on the wall shows it.

use super::terms::{BookTerms, Window};
use doorstep_domain::time::{Day, Micros, SECOND_US};
use jiff::{Timestamp, civil::Weekday};
use std::cell::OnceCell;

/// What each second of a day is worth, looked up once when first asked for.
pub(super) struct DayClock {
    starts_s: i64,
    multipliers_bp: Vec<OnceCell<Option<i64>>>,
}

impl DayClock {
    pub(super) fn of(day: Day, terms: &BookTerms) -> DayClock {
        let span = terms.zone.span(day);
        let (starts_s, ends_s) = (span.start.0 / SECOND_US, span.end.0 / SECOND_US);
        let multipliers_bp = (starts_s..ends_s).map(|_| OnceCell::new()).collect();
        DayClock { starts_s, multipliers_bp }
    }

    /// How many seconds the day has.
    pub(super) fn seconds(&self) -> usize {
        self.multipliers_bp.len()
    }

    /// Which second of the day it is.
    pub(super) fn place(&self, at_s: i64) -> usize {
        usize::try_from(at_s - self.starts_s).unwrap_or(0)
    }

    /// The multiplier of a second of the day in basis points; `None` outside all windows.
    pub(super) fn multiplier_bp(&self, place: usize, terms: &BookTerms) -> Option<i64> {
        let at_s = self.starts_s + i64::try_from(place).ok()?;
        *self.multipliers_bp.get(place)?.get_or_init(|| multiplier_bp(at_s, terms))
    }
}

/// The local day that a second falls on.
pub(super) fn day_of(at_s: i64, terms: &BookTerms) -> Day {
    terms.zone.day(Micros(at_s * SECOND_US))
}

/// The highest multiplier of the windows that hold at a second, in basis points.
pub(super) fn multiplier_bp(at_s: i64, terms: &BookTerms) -> Option<i64> {
    let instant = Timestamp::from_second(at_s).ok()?;
    let wall = terms.zone.as_jiff().to_datetime(instant);
    let second = u32::try_from(wall.hour()).ok()? * 3_600
        + u32::try_from(wall.minute()).ok()? * 60
        + u32::try_from(wall.second()).ok()?;
    let holding = terms.windows.iter().filter(|window| holds(window, wall.weekday(), second));
    holding.map(|window| window.multiplier_bp).max()
}

fn holds(window: &Window, weekday: Weekday, second: u32) -> bool {
    let begins_on = |day: Weekday| window.days.contains(&day);
    if window.from_s < window.to_s {
        begins_on(weekday) && window.from_s <= second && second < window.to_s
    } else {
        let evening = begins_on(weekday) && window.from_s <= second;
        let morning = begins_on(weekday.previous()) && second < window.to_s;
        evening || morning
    }
}
