//! RFC 3339, to the letter: what is no `date-time` of its grammar is none here.

use jiff::Timestamp;

/// Digits of a fraction that are kept; further ones are read and dropped.
const MICROS_DIGITS: usize = 6;

/// The instant in microseconds since 1970, truncated; `None` where the text is no RFC 3339 time.
///
/// A leap second (`:60`) is refused: the seconds counted here have no place for it.
pub(super) fn micros(text: &str) -> Option<i64> {
    let (stamp, rest) = text.as_bytes().split_first_chunk::<19>()?;
    let at_s = stamp_s(stamp)?;
    let (fraction_us, rest) = fraction_us(rest)?;
    let ahead_s = offset_s(rest)?;
    Some((at_s - ahead_s) * super::SECOND_US + fraction_us)
}

/// `2008-05-19T16:40:02` in seconds since 1970, as if it were UTC.
fn stamp_s(stamp: &[u8; 19]) -> Option<i64> {
    let separators = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    let separated = separators.iter().all(|(place, separator)| stamp[*place] == *separator);
    if !separated || !stamp[10].eq_ignore_ascii_case(&b'T') {
        return None;
    }
    let number = |from, to| digits(&stamp[from..to]);
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if day == 0 || day > days_in(year, month)? || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let at_s = ((day_number(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    (at_s <= Timestamp::MAX.as_second()).then_some(at_s)
}

/// `None` where there is no such month.
fn days_in(year: i64, month: i64) -> Option<i64> {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => Some(29),
        2 => Some(28),
        _ => None,
    }
}

/// Days since 1970 of a day of the proleptic Gregorian calendar. Years begin in March here, so
/// that the leap day is the last one; months then are 153 days for each five.
fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (153 * month + 2) / 5 + day - DAYS_TO_1970
}

/// From 0000-02-29 to 1970-01-01.
const DAYS_TO_1970: i64 = 719_469;

/// `.5`, or nothing; and what follows it.
fn fraction_us(rest: &[u8]) -> Option<(i64, &[u8])> {
    let Some(fraction) = rest.strip_prefix(b".") else { return Some((0, rest)) };
    let end = fraction.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(fraction.len());
    let (fraction, rest) = fraction.split_at(end);
    let kept = &fraction[..end.min(MICROS_DIGITS)];
    let missing = (kept.len()..MICROS_DIGITS).fold(1, |scale, _| scale * 10);
    (end > 0).then_some(())?;
    Some((digits(kept)? * missing, rest))
}

/// `Z`, or how many seconds local time is ahead: `+05:30`.
fn offset_s(rest: &[u8]) -> Option<i64> {
    let (sign, hours, minutes) = match rest {
        b"Z" | b"z" => return Some(0),
        [b'+', h0, h1, b':', m0, m1] => (1, digits(&[*h0, *h1])?, digits(&[*m0, *m1])?),
        [b'-', h0, h1, b':', m0, m1] => (-1, digits(&[*h0, *h1])?, digits(&[*m0, *m1])?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

/// A number of few digits and nothing else.
fn digits(text: &[u8]) -> Option<i64> {
    let add = |number: i64, digit: &u8| {
        digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0'))
    };
    text.iter().try_fold(0, add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::DateTime;
    use jiff::tz::Offset;
    use proptest::prelude::*;

    /// The same by jiff's calendar.
    fn by_jiff(parts: [u16; 6]) -> Option<i64> {
        let small = |part: u16| i8::try_from(part).ok();
        let [year, month, day, hour, minute, second] = parts;
        let (month, day) = (small(month)?, small(day)?);
        let (hour, minute, second) = (small(hour)?, small(minute)?, small(second)?);
        let at = DateTime::new(i16::try_from(year).ok()?, month, day, hour, minute, second, 0);
        Offset::UTC.to_timestamp(at.ok()?).ok().map(|at| at.as_microsecond())
    }

    fn read(parts: [u16; 6]) -> Option<i64> {
        let [year, month, day, hour, minute, second] = parts;
        micros(&format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
    }

    #[test]
    fn every_day_of_the_calendar_is_jiff_s() {
        for year in (0..=9_999).step_by(3).chain([1_900, 2_000, 2_100, 9_999]) {
            for (month, day) in (0..=13).flat_map(|month| (0..=32).map(move |day| (month, day))) {
                let parts = [year, month, day, 22, 0, 0];
                assert_eq!(read(parts), by_jiff(parts), "{parts:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_time_of_day_is_jiff_s(
            year in 0_u16..=9_999, month in 0_u16..=13, day in 0_u16..=32,
            hour in 0_u16..=25, minute in 0_u16..=61, second in 0_u16..=61,
        ) {
            let parts = [year, month, day, hour, minute, second];
            prop_assert_eq!(read(parts), by_jiff(parts));
        }
    }
}
