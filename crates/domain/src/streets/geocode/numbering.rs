//! House numbers: which stretch has one, on which side, how far along.

use super::super::Numbers;
use super::super::line::{along, length_m};
use super::{Geocoder, Numbered, Street};
use crate::tracking::Position;

/// From the middle of the street to the kerb, where a courier stops, in metres.
const SET_BACK_M: f64 = 6.0;

/// From the middle of a crossing to the first house, in metres.
const CORNER_M: f64 = 9.0;

/// A house on a stretch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    /// Which stretch.
    pub stretch: usize,
    /// The number that was taken.
    pub number: i64,
    /// How far that is from the number asked for.
    pub gap: i64,
    /// From 0 to 1: whether side and postal code are as they should be.
    pub fit: f64,
    fraction: f64,
    is_left: bool,
}

impl Geocoder {
    /// Where a street has a number, or the nearest to it.
    pub(super) fn spot(&self, street: &Street, number: i64, zip: Option<&str>) -> Option<Spot> {
        let spots = street.stretches.iter().flat_map(|at| {
            let stretch = &self.stretches[*at];
            let sides = [(stretch.left, true), (stretch.right, false)];
            sides.into_iter().filter_map(move |(numbers, is_left)| {
                let mut spot = on_side(numbers?, number);
                let is_elsewhere =
                    matches!((zip, stretch.zip.as_deref()), (Some(a), Some(b)) if a != b);
                spot.fit *= if is_elsewhere { 0.9 } else { 1.0 };
                Some(Spot { stretch: *at, is_left, ..spot })
            })
        });
        let worth = |spot: &Spot| spot.fit / (1.0 + spot.gap as f64 / 20.0);
        spots.max_by(|one, other| worth(one).total_cmp(&worth(other)))
    }
}

fn on_side(numbers: Numbers, number: i64) -> Spot {
    let Numbers { first, last } = numbers;
    let (least, most) = (first.min(last), first.max(last));
    let taken = number.clamp(least, most);
    let is_mixed = (first - last) % 2 != 0;
    let fits = is_mixed || (number - first) % 2 == 0;
    let fraction = if first == last { 0.5 } else { (taken - first) as f64 / (last - first) as f64 };
    let gap = (number - taken).abs();
    let fit = if fits { 1.0 } else { 0.8 };
    Spot { stretch: 0, number: taken, gap, fit, fraction, is_left: false }
}

impl Spot {
    /// Where the house stands: numbers go from corner to corner, houses from behind it.
    pub(super) fn position(&self, stretch: &Numbered) -> Option<Position> {
        let length = length_m(&stretch.line);
        let corner = (CORNER_M / length.max(1.0)).min(0.3);
        let fraction = corner + self.fraction * (1.0 - 2.0 * corner);
        let beside_m = if self.is_left { -SET_BACK_M } else { SET_BACK_M };
        along(&stretch.line, fraction, beside_m)
    }
}
