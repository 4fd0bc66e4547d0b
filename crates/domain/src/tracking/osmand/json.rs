//! The current app's JSON: metres per second, a battery from 0 to 1, −1 for what is unknown.

use crate::event::Rejection;
use crate::tracking::Ping;
use crate::tracking::form::{self, Kind, Text, required};
use serde::Deserialize;
use std::borrow::Cow;

const FIELDS: [(&str, Kind); 11] = [
    ("/device_id", Kind::Text),
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

#[derive(Deserialize)]
struct Report<'a> {
    #[serde(borrow)]
    device_id: Option<Text<'a>>,
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

/// Reads one report: the device's identifier and its ping.
///
/// Errors: [`Rejection`] with the first field that is wrong. No reason quotes the identifier,
/// which may be a secret.
pub fn from_json(body: &[u8]) -> Result<(Cow<'_, str>, Ping), Rejection> {
    form::check_size(body)?;
    let report: Report<'_> = form::read(body, &FIELDS)?;
    let device = report.device_id.map(|device| device.0).filter(|device| !device.is_empty());
    let device = required("/device_id", device)?;
    let location = required("/location", report.location)?;
    let timestamp = required("/location/timestamp", location.timestamp)?.0;
    let coords = required("/location/coords", location.coords)?;
    let lat = ("/location/coords/latitude", coords.latitude);
    let level = location.battery.and_then(|battery| battery.level);
    let ping = Ping {
        at: form::instant("/location/timestamp", &timestamp)?,
        position: form::place(lat, ("/location/coords/longitude", coords.longitude))?,
        accuracy_dm: form::measure(coords.accuracy, 10.0),
        speed_cm_s: form::measure(coords.speed, 100.0),
        heading_cdeg: form::heading(coords.heading),
        battery_percent: form::battery(level.map(|level| level * 100.0)),
    };
    Ok((device, ping))
}
