//! Numbers as they stand in a file, and back. Outside they have the units that people compute in;
//! inside they are exact, and come back as they were.

use super::{ACCURACY, APPENDED_AT, AT, BATTERY, COURIER, HEADING, INDEX, LAT, LNG, OFFSET, SPEED};
use crate::column::Group;
use crate::error::ArchiveError;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::{Ping, Position};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, FloatType, Int32Type, Int64Type};
use std::ops::Range;

/// Degrees of 10⁻⁷ degrees: a double keeps all of its digits.
pub(crate) fn degrees(e7: i32) -> f64 {
    f64::from(e7) / 1e7
}

fn e7(degrees: f64) -> Option<i32> {
    whole(degrees * 1e7)
}

/// Metres a second of centimetres, degrees of hundredths: a float keeps all of their digits.
pub(crate) fn hundredths(number: u16) -> f32 {
    f32::from(number) / 100.0
}

/// Metres of decimetres.
pub(crate) fn tenths(number: u16) -> f32 {
    f32::from(number) / 10.0
}

fn small(number: f32, of_one: f32) -> Option<u16> {
    whole(f64::from((number * of_one).round()))
}

/// The whole number next to one; none where it is out of range, or is none.
fn whole<T: TryFrom<i64>>(number: f64) -> Option<T> {
    // Casts of floats saturate, and such values are out of every range that is asked for.
    T::try_from(number.round() as i64).ok().filter(|_| number.is_finite())
}

/// A ping with its place in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReadRow {
    pub(crate) ping: Ping,
    pub(crate) appended_at: Micros,
    pub(crate) offset: u64,
    pub(crate) index: u32,
}

/// Some rows of a group without their couriers, in the order of the file.
pub(crate) fn rows(group: &Group<'_>, range: Range<usize>) -> Result<Vec<ReadRow>, ArchiveError> {
    let at = group.read::<Int64Type>(AT, range.clone())?;
    let lat = group.read::<DoubleType>(LAT, range.clone())?;
    let lng = group.read::<DoubleType>(LNG, range.clone())?;
    let speed = group.read_optional::<FloatType>(SPEED, range.clone())?;
    let heading = group.read_optional::<FloatType>(HEADING, range.clone())?;
    let accuracy = group.read_optional::<FloatType>(ACCURACY, range.clone())?;
    let battery = group.read_optional::<Int32Type>(BATTERY, range.clone())?;
    let appended_at = group.read::<Int64Type>(APPENDED_AT, range.clone())?;
    let offset = group.read::<Int64Type>(OFFSET, range.clone())?;
    let index = group.read::<Int32Type>(INDEX, range.clone())?;
    let row = |row: usize| {
        let ping = Ping {
            at: Micros(at[row]),
            position: Position { lat_e7: e7(lat[row])?, lng_e7: e7(lng[row])? },
            accuracy_dm: exact(accuracy[row], |number| small(number, 10.0))?,
            speed_cm_s: exact(speed[row], |number| small(number, 100.0))?,
            heading_cdeg: exact(heading[row], |number| small(number, 100.0))?,
            battery_percent: exact(battery[row], |number| u8::try_from(number).ok())?,
        };
        let (offset, index) = (offset[row].try_into().ok()?, index[row].try_into().ok()?);
        Some(ReadRow { ping, appended_at: Micros(appended_at[row]), offset, index })
    };
    let rows = (0..range.len()).map(row).collect::<Option<Vec<ReadRow>>>();
    rows.ok_or_else(|| group.damaged("a number in it is out of its range"))
}

/// A value that may be absent; none where it is there but out of range.
fn exact<A, B>(value: Option<A>, read: impl Fn(A) -> Option<B>) -> Option<Option<B>> {
    value.map_or(Some(None), |value| read(value).map(Some))
}

/// The couriers of a group's rows.
pub(crate) fn couriers(group: &Group<'_>) -> Result<Vec<ByteArray>, ArchiveError> {
    group.read::<ByteArrayType>(COURIER, 0..group.rows())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_small_number_comes_back_from_its_float() {
        for number in 0..=u16::MAX {
            assert_eq!(small(hundredths(number), 100.0), Some(number));
            assert_eq!(small(tenths(number), 10.0), Some(number));
        }
        for wrong in [f32::NAN, f32::INFINITY, -1.0, 1e9] {
            assert_eq!(small(wrong, 100.0), None, "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_coordinate_comes_back_from_its_double(number: i32) {
            proptest::prop_assert_eq!(e7(degrees(number)), Some(number));
        }
    }
}
