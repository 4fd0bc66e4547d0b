//! Places: degrees outside, 10⁻⁷ degrees inside, metres between them.

use super::Position;

/// Mean radius of the Earth in metres (IUGG, R₁): distances are those on this sphere.
pub const EARTH_RADIUS_M: f64 = 6_371_008.8;

impl Position {
    /// The place at these degrees north and east; `None` where they are not on the globe.
    pub fn from_degrees(lat: f64, lng: f64) -> Option<Position> {
        let on_globe = (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lng);
        on_globe.then(|| Position { lat_e7: e7(lat), lng_e7: e7(lng) })
    }

    /// Whether both coordinates are within their ranges: what a stranger's bytes must prove.
    pub(crate) fn is_on_globe(self) -> bool {
        (-900_000_000..=900_000_000).contains(&self.lat_e7)
            && (-1_800_000_000..=1_800_000_000).contains(&self.lng_e7)
    }

    /// Degrees north.
    pub fn lat(self) -> f64 {
        f64::from(self.lat_e7) / 1e7
    }

    /// Degrees east.
    pub fn lng(self) -> f64 {
        f64::from(self.lng_e7) / 1e7
    }

    /// Metres along the great circle of a sphere (haversine; within 0.6 % of the ellipsoid).
    pub fn distance_m(self, other: Position) -> f64 {
        let (from, to) = (self.lat().to_radians(), other.lat().to_radians());
        let half_lat = ((to - from) / 2.0).sin();
        let half_lng = ((other.lng() - self.lng()).to_radians() / 2.0).sin();
        let chord = half_lat * half_lat + from.cos() * to.cos() * half_lng * half_lng;
        2.0 * EARTH_RADIUS_M * chord.min(1.0).sqrt().asin()
    }
}

/// In range by the caller's check, so that the conversion is exact.
fn e7(degrees: f64) -> i32 {
    (degrees * 1e7).round() as i32
}
