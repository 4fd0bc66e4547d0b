//! Weekday windows: wall-clock membership, whatever the clocks do on the day.
//!
//! An instant is inside when the clock on the wall shows, at that instant, a time inside. Where
//! clocks go forward a window loses what they skip; where they go back it holds twice.

use crate::time::{Micros, SECOND_US, Span, Zone};
use jiff::Timestamp;
use std::{fmt, str::FromStr};

const DAY_S: i64 = 86_400;
const DAY_US: i64 = DAY_S * SECOND_US;

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A set of weekdays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Weekdays(u8);

impl Weekdays {
    /// Every day of the week.
    pub const ALL: Weekdays = Weekdays(0b111_1111);

    /// No day.
    pub const NONE: Weekdays = Weekdays(0);

    /// This set and the day of a name such as `mon`; `None` where it names no day.
    pub fn with(self, name: &str) -> Option<Weekdays> {
        let index = WEEKDAYS.iter().position(|weekday| *weekday == name)?;
        Some(Weekdays(self.0 | 1 << index))
    }

    /// The names in the set, Monday first.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        (0..7).filter(move |index| self.has(*index)).map(|index| WEEKDAYS[index])
    }

    fn has(self, index: usize) -> bool {
        self.0 & (1 << index) != 0
    }

    /// Whether it holds the weekday of a date, given as days since 1970-01-01, a Thursday.
    fn has_date(self, date: i64) -> bool {
        usize::try_from((date + 3).rem_euclid(7)).is_ok_and(|index| self.has(index))
    }
}

/// Runs of three and more as `mon-fri`, the rest one by one, all of them as `daily`.
impl fmt::Display for Weekdays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Weekdays::ALL {
            return f.write_str("daily");
        }
        let mut runs: Vec<String> = Vec::new();
        let mut first = 0;
        while first < 7 {
            let length = (first..7).take_while(|index| self.has(*index)).count();
            match length {
                0 => {}
                1 => runs.push(WEEKDAYS[first].to_owned()),
                2 => runs.push(format!("{},{}", WEEKDAYS[first], WEEKDAYS[first + 1])),
                _ => runs.push(format!("{}-{}", WEEKDAYS[first], WEEKDAYS[first + length - 1])),
            }
            first += length + 1;
        }
        f.write_str(&runs.join(","))
    }
}

/// A time of day on the wall, in seconds after 00:00; 24:00 is the end of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WallTime(i64);

/// The text is no time of day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a time of day such as 07:00 or 07:00:30")]
pub struct WallTimeError(String);

impl WallTime {
    /// 24:00, allowed as an end only.
    pub const END_OF_DAY: WallTime = WallTime(DAY_S);

    /// Seconds after 00:00.
    pub fn seconds(self) -> i64 {
        self.0
    }
}

impl FromStr for WallTime {
    type Err = WallTimeError;
    fn from_str(text: &str) -> Result<WallTime, WallTimeError> {
        wall_seconds(text)
            .map(WallTime)
            .ok_or_else(|| WallTimeError(text.chars().take(32).collect()))
    }
}

fn wall_seconds(text: &str) -> Option<i64> {
    let two_digits = |part: &str| {
        let plain = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        if plain { part.parse::<i64>().ok() } else { None }
    };
    let (hours, rest) = text.split_once(':')?;
    let (minutes, seconds) = rest.split_once(':').unwrap_or((rest, "00"));
    let (hours, minutes, seconds) =
        (two_digits(hours)?, two_digits(minutes)?, two_digits(seconds)?);
    let total = (hours * 60 + minutes) * 60 + seconds;
    (minutes < 60 && seconds < 60 && total <= DAY_S).then_some(total)
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes, seconds) = (self.0 / 3_600, self.0 / 60 % 60, self.0 % 60);
        write!(f, "{hours:02}:{minutes:02}")?;
        if seconds == 0 { Ok(()) } else { write!(f, ":{seconds:02}") }
    }
}

/// A window that comes back every week: `[from, to)` on the wall, on the days it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Weekly {
    /// Days on which it starts.
    pub days: Weekdays,
    /// First wall-clock time inside.
    pub from: WallTime,
    /// First wall-clock time after; where not later than `from`, on the day after.
    pub to: WallTime,
}

impl Weekly {
    /// The instants of the window within stretches of one UTC offset each.
    pub(super) fn spans(self, stretches: &[OffsetStretch]) -> Vec<Span> {
        stretches.iter().flat_map(|stretch| self.spans_within(*stretch)).collect()
    }

    fn spans_within(self, stretch: OffsetStretch) -> impl Iterator<Item = Span> {
        let wall = stretch.wall();
        let first = wall.start.0.div_euclid(DAY_US) - 1;
        let last = wall.end.0.div_euclid(DAY_US);
        (first..=last)
            .filter(move |date| self.days.has_date(*date))
            .map(move |date| stretch.instants(self.on_date(date).intersection(wall)))
            .filter(|span| !span.is_empty())
    }

    /// The window that starts on a date, in wall-clock microseconds.
    fn on_date(self, date: i64) -> Span {
        let days_on = i64::from(self.to <= self.from);
        let wall = |date: i64, time: WallTime| Micros(date * DAY_US + time.0 * SECOND_US);
        Span::new(wall(date, self.from), wall(date + days_on, self.to))
    }
}

impl fmt::Display for Weekly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}-{}", self.days, self.from, self.to)
    }
}

/// A stretch of time during which a zone keeps one offset from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OffsetStretch {
    span: Span,
    offset_us: i64,
}

impl OffsetStretch {
    /// Cuts a span at the transitions of a zone.
    pub(super) fn cut(zone: &Zone, span: Span) -> Vec<OffsetStretch> {
        let Ok(start) = Timestamp::from_microsecond(span.start.0) else {
            return Vec::new();
        };
        let offset_us = |offset: jiff::tz::Offset| i64::from(offset.seconds()) * SECOND_US;
        let mut offset = offset_us(zone.as_jiff().to_offset(start));
        let mut since = span.start;
        let mut stretches = Vec::new();
        for transition in zone.as_jiff().following(start) {
            let at = Micros(transition.timestamp().as_microsecond());
            if at >= span.end {
                break;
            }
            stretches.push(OffsetStretch { span: Span::new(since, at), offset_us: offset });
            (since, offset) = (at, offset_us(transition.offset()));
        }
        stretches.push(OffsetStretch { span: Span::new(since, span.end), offset_us: offset });
        stretches
    }

    /// What the clock on the wall shows during it.
    fn wall(self) -> Span {
        Span::new(self.span.start.plus(self.offset_us), self.span.end.plus(self.offset_us))
    }

    /// The instants at which the clock shows what is within [`OffsetStretch::wall`].
    fn instants(self, wall: Span) -> Span {
        Span::new(wall.start.plus(-self.offset_us), wall.end.plus(-self.offset_us))
    }
}
