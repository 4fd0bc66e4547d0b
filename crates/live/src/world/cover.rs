//! Where cells lie: bands of latitude, each cut into as many columns as fit its circle.
//!
//! So a cell is about 556 m wide and high everywhere, at the antimeridian and the poles too.

use crate::Bbox;
use doorstep_domain::tracking::Position;
use std::sync::LazyLock;

/// Height of a band: 0.005°, 556 m.
const BAND_E7: i64 = 50_000;
const BANDS: usize = (1_800_000_000 / BAND_E7) as usize;
const HALF_TURN_E7: i64 = 1_800_000_000;
const TURN_E7: i64 = 3_600_000_000;

static COLUMNS: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let columns = |band: usize| {
        let middle = (band as f64 + 0.5) / BANDS as f64 * 180.0 - 90.0;
        (middle.to_radians().cos() * (TURN_E7 / BAND_E7) as f64).ceil().max(1.0) as u32
    };
    (0..BANDS).map(columns).collect()
});

/// A cell's band, counted from the south pole, and column, counted from the antimeridian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) band: u32,
    pub(super) column: u32,
}

impl Place {
    pub(super) fn of(position: Position) -> Place {
        let band = band(position.lat_e7);
        Place { band, column: column(band, position.lng_e7) }
    }

    /// The least cosine of a latitude in the cell.
    pub(super) fn cosine_min(self) -> f64 {
        let (south, _, north, _) = self.edges();
        let farthest_e7 = south.abs().max(north.abs());
        (farthest_e7 as f64 / 1e7).to_radians().cos().max(0.0)
    }

    /// South, west, north and east in 10⁻⁷ degrees; the outer two belong to the neighbours.
    fn edges(self) -> (i64, i64, i64, i64) {
        let columns = u64::from(columns(self.band));
        let west = |column: u32| {
            let east_of_antimeridian = u64::from(column) * TURN_E7.unsigned_abs();
            east_of_antimeridian.div_ceil(columns).cast_signed() - HALF_TURN_E7
        };
        let south = i64::from(self.band) * BAND_E7 - HALF_TURN_E7 / 2;
        (south, west(self.column), south + BAND_E7, west(self.column + 1))
    }
}

/// The cells that a box touches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cover {
    bbox: Bbox,
    south: u32,
    north: u32,
}

impl Cover {
    pub(super) fn of(bbox: Bbox) -> Cover {
        Cover { bbox, south: band(bbox.south()), north: band(bbox.north()) }
    }

    pub(super) fn bbox(&self) -> &Bbox {
        &self.bbox
    }

    pub(super) fn bands(&self) -> std::ops::RangeInclusive<u32> {
        self.south..=self.north
    }

    /// The columns touched in a band, as first and last of one or two stretches.
    pub(super) fn columns(&self, band: u32) -> impl Iterator<Item = u32> + use<> {
        let (west, east) = self.ends(band);
        let (first, second) = if self.bbox.west() <= self.bbox.east() {
            (west..=east, None)
        } else if west <= east {
            // Around the globe and back into the column where it began.
            (0..=columns(band) - 1, None)
        } else {
            (west..=columns(band) - 1, Some(0..=east))
        };
        first.chain(second.into_iter().flatten())
    }

    pub(super) fn touches(&self, place: Place) -> bool {
        if !self.bands().contains(&place.band) {
            return false;
        }
        let (west, east) = self.ends(place.band);
        if self.bbox.west() <= self.bbox.east() {
            west <= place.column && place.column <= east
        } else {
            west <= place.column || place.column <= east
        }
    }

    /// Whether all of a cell lies in the box, as it surely does where its corners do and the box
    /// is not narrower than the gap that it could leave inside a cell.
    pub(super) fn swallows(&self, place: Place) -> bool {
        let (south, west, north, east) = place.edges();
        let corner = |lat: i64, lng: i64| Position { lat_e7: lat as i32, lng_e7: lng as i32 };
        let gap = TURN_E7 - self.bbox.width_e7();
        (gap == 0 || gap > east - west)
            && self.bbox.contains(corner(south, west))
            && self.bbox.contains(corner(north, east))
    }

    /// How many cells are touched, give or take a column in each band.
    pub(super) fn size(&self) -> u64 {
        // The widest band is one of the outer two, or the equator between them.
        let widest = u64::from(
            [self.south, self.north, (BANDS / 2) as u32]
                .into_iter()
                .filter(|band| self.bands().contains(band))
                .map(columns)
                .max()
                .unwrap_or(1),
        );
        let share = widest * self.bbox.width_e7().unsigned_abs() / TURN_E7.unsigned_abs() + 2;
        share * u64::from(self.north - self.south + 1)
    }

    fn ends(&self, band: u32) -> (u32, u32) {
        (column(band, self.bbox.west()), column(band, self.bbox.east()))
    }
}

fn columns(band: u32) -> u32 {
    COLUMNS[band as usize]
}

/// The north pole belongs to the last band.
fn band(lat_e7: i32) -> u32 {
    ((i64::from(lat_e7) + HALF_TURN_E7 / 2) / BAND_E7).clamp(0, BANDS as i64 - 1) as u32
}

/// 180° east belongs to the last column, 180° west to the first.
fn column(band: u32, lng_e7: i32) -> u32 {
    let columns = columns(band);
    let east = (i64::from(lng_e7) + HALF_TURN_E7).clamp(0, TURN_E7 - 1);
    (east * i64::from(columns) / TURN_E7) as u32
}
