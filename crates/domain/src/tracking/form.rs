//! What the forms of a ping have in common: texts that stay where they are, units, and which
//! field was wrong.

use super::Position;
use crate::event::{Rejection, RejectionCode};
use crate::time::{Micros, TimeError};
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;

/// A text borrowed from the raw bytes unless it has escapes.
/// (`Option<Cow<str>>` would always be copied: serde borrows a `Cow` only where it stands itself.)
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// What one field of a form must be.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    Number,
    Object,
}

/// Refuses what is larger than any ping.
pub(super) fn check_size(raw: &[u8]) -> Result<(), Rejection> {
    let limit = crate::limits::PING_BYTES_MAX;
    if raw.len() <= limit {
        return Ok(());
    }
    let reason = format!("has {} bytes, more than {limit}", raw.len());
    Err(Rejection::new(RejectionCode::TooLarge, "", reason))
}

/// Reads one JSON object; where that fails, says which of the `fields` is to blame.
pub(super) fn read<'a, T: Deserialize<'a>>(
    raw: &'a [u8],
    fields: &[(&str, Kind)],
) -> Result<T, Rejection> {
    serde_json::from_slice(raw).map_err(|error| diagnose(raw, fields, &error))
}

fn diagnose(raw: &[u8], fields: &[(&str, Kind)], error: &serde_json::Error) -> Rejection {
    let Ok(value) = serde_json::from_slice::<Value>(raw) else {
        return malformed("", format!("is not JSON: {error}"));
    };
    if !value.is_object() {
        return malformed("", "is not a JSON object");
    }
    for (pointer, kind) in fields {
        let (fits, wanted): (fn(&Value) -> bool, _) = match kind {
            Kind::Text => (Value::is_string, "a text"),
            Kind::Number => (Value::is_number, "a number"),
            Kind::Object => (Value::is_object, "an object"),
        };
        let found = value.pointer(pointer).filter(|found| !found.is_null() && !fits(found));
        if let Some(found) = found {
            let found: String = found.to_string().chars().take(64).collect();
            return malformed(pointer, format!("is {found}, not {wanted}"));
        }
    }
    malformed("", error.to_string())
}

pub(super) fn malformed(pointer: &str, reason: impl Into<String>) -> Rejection {
    Rejection::new(RejectionCode::Malformed, pointer, reason)
}

pub(super) fn required<T>(pointer: &str, value: Option<T>) -> Result<T, Rejection> {
    value.ok_or_else(|| malformed(pointer, "is missing"))
}

/// An instant in RFC 3339.
pub(super) fn instant(pointer: &str, text: &str) -> Result<Micros, Rejection> {
    text.parse().map_err(|error: TimeError| malformed(pointer, error.to_string()))
}

/// A place given in degrees, each with the name it has in its form.
pub(super) fn place(
    lat: (&str, Option<f64>),
    lng: (&str, Option<f64>),
) -> Result<Position, Rejection> {
    let north = required(lat.0, lat.1)?;
    let east = required(lng.0, lng.1)?;
    Position::from_degrees(north, east).ok_or_else(|| {
        let (pointer, degrees, most) = match north {
            -90.0..=90.0 => (lng.0, east, 180),
            _ => (lat.0, north, 90),
        };
        let reason = format!("{degrees} is not between -{most} and {most} degrees");
        Rejection::new(RejectionCode::ImplausiblePosition, pointer, reason)
    })
}

/// A measure in the unit of a [`super::Ping`]: `scale` of them are one of the form's. Below zero
/// it is unknown, as phones say it; beyond what is kept it is the most that is kept.
pub(super) fn measure(value: Option<f64>, scale: f64) -> Option<u16> {
    let scaled = (value? * scale).round();
    (scaled >= 0.0).then(|| scaled.min(f64::from(u16::MAX - 1)) as u16)
}

/// Degrees clockwise from north in hundredths; a full turn is north again, beyond it is unknown.
pub(super) fn heading(degrees: Option<f64>) -> Option<u16> {
    let degrees = degrees.filter(|degrees| (0.0..=360.0).contains(degrees))?;
    Some(((degrees * 100.0).round() as u16) % 36_000)
}

/// Percent of charge; what no battery has is unknown.
pub(super) fn battery(percent: Option<f64>) -> Option<u8> {
    percent.filter(|percent| (0.0..=100.0).contains(percent)).map(|percent| percent.round() as u8)
}

/// Seconds since 1970, as the phones count.
pub(super) fn from_seconds(seconds: f64) -> Micros {
    Micros((seconds * 1e6).round() as i64)
}
