//! The shape that pings have in practice, read by hand in one pass: flat, texts in plain ASCII,
//! numbers of few digits. Nothing is refused here: whatever has another shape is left to the
//! parser of all of JSON, and what is read is what that one would have read.

use super::Written;
use crate::plain::plain_bytes;
use crate::tracking::form::Text;
use std::borrow::Cow;

/// Digits of a number up to which it is exact as a double, and so is what it is divided by: the
/// quotient is then the nearest double, however it is computed.
const DIGITS_MAX: usize = 15;

const POWERS_OF_TEN: [f64; DIGITS_MAX + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// Reads an object off the front; what follows it is not looked at. `None` where it has another
/// shape, or is none.
pub(super) fn read(raw: &[u8]) -> Option<(Written<'_>, &[u8])> {
    let mut rest = raw.strip_prefix(b"{")?;
    let (mut written, mut seen) = (Written::default(), 0);
    loop {
        let (name, after) = text(without_space(rest))?;
        let after = without_space(after).strip_prefix(b":")?;
        let (value, after) = value(without_space(after))?;
        written.put(name, value, &mut seen)?;
        match without_space(after).split_first()? {
            (b',', after) => rest = after,
            (b'}', after) => return Some((written, after)),
            _ => return None,
        }
    }
}

/// What follows white space (RFC 8259).
pub(super) fn without_space(text: &[u8]) -> &[u8] {
    if text.first().is_some_and(|first| *first > b' ') {
        return text;
    }
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
    let end = text.iter().position(|byte| !is_space(byte));
    end.map_or(&[], |end| &text[end..])
}

#[derive(Clone, Copy)]
enum Value<'a> {
    Text(&'a [u8]),
    Number(f64),
    Null,
    Truth,
}

impl<'a> Written<'a> {
    /// Puts a member where it belongs; an unknown one is passed over. `None` where it is of
    /// another kind than its field, or stands there twice.
    fn put(&mut self, name: &[u8], value: Value<'a>, seen: &mut u8) -> Option<()> {
        let (bit, fits) = match name {
            b"courier_id" => (0, put_text(&mut self.courier_id, value)),
            b"at" => (1, put_text(&mut self.at, value)),
            b"lat" => (2, put_number(&mut self.lat, value)),
            b"lng" => (3, put_number(&mut self.lng, value)),
            b"accuracy_m" => (4, put_number(&mut self.accuracy_m, value)),
            b"speed_mps" => (5, put_number(&mut self.speed_mps, value)),
            b"heading_deg" => (6, put_number(&mut self.heading_deg, value)),
            b"battery" => (7, put_number(&mut self.battery, value)),
            _ => return Some(()),
        };
        let is_first = *seen & (1 << bit) == 0;
        *seen |= 1 << bit;
        (fits && is_first).then_some(())
    }
}

fn put_text<'a>(field: &mut Option<Text<'a>>, value: Value<'a>) -> bool {
    match value {
        Value::Text(text) => {
            *field = std::str::from_utf8(text).ok().map(|text| Text(Cow::Borrowed(text)));
            field.is_some()
        }
        value => matches!(value, Value::Null),
    }
}

fn put_number(field: &mut Option<f64>, value: Value<'_>) -> bool {
    match value {
        Value::Number(number) => {
            *field = Some(number);
            true
        }
        value => matches!(value, Value::Null),
    }
}

fn value(rest: &[u8]) -> Option<(Value<'_>, &[u8])> {
    match rest.first()? {
        b'"' => text(rest).map(|(text, rest)| (Value::Text(text), rest)),
        b'n' => Some((Value::Null, rest.strip_prefix(b"null")?)),
        b't' => Some((Value::Truth, rest.strip_prefix(b"true")?)),
        b'f' => Some((Value::Truth, rest.strip_prefix(b"false")?)),
        _ => number(rest).map(|(number, rest)| (Value::Number(number), rest)),
    }
}

/// A text of printable ASCII without escapes, between its quotation marks.
fn text(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = rest.strip_prefix(b"\"")?;
    let (text, rest) = rest.split_at(plain_bytes(rest));
    Some((text, rest.strip_prefix(b"\"")?))
}

/// A number without an exponent. Where it ends in the middle of another one, what follows is no
/// comma and no brace.
fn number(rest: &[u8]) -> Option<(f64, &[u8])> {
    let (is_negative, whole) = match rest.strip_prefix(b"-") {
        Some(whole) => (true, whole),
        None => (false, rest),
    };
    let (significand, rest) = digits(0, whole);
    let whole_digits = whole.len() - rest.len();
    let has_leading_zero = whole_digits > 1 && whole.starts_with(b"0");
    let (significand, rest, fraction_digits) = match rest.strip_prefix(b".") {
        Some(fraction) => {
            let (significand, rest) = digits(significand, fraction);
            (significand, rest, Some(fraction.len() - rest.len()))
        }
        None => (significand, rest, None),
    };
    if whole_digits == 0 || has_leading_zero || fraction_digits == Some(0) {
        return None;
    }
    let fraction_digits = fraction_digits.unwrap_or(0);
    if whole_digits + fraction_digits > DIGITS_MAX {
        return None;
    }
    let number = significand as f64 / POWERS_OF_TEN[fraction_digits];
    Some((if is_negative { -number } else { number }, rest))
}

/// Goes on with a number; beyond [`DIGITS_MAX`] it means nothing.
fn digits(mut number: u64, mut text: &[u8]) -> (u64, &[u8]) {
    while let Some((digit, rest)) = text.split_first()
        && digit.is_ascii_digit()
    {
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        text = rest;
    }
    (number, text)
}
