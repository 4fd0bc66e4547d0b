//! Tracking: where couriers are. A ping is a fact; a position is the newest of them.

pub mod batch;
pub mod json;
pub mod motion;
pub mod osmand;
pub mod owntracks;

mod admit;
mod form;
mod position;

pub use admit::admit;
pub use position::EARTH_RADIUS_M;

use crate::time::Micros;
use std::borrow::Cow;

/// A place on the WGS 84 ellipsoid, in units of 10⁻⁷ degrees (about a centimetre).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Latitude north, -900,000,000 to 900,000,000.
    pub lat_e7: i32,
    /// Longitude east, -1,800,000,000 to 1,800,000,000.
    pub lng_e7: i32,
}

/// What a device says about one instant. Whose it is stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ping {
    /// When the device was there, by its own clock.
    pub at: Micros,
    /// Where it was.
    pub position: Position,
    /// Radius within which it believes itself to be, in decimetres.
    pub accuracy_dm: Option<u16>,
    /// Speed over ground, in centimetres per second.
    pub speed_cm_s: Option<u16>,
    /// Direction of movement clockwise from north, in hundredths of a degree.
    pub heading_cdeg: Option<u16>,
    /// Charge of the device's battery, in percent.
    pub battery_percent: Option<u8>,
}

/// A ping and whose it is, as one line of a request says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<'a> {
    /// The courier: valid as a [`crate::id::CourierId`].
    pub courier: Cow<'a, str>,
    /// What the courier's device says.
    pub ping: Ping,
}
