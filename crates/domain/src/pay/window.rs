//! Peak windows: when the multiplier is another, by weekday and wall clock or from instant to
//! instant.

use super::multiplier::{Multiplier, decimal_text};
use super::plan::PlanError;
use super::weekly::{OffsetStretch, WallTime, Weekdays, Weekly};
use crate::time::{Micros, Span, TimeError, Zone};
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A stretch of time with a multiplier of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// When it holds.
    pub when: When,
    /// What it multiplies by.
    pub multiplier: Multiplier,
}

/// When a window holds; always half-open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// On weekdays, by the clock on the wall.
    Weekly(Weekly),
    /// From one instant to another.
    Instants(Span),
    /// From one local time to another, in the market's zone (RFC 5545's reading of gaps and folds).
    Local {
        /// First local time inside.
        from: DateTime,
        /// First local time after.
        to: DateTime,
    },
}

/// A window as it is written in TOML and JSON: checked by [`Window::read`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowForm {
    /// Weekdays such as `mon`; left out for every day, and for absolute ranges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<String>>,
    /// `07:00`, an RFC 3339 instant, or a local time such as `2008-05-19T07:00:00`.
    pub from: String,
    /// As `from`; `24:00` is the end of a day.
    pub to: String,
    /// A decimal, as text or number, with at most four decimals.
    #[serde(deserialize_with = "decimal_text")]
    pub multiplier: String,
}

/// The field of a window at fault, and what is wrong with it.
type Fault = (&'static str, String);

impl Window {
    /// Checks a written window; the errors, if any, are put under `path` such as `windows[1]`.
    pub fn read(form: &WindowForm, path: &str) -> Result<Window, Vec<PlanError>> {
        let multiplier = form.multiplier.parse().map_err(fault("multiplier"));
        let faults = match (When::read(form), multiplier) {
            (Ok(when), Ok(multiplier)) => return Ok(Window { when, multiplier }),
            (when, multiplier) => when.err().into_iter().chain(multiplier.err()),
        };
        Err(faults
            .map(|(field, reason)| PlanError { path: format!("{path}.{field}"), reason })
            .collect())
    }

    /// The window in words, such as `mon-fri 07:00-10:00 ×1.5`.
    pub fn label(&self) -> String {
        format!("{} ×{}", self.when, self.multiplier)
    }

    /// The instants at which it holds within a day that is cut into stretches of one offset.
    pub(super) fn spans(&self, zone: &Zone, stretches: &[OffsetStretch]) -> Vec<Span> {
        match &self.when {
            When::Weekly(weekly) => weekly.spans(stretches),
            When::Instants(span) => vec![*span],
            When::Local { from, to } => vec![Span::new(instant(zone, *from), instant(zone, *to))],
        }
    }
}

/// The instant of a local time: the earlier of two, and past a gap by as much as it lay inside.
fn instant(zone: &Zone, local: DateTime) -> Micros {
    let end_of_time = if local.year() < 0 { i64::MIN } else { i64::MAX };
    let instant = zone.as_jiff().to_timestamp(local);
    Micros(instant.map_or(end_of_time, |instant| instant.as_microsecond()))
}

impl When {
    fn read(form: &WindowForm) -> Result<When, Fault> {
        if !form.from.contains(DATE_AND_TIME) {
            return Weekly::read(form).map(When::Weekly);
        }
        if form.days.is_some() {
            return Err(fault("days")("goes with times of day, not with an absolute range"));
        }
        if let Ok(start) = written(&form.from) {
            let end = written(&form.to).map_err(fault("to"))?;
            return in_order(start, end).map(|()| When::Instants(Span::new(start, end)));
        }
        let from = local(&form.from).map_err(fault("from"))?;
        let to = local(&form.to).map_err(fault("to"))?;
        in_order(from, to).map(|()| When::Local { from, to })
    }
}

impl Weekly {
    fn read(form: &WindowForm) -> Result<Weekly, Fault> {
        let days = form.days.as_deref().map_or(Ok(Weekdays::ALL), weekdays);
        let days = days.map_err(fault("days"))?;
        let from = form.from.parse().map_err(fault("from"))?;
        let to = form.to.parse().map_err(fault("to"))?;
        if from == WallTime::END_OF_DAY {
            return Err(fault("from")("is the end of the day; write 00:00"));
        }
        Ok(Weekly { days, from, to })
    }
}

/// What stands between a date and a time of day (RFC 3339, section 5.6).
const DATE_AND_TIME: [char; 3] = ['T', 't', ' '];

/// Characters of a date and time up to the minutes: `2026-05-15T09:00`.
const MINUTES_CHARS: usize = 16;

fn fault<E: fmt::Display>(field: &'static str) -> impl Fn(E) -> Fault {
    move |reason| (field, reason.to_string())
}

fn in_order<T: PartialOrd>(from: T, to: T) -> Result<(), Fault> {
    if from < to { Ok(()) } else { Err(fault("to")("is not after `from`")) }
}

fn weekdays(names: &[String]) -> Result<Weekdays, String> {
    if names.is_empty() {
        return Err("is empty; leave it out for every day".to_owned());
    }
    names.iter().try_fold(Weekdays::NONE, |days, name| {
        let unknown = || format!("{name:?} is none of mon, tue, wed, thu, fri, sat, sun");
        days.with(name).ok_or_else(unknown)
    })
}

/// An instant, RFC 3339; whoever writes a plan may leave its seconds out, as in a local time.
fn written(text: &str) -> Result<Micros, TimeError> {
    let whole = text.parse();
    let minutes = text.split_at_checked(MINUTES_CHARS).filter(|_| whole.is_err());
    match minutes {
        Some((minutes, zone)) => format!("{minutes}:00{zone}").parse().or(whole),
        None => whole,
    }
}

/// A local time. jiff would drop an offset silently, and nanoseconds are finer than our instants.
fn local(text: &str) -> Result<DateTime, String> {
    let plain = |time: &str| time.bytes().all(|byte| b"0123456789:.".contains(&byte));
    text.split_once(DATE_AND_TIME)
        .filter(|(_, time)| plain(time))
        .and_then(|_| text.parse::<DateTime>().ok())
        .filter(|local| local.subsec_nanosecond() % 1_000 == 0)
        .ok_or_else(|| {
            let text: String = text.chars().take(64).collect();
            format!("{text:?} is neither an instant nor a local time like 2008-05-19T07:00:00")
        })
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            When::Weekly(weekly) => write!(f, "{weekly}"),
            When::Instants(span) => write!(f, "{} to {}", span.start, span.end),
            When::Local { from, to } => write!(f, "{from} to {to}"),
        }
    }
}

impl From<Window> for WindowForm {
    fn from(window: Window) -> WindowForm {
        let (days, from, to) = match window.when {
            When::Weekly(Weekly { days, from, to }) => {
                let names = || days.names().map(str::to_owned).collect();
                ((days != Weekdays::ALL).then(names), from.to_string(), to.to_string())
            }
            When::Instants(Span { start, end }) => (None, start.to_string(), end.to_string()),
            When::Local { from, to } => (None, from.to_string(), to.to_string()),
        };
        WindowForm { days, from, to, multiplier: window.multiplier.to_string() }
    }
}
