//! The current app's JSON: metres per second, a battery from 0 to 1, −1 for what is unknown.

use crate::event::Rejection;
use crate::tracking::Ping;
use crate::tracking::form::{self, Kind, Text, required};
use serde::Deserialize;

const FIELDS: [(&str, Kind); 10] = [
    ("/location", Kind::Object),
    ("/location/timestamp", Kind::Text),
    ("/location/coords", Kind::Object),
    ("/location/coords/latitude", Kind::Number),
    ("/location/coords/longitude", Kind::Number),
    ("/location/coords/accuracy", Kind::Number),
    ("/location/coords/speed", Kind::Number),
    ("/location/coords/heading", Kind::Number),
    ("/location/battery", Kind::Object),
    ("/location/battery/level", Kind::Number),
];

/// How the device's identifier is named.
const DEVICE: &[u8] = b"\"device_id\"";

#[derive(Deserialize)]
struct Report<'a> {
    #[serde(borrow)]
    location: Option<Location<'a>>,
}

#[derive(Deserialize)]
struct Location<'a> {
    #[serde(borrow)]
    timestamp: Option<Text<'a>>,
    coords: Option<Coords>,
    battery: Option<Battery>,
}

#[derive(Deserialize)]
struct Coords {
    latitude: Option<f64>,
    longitude: Option<f64>,
    /// Metres.
    accuracy: Option<f64>,
    /// Metres per second.
    speed: Option<f64>,
    /// Degrees from north.
    heading: Option<f64>,
}

#[derive(Deserialize)]
struct Battery {
    /// From 0 to 1.
    level: Option<f64>,
}

/// Reads one report. Whose it is, the device's key says.
///
/// Errors: [`Rejection`] with the first field that is wrong.
pub fn from_json(body: &[u8]) -> Result<Ping, Rejection> {
    form::check_size(body)?;
    let report: Report<'_> = form::read(body, &FIELDS)?;
    let location = required("/location", report.location)?;
    let timestamp = required("/location/timestamp", location.timestamp)?.0;
    let coords = required("/location/coords", location.coords)?;
    let lat = ("/location/coords/latitude", coords.latitude);
    let level = location.battery.and_then(|battery| battery.level);
    Ok(Ping {
        at: form::instant("/location/timestamp", &timestamp)?,
        position: form::place(lat, ("/location/coords/longitude", coords.longitude))?,
        accuracy_dm: form::measure(coords.accuracy, 10.0),
        speed_cm_s: form::measure(coords.speed, 100.0),
        heading_cdeg: form::heading(coords.heading),
        battery_percent: form::battery(level.map(|level| level * 100.0)),
    })
}

/// Takes the device's identifier, which may be a secret, out of a report, readable or not: the
/// last one named, and everything else as it came, with an empty text in its place.
pub fn without_device(body: &[u8]) -> (Option<String>, Vec<u8>) {
    let (mut device, mut rest) = (None, Vec::with_capacity(body.len()));
    let mut left = body;
    while let Some(found) = left.windows(DEVICE.len()).position(|window| window == DEVICE) {
        let (before, after) = left.split_at(found + DEVICE.len());
        rest.extend_from_slice(before);
        left = after;
        let value = left.trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii_start);
        if let Some((text, after)) = value.and_then(first_text) {
            device = serde_json::from_slice(text).ok().or(device);
            rest.extend_from_slice(&left[..left.len() - after.len() - text.len()]);
            rest.extend_from_slice(b"\"\"");
            left = after;
        }
    }
    rest.extend_from_slice(left);
    (device.filter(|device: &String| !device.is_empty()), rest)
}

/// The JSON text at the front, with its quotes, and what follows. One that breaks off goes on to
/// the end: it may be most of a secret.
fn first_text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut escaped = false;
    let inside = bytes.strip_prefix(b"\"")?;
    let end = inside.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    Some(bytes.split_at(end.map_or(bytes.len(), |end| end + 2)))
}
