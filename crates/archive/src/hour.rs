use doorstep_domain::time::{Day, HOUR_US, Micros};

/// An hour of UTC, counted from 1970-01-01T00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hour(pub i64);

impl Hour {
    /// From the first hour that there is to the last.
    pub const EVER: (Hour, Hour) = (Hour(i64::MIN), Hour(i64::MAX));

    /// The hour that an instant lies in.
    pub fn of(instant: Micros) -> Hour {
        Hour(instant.0.div_euclid(HOUR_US))
    }

    /// Its first instant.
    pub fn start(self) -> Micros {
        Micros(self.0.saturating_mul(HOUR_US))
    }

    /// The hour after.
    pub fn next(self) -> Hour {
        Hour(self.0.saturating_add(1))
    }

    /// The day of UTC that it belongs to.
    pub fn day(self) -> Day {
        Day::from_number(self.0.div_euclid(24))
    }

    /// Which hour of its day, 0 to 23.
    pub fn of_day(self) -> i64 {
        self.0.rem_euclid(24)
    }

    /// The hour of a day of UTC.
    pub fn at(day: Day, of_day: i64) -> Hour {
        Hour(day.number() * 24 + of_day)
    }
}
