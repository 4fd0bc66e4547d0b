//! Exact amounts: whole numerators over one denominator, so that sums lose nothing.

use super::multiplier::Multiplier;
use crate::money::round_half_even;
use crate::time::HOUR_US;
use serde::{Serialize, Serializer, ser::SerializeStruct};
use std::{
    fmt,
    iter::Sum,
    ops::{Add, Sub},
};

/// An amount of minor units as a numerator over [`Exact::DENOMINATOR`].
///
/// Microseconds of an hour times basis points, metres of a kilometre and whole units all divide
/// evenly. Arithmetic saturates, far beyond any sum within the limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exact(i128);

impl Exact {
    /// The denominator of every amount: microseconds in an hour × basis points in one.
    pub const DENOMINATOR: i128 = HOUR_US as i128 * Multiplier::ONE_BP as i128;

    /// Nothing.
    pub const ZERO: Exact = Exact(0);

    const PER_BASIS_POINT: i128 = HOUR_US as i128;
    const PER_METRE_AND_BASIS_POINT: i128 = HOUR_US as i128 / 1_000;

    /// A whole amount in minor units.
    pub fn of_minor(minor: i64) -> Exact {
        Exact(i128::from(minor) * Exact::DENOMINATOR)
    }

    /// Time at a rate per hour.
    pub fn of_time(worked_us: i64, per_hour_minor: i64, multiplier: Multiplier) -> Exact {
        product(worked_us.into(), per_hour_minor, multiplier, 1)
    }

    /// So many deliveries at a rate for each.
    pub fn of_deliveries(count: i64, per_delivery_minor: i64, multiplier: Multiplier) -> Exact {
        product(count.into(), per_delivery_minor, multiplier, Exact::PER_BASIS_POINT)
    }

    /// Metres at a rate per kilometre.
    pub fn of_distance(distance_m: i64, per_km_minor: i64, multiplier: Multiplier) -> Exact {
        product(distance_m.into(), per_km_minor, multiplier, Exact::PER_METRE_AND_BASIS_POINT)
    }

    /// The numerator over [`Exact::DENOMINATOR`].
    pub const fn numerator(self) -> i128 {
        self.0
    }

    /// Whole minor units, half to even: the one rounding of pay.
    pub fn rounded_minor(self) -> i64 {
        round_half_even(self.0, Exact::DENOMINATOR)
    }
}

fn product(quantity: i128, rate_minor: i64, multiplier: Multiplier, unit: i128) -> Exact {
    let rate = i128::from(rate_minor) * i128::from(multiplier.basis_points());
    Exact(quantity.saturating_mul(rate).saturating_mul(unit))
}

impl Add for Exact {
    type Output = Exact;
    fn add(self, other: Exact) -> Exact {
        Exact(self.0.saturating_add(other.0))
    }
}

impl Sub for Exact {
    type Output = Exact;
    fn sub(self, other: Exact) -> Exact {
        Exact(self.0.saturating_sub(other.0))
    }
}

impl Sum for Exact {
    fn sum<I: Iterator<Item = Exact>>(amounts: I) -> Exact {
        amounts.fold(Exact::ZERO, Add::add)
    }
}

/// Minor units as a fraction in lowest terms: `1200`, or `3601/3` where it is not whole.
impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let common = greatest_common_divisor(self.0.unsigned_abs(), Exact::DENOMINATOR as u128);
        let (numerator, denominator) =
            (self.0.unsigned_abs() / common, Exact::DENOMINATOR as u128 / common);
        let sign = if self.0 < 0 { "-" } else { "" };
        match denominator {
            1 => write!(f, "{sign}{numerator}"),
            _ => write!(f, "{sign}{numerator}/{denominator}"),
        }
    }
}

/// The greatest common divisor by Euclid; `b` is positive, so the result is.
fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while a != 0 {
        (a, b) = (b % a, a);
    }
    b
}

/// `{"exact": "3601/3", "rounded_minor": 1200}`: what adds up, and what people read.
impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut amount = serializer.serialize_struct("Exact", 2)?;
        amount.serialize_field("exact", &self.to_string())?;
        amount.serialize_field("rounded_minor", &self.rounded_minor())?;
        amount.end()
    }
}
