//! The older form, pairs of a query or a form: speeds in knots, times in three spellings.

use crate::event::{Rejection, RejectionCode};
use crate::time::Micros;
use crate::tracking::Ping;
use crate::tracking::form::{self, malformed};

/// An international knot.
const KNOT_M_S: f64 = 1_852.0 / 3_600.0;

/// A larger number of seconds would be beyond 2038, so it counts milliseconds.
const SECONDS_MAX: i64 = i32::MAX as i64;

#[derive(Default)]
struct Told {
    at: Option<Micros>,
    lat: Option<f64>,
    lon: Option<f64>,
    speed: Option<f64>,
    bearing: Option<f64>,
    accuracy: Option<f64>,
    batt: Option<f64>,
}

/// Reads the pairs as they came; unknown names are passed over. Whose it is, the device's key says.
///
/// A report without a time is of when it `arrived`, as the protocol has it.
///
/// Errors: [`Rejection`] with the first field that is wrong, or a device that says it has no fix.
pub fn from_pairs(raw: &[u8], arrived: Micros) -> Result<Ping, Rejection> {
    form::check_size(raw)?;
    let mut told = Told::default();
    for (name, value, _) in pairs(raw) {
        let text = |text| String::from_utf8(text).map_err(|_| malformed("", "is not UTF-8"));
        told.take(&text(name)?, text(value)?.trim())?;
    }
    Ok(Ping {
        at: told.at.unwrap_or(arrived),
        position: form::place(("/lat", told.lat), ("/lon", told.lon))?,
        accuracy_dm: form::measure(told.accuracy, 10.0),
        speed_cm_s: form::measure(told.speed.map(|knots| knots * KNOT_M_S), 100.0),
        heading_cdeg: form::heading(told.bearing),
        battery_percent: form::battery(told.batt),
    })
}

/// Takes the device's identifier, which may be a secret, out of pairs: the last one named, and
/// everything else as it came.
pub fn without_device(raw: &[u8]) -> (Option<String>, Vec<u8>) {
    let (mut device, mut rest) = (None, Vec::new());
    for (name, value, pair) in pairs(raw) {
        if matches!(name.as_slice(), b"id" | b"deviceid" | b"device_id") {
            device = Some(String::from_utf8_lossy(&value).trim().to_owned());
        } else {
            rest.push(pair);
        }
    }
    (device.filter(|device| !device.is_empty()), rest.join(&b'&'))
}

impl Told {
    fn take(&mut self, name: &str, value: &str) -> Result<(), Rejection> {
        match name {
            "timestamp" if !value.is_empty() => self.at = Some(instant(value)?),
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

/// Names and values, decoded, each with the pair as it came.
fn pairs(raw: &[u8]) -> impl Iterator<Item = (Vec<u8>, Vec<u8>, &[u8])> {
    let came = raw.trim_ascii().split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    came.map(|pair| {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let mut half = || decoded(halves.next().unwrap_or_default());
        (half(), half(), pair)
    })
}

/// Undoes `application/x-www-form-urlencoded`; what is no escape stands for itself
/// (<https://url.spec.whatwg.org/#urlencoded-parsing>).
fn decoded(mut text: &[u8]) -> Vec<u8> {
    let hex = |digit: u8| char::from(digit).to_digit(16).map(|digit| digit as u8);
    let mut decoded = Vec::with_capacity(text.len());
    while let Some((first, rest)) = text.split_first() {
        let (byte, after) = match (first, rest) {
            (b'%', [high, low, after @ ..]) => match hex(*high).zip(hex(*low)) {
                Some((high, low)) => (high << 4 | low, after),
                None => (*first, rest),
            },
            (b'+', _) => (b' ', rest),
            _ => (*first, rest),
        };
        decoded.push(byte);
        text = after;
    }
    decoded
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
        Err(_) => form::instant("/timestamp", &format!("{}Z", text.replacen(' ', "T", 1))),
    }
}
