//! RFC 3339, to the letter: what is no `date-time` of its grammar is none here.

use super::SECOND_US;
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
    Some((at_s - ahead_s) * SECOND_US + fraction_us)
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

/// The text of an instant in microseconds since 1970: no digits of a fraction that say nothing.
/// `None` before the year 0, which RFC 3339 cannot write, and beyond the calendar's end.
pub(super) fn written(at_us: i64) -> Option<Written> {
    let (at_s, fraction_us) = (at_us.div_euclid(SECOND_US), at_us.rem_euclid(SECOND_US));
    let (days, second_of_day) = (at_s.div_euclid(DAY_S), at_s.rem_euclid(DAY_S));
    let (year, month, day) = day_of(days);
    if year < 0 || at_us > Timestamp::MAX.as_microsecond() {
        return None;
    }
    let mut written = Written { bytes: *b"0000-00-00T00:00:00.000000Z", length: 27 };
    let (hour, minute, second) =
        (second_of_day / 3_600, second_of_day / 60 % 60, second_of_day % 60);
    let parts = [(0, 4, year), (5, 2, month), (8, 2, day), (11, 2, hour), (14, 2, minute)];
    for (place, digits, number) in parts.into_iter().chain([(17, 2, second), (20, 6, fraction_us)])
    {
        written.put(place, digits, number);
    }
    while matches!(written.bytes[written.length - 2], b'0') && written.length > 21 {
        written.length -= 1;
    }
    if fraction_us == 0 {
        written.length = 20;
    }
    written.bytes[written.length - 1] = b'Z';
    Some(written)
}

/// An instant as text.
pub(super) struct Written {
    bytes: [u8; 27],
    length: usize,
}

impl Written {
    pub(super) fn as_str(&self) -> &str {
        // All of it is ASCII.
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }

    fn put(&mut self, place: usize, digits: usize, mut number: i64) {
        for byte in self.bytes[place..place + digits].iter_mut().rev() {
            *byte = b'0' + (number % 10) as u8;
            number /= 10;
        }
    }
}

/// Year, month and day of a day counted from 1970: the reverse of [`day_number`].
fn day_of(days: i64) -> (i64, i64, i64) {
    /// Four hundred years, after which the calendar repeats itself.
    const ERA_DAYS: i64 = 146_097;
    let days = days + DAYS_TO_1970 - 1;
    let (era, day) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + later, month, day)
}

/// Seconds of a day.
const DAY_S: i64 = 86_400;

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
        fn any_instant_is_written_as_jiff_writes_it(
            at_us in prop_oneof![
                -62_167_219_200_000_000_i64..253_402_207_200_000_000,
                (-62_167_219_200_i64..253_402_207_200).prop_map(|at_s| at_s * 1_000_000),
                (-62_167_219_200_000_i64..253_402_207_200_000).prop_map(|at_ms| at_ms * 1_000),
            ],
        ) {
            let by_jiff = Timestamp::from_microsecond(at_us).unwrap().to_string();
            let written = written(at_us).unwrap();
            prop_assert_eq!(written.as_str(), by_jiff.as_str());
            prop_assert_eq!(micros(written.as_str()), Some(at_us));
        }

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
