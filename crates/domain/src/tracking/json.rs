//! A ping as JSON, our own form: `{"courier_id", "lat", "lng", "at"}` and, where the device knows
//! them, `accuracy_m`, `speed_mps`, `heading_deg` and `battery` (percent).

mod common;
mod elements;

pub use elements::{Element, Elements, elements};

use super::form::{self, Kind, Text, malformed, required};
use super::{Named, Ping};
use crate::event::Rejection;
use crate::id::{self, IdError};
use crate::limits::PING_BYTES_MAX;
use serde::Deserialize;

const FIELDS: [(&str, Kind); 8] = [
    ("/courier_id", Kind::Text),
    ("/at", Kind::Text),
    ("/lat", Kind::Number),
    ("/lng", Kind::Number),
    ("/accuracy_m", Kind::Number),
    ("/speed_mps", Kind::Number),
    ("/heading_deg", Kind::Number),
    ("/battery", Kind::Number),
];

#[derive(Default, Deserialize)]
struct Written<'a> {
    #[serde(borrow)]
    courier_id: Option<Text<'a>>,
    #[serde(borrow)]
    at: Option<Text<'a>>,
    lat: Option<f64>,
    lng: Option<f64>,
    accuracy_m: Option<f64>,
    speed_mps: Option<f64>,
    heading_deg: Option<f64>,
    battery: Option<f64>,
}

/// Reads one JSON object; unknown fields are passed over, a negative measure is unknown.
///
/// Errors: [`Rejection`] with the first field that is wrong.
pub fn parse(raw: &[u8]) -> Result<Named<'_>, Rejection> {
    if raw.len() <= PING_BYTES_MAX
        && let Some((written, [])) = common::read(raw)
    {
        return written.named();
    }
    by_serde(raw)
}

/// As [`parse`], whatever shape it has.
fn by_serde(raw: &[u8]) -> Result<Named<'_>, Rejection> {
    form::check_size(raw)?;
    form::read::<Written<'_>>(raw, &FIELDS)?.named()
}

impl<'a> Written<'a> {
    fn named(self) -> Result<Named<'a>, Rejection> {
        let courier = required("/courier_id", self.courier_id)?.0;
        id::checked(&courier)
            .map_err(|error: IdError| malformed("/courier_id", error.to_string()))?;
        let at = form::instant("/at", &required("/at", self.at)?.0)?;
        let position = form::place(("/lat", self.lat), ("/lng", self.lng))?;
        for (pointer, value, most) in
            [("/heading_deg", self.heading_deg, 360.0), ("/battery", self.battery, 100.0)]
        {
            if let Some(value) = value.filter(|value| *value > most) {
                return Err(malformed(pointer, format!("{value} is more than {most}")));
            }
        }
        let ping = Ping {
            at,
            position,
            accuracy_dm: form::measure(self.accuracy_m, 10.0),
            speed_cm_s: form::measure(self.speed_mps, 100.0),
            heading_cdeg: form::heading(self.heading_deg),
            battery_percent: form::battery(self.battery),
        };
        Ok(Named { courier, ping })
    }
}

#[cfg(test)]
mod tests;
