//! The older form, pairs of a query or a form: speeds in knots, times in three spellings.

use crate::event::{Rejection, RejectionCode};
use crate::time::Micros;
use crate::tracking::Ping;
use crate::tracking::form::{self, malformed, required};

/// An international knot.
const KNOT_M_S: f64 = 1_852.0 / 3_600.0;

/// A larger number of seconds would be beyond 2038, so it counts milliseconds.
const SECONDS_MAX: i64 = i32::MAX as i64;

#[derive(Default)]
struct Told<'a> {
    device: Option<&'a str>,
    timestamp: Option<&'a str>,
    lat: Option<f64>,
    lon: Option<f64>,
    speed: Option<f64>,
    bearing: Option<f64>,
    accuracy: Option<f64>,
    batt: Option<f64>,
}

/// Reads decoded pairs: the device's identifier and its ping; unknown names are passed over.
///
/// Errors: [`Rejection`] with the first field that is wrong, or a device that says it has no fix.
/// No reason quotes the identifier, which may be a secret.
pub fn from_pairs<'a>(
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<(&'a str, Ping), Rejection> {
    let mut told = Told::default();
    for (name, value) in pairs {
        told.take(name, value.trim())?;
    }
    let device = required("/id", told.device.filter(|device| !device.is_empty()))?;
    let ping = Ping {
        at: instant(required("/timestamp", told.timestamp)?)?,
        position: form::place(("/lat", told.lat), ("/lon", told.lon))?,
        accuracy_dm: form::measure(told.accuracy, 10.0),
        speed_cm_s: form::measure(told.speed.map(|knots| knots * KNOT_M_S), 100.0),
        heading_cdeg: form::heading(told.bearing),
        battery_percent: form::battery(told.batt),
    };
    Ok((device, ping))
}

impl<'a> Told<'a> {
    fn take(&mut self, name: &str, value: &'a str) -> Result<(), Rejection> {
        match name {
            "id" | "deviceid" | "device_id" => self.device = Some(value),
            "timestamp" => self.timestamp = Some(value),
            "lat" => self.lat = Some(number("/lat", value)?),
            "lon" => self.lon = Some(number("/lon", value)?),
            "location" => {
                let both = value.split_once(',');
                let (lat, lon) = both.ok_or_else(|| malformed("/location", "is not lat,lon"))?;
                self.lat = Some(number("/location", lat.trim())?);
                self.lon = Some(number("/location", lon.trim())?);
            }
            "speed" => self.speed = Some(number("/speed", value)?),
            "bearing" | "heading" => self.bearing = Some(number("/bearing", value)?),
            "accuracy" => self.accuracy = Some(number("/accuracy", value)?),
            "batt" => self.batt = Some(number("/batt", value)?),
            "valid" if matches!(value, "false" | "0") => {
                let reason = "the device has no fix";
                return Err(Rejection::new(RejectionCode::ImplausiblePosition, "/valid", reason));
            }
            _ => {}
        }
        Ok(())
    }
}

fn number(pointer: &str, value: &str) -> Result<f64, Rejection> {
    value.parse().map_err(|_| {
        let value: String = value.chars().take(64).collect();
        malformed(pointer, format!("is {value:?}, not a number"))
    })
}

/// Seconds, milliseconds, RFC 3339, or `2008-05-19 16:40:02` in UTC.
fn instant(text: &str) -> Result<Micros, Rejection> {
    match text.parse::<i64>() {
        Ok(seconds) if seconds < SECONDS_MAX => Ok(Micros(seconds.saturating_mul(1_000_000))),
        Ok(milliseconds) => Ok(Micros(milliseconds.saturating_mul(1_000))),
        Err(_) if text.contains('T') => form::instant("/timestamp", text),
        Err(_) => form::instant("/timestamp", &format!("{text}Z")),
    }
}
