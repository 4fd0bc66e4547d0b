//! What the OwnTracks apps send over HTTP (<https://owntracks.org/booklet/tech/json/>).

use super::Ping;
use super::form::{self, Kind, Text, required};
use crate::event::Rejection;
use serde::Deserialize;

const FIELDS: [(&str, Kind); 7] = [
    ("/tst", Kind::Number),
    ("/lat", Kind::Number),
    ("/lon", Kind::Number),
    ("/acc", Kind::Number),
    ("/vel", Kind::Number),
    ("/cog", Kind::Number),
    ("/batt", Kind::Number),
];

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, rename = "_type")]
    kind: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Location {
    tst: Option<f64>,
    lat: Option<f64>,
    lon: Option<f64>,
    /// Metres.
    acc: Option<f64>,
    /// Kilometres per hour.
    vel: Option<f64>,
    /// Degrees from north.
    cog: Option<f64>,
    /// Percent.
    batt: Option<f64>,
}

/// Reads one body; `None` for what is no location: an empty body, a will, a card, a transition.
/// Whose it is, the device's key says.
///
/// Errors: [`Rejection`] with the first field that is wrong.
pub fn parse(body: &[u8]) -> Result<Option<Ping>, Rejection> {
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    // Cards and configurations are large, and are to be passed over whatever is in them.
    let message: Message<'_> = form::read(body, &[("/_type", Kind::Text)])?;
    if required("/_type", message.kind)?.0 != "location" {
        return Ok(None);
    }
    form::check_size(body)?;
    let location: Location = form::read(body, &FIELDS)?;
    let metres_per_second = location.vel.map(|kilometres_per_hour| kilometres_per_hour / 3.6);
    Ok(Some(Ping {
        at: form::from_seconds(required("/tst", location.tst)?),
        position: form::place(("/lat", location.lat), ("/lon", location.lon))?,
        accuracy_dm: form::measure(location.acc, 10.0),
        speed_cm_s: form::measure(metres_per_second, 100.0),
        heading_cdeg: form::heading(location.cog),
        battery_percent: form::battery(location.batt),
    }))
}
