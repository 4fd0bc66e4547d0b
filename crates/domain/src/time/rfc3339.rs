//! RFC 3339, to the letter: what is no `date-time` of its grammar is none here.

use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Digits of a fraction that are kept; further ones are read and dropped.
const MICROS_DIGITS: usize = 6;

/// The instant in microseconds since 1970, truncated; `None` where the text is no RFC 3339 time.
///
/// A leap second (`:60`) is refused: the seconds counted here have no place for it.
pub(super) fn micros(text: &str) -> Option<i64> {
    let (stamp, rest) = text.as_bytes().split_first_chunk::<19>()?;
    let at = stamp_of(stamp)?;
    let (fraction_us, rest) = fraction_us(rest)?;
    let ahead_s = offset_s(rest)?;
    let seconds = Offset::UTC.to_timestamp(at).ok()?.as_second() - ahead_s;
    Some(seconds * super::SECOND_US + fraction_us)
}

/// `2008-05-19T16:40:02`.
fn stamp_of(stamp: &[u8; 19]) -> Option<DateTime> {
    let separators = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    let separated = separators.iter().all(|(place, separator)| stamp[*place] == *separator);
    if !separated || !stamp[10].eq_ignore_ascii_case(&b'T') {
        return None;
    }
    let number = |from, to| digits(&stamp[from..to]);
    let small = |from| number(from, from + 2).and_then(|number| i8::try_from(number).ok());
    let year = i16::try_from(number(0, 4)?).ok()?;
    DateTime::new(year, small(5)?, small(8)?, small(11)?, small(14)?, small(17)?, 0).ok()
}

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
