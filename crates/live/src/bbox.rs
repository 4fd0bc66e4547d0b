//! Bounding boxes, as maps ask for them.

use doorstep_domain::tracking::{EARTH_RADIUS_M, Position};

/// Longitudes from -180° to 180° in 10⁻⁷ degrees.
const TURN_E7: i64 = 3_600_000_000;

/// A box of latitudes and longitudes in 10⁻⁷ degrees, its edges included; where `west > east` it
/// lies across the antimeridian (RFC 7946 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bbox {
    west: i32,
    south: i32,
    east: i32,
    north: i32,
}

impl Bbox {
    /// The whole globe.
    pub const GLOBE: Bbox =
        Bbox { west: -1_800_000_000, south: -900_000_000, east: 1_800_000_000, north: 900_000_000 };

    /// From its south-western to its north-eastern corner; `None` where south is above north.
    pub fn between(south_west: Position, north_east: Position) -> Option<Bbox> {
        (south_west.lat_e7 <= north_east.lat_e7).then_some(Bbox {
            west: south_west.lng_e7,
            south: south_west.lat_e7,
            east: north_east.lng_e7,
            north: north_east.lat_e7,
        })
    }

    /// From degrees in the order of GeoJSON; `None` where they are not on the globe or upside down.
    pub fn from_degrees(west: f64, south: f64, east: f64, north: f64) -> Option<Bbox> {
        let south_west = Position::from_degrees(south, west)?;
        Bbox::between(south_west, Position::from_degrees(north, east)?)
    }

    /// All places within a distance of one lie inside; more do, at the corners.
    pub(crate) fn around(centre: Position, radius_m: f64) -> Bbox {
        // Rounding must not leave anybody out.
        let angle = radius_m / EARTH_RADIUS_M + 1e-9;
        let (lat, lng) = (centre.lat().to_radians(), centre.lng().to_radians());
        let (south, north) = (lat - angle, lat + angle);
        let limit = std::f64::consts::FRAC_PI_2;
        let (west, east) = if south <= -limit || north >= limit {
            (Bbox::GLOBE.west, Bbox::GLOBE.east)
        } else {
            let half_width = (angle.sin() / lat.cos()).min(1.0).asin() + 1e-9;
            (wrapped(lng - half_width), wrapped(lng + half_width))
        };
        Bbox { west, east, south: e7(south.max(-limit)), north: e7(north.min(limit)) }
    }

    /// Whether a place lies inside or on an edge.
    pub fn contains(&self, place: Position) -> bool {
        let (lat, lng) = (place.lat_e7, place.lng_e7);
        let between = if self.west <= self.east {
            self.west <= lng && lng <= self.east
        } else {
            self.west <= lng || lng <= self.east
        };
        between && self.south <= lat && lat <= self.north
    }

    pub(crate) fn west(&self) -> i32 {
        self.west
    }

    pub(crate) fn south(&self) -> i32 {
        self.south
    }

    pub(crate) fn east(&self) -> i32 {
        self.east
    }

    pub(crate) fn north(&self) -> i32 {
        self.north
    }

    /// From west to east, in 10⁻⁷ degrees.
    pub(crate) fn width_e7(&self) -> i64 {
        let width = i64::from(self.east) - i64::from(self.west);
        if width < 0 { width + TURN_E7 } else { width }
    }
}

fn e7(radians: f64) -> i32 {
    (radians.to_degrees() * 1e7).round() as i32
}

/// Once around, so that it is a longitude again.
fn wrapped(radians: f64) -> i32 {
    let e7 = (radians.to_degrees() * 1e7).round() as i64;
    let half = TURN_E7 / 2;
    let once = match e7 {
        east if east >= half => east - TURN_E7,
        west if west <= -half => west + TURN_E7,
        inside => inside,
    };
    once.clamp(-half, half) as i32
}
