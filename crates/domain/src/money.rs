//! Money: whole minor units (cents) of one ISO 4217 currency; one named rounding.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// An ISO 4217 currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(iso_currency::Currency);

/// The text is no ISO 4217 code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an ISO 4217 currency code such as USD")]
pub struct CurrencyError(String);

impl Currency {
    /// Digits after the decimal point: 2 for USD, 0 for JPY, 3 for KWD.
    pub fn exponent(self) -> usize {
        self.0.exponent().unwrap_or(0).into()
    }

    /// An amount of minor units written as people read it: `1234` USD is `12.34`.
    pub fn format(self, minor: i64) -> String {
        let digits = self.exponent();
        let unit = 10_u64.pow(u32::try_from(digits).unwrap_or(0));
        let sign = if minor < 0 { "-" } else { "" };
        let (whole, rest) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
        if digits == 0 {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{rest:0digits$}")
        }
    }
}

impl FromStr for Currency {
    type Err = CurrencyError;
    fn from_str(code: &str) -> Result<Currency, CurrencyError> {
        iso_currency::Currency::from_code(code)
            .map(Currency)
            .ok_or_else(|| CurrencyError(code.chars().take(16).collect()))
    }
}

impl TryFrom<String> for Currency {
    type Error = CurrencyError;
    fn try_from(code: String) -> Result<Currency, CurrencyError> {
        code.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.to_string()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.code())
    }
}

/// `numerator / denominator` rounded half to even (IEEE 754 roundTiesToEven, "banker's rounding").
///
/// `denominator` is positive; the result saturates at the ends of `i64`.
pub fn round_half_even(numerator: i128, denominator: i128) -> i64 {
    let (quotient, rest) = (numerator.div_euclid(denominator), numerator.rem_euclid(denominator));
    let up = match (rest * 2).cmp(&denominator) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Equal => quotient & 1,
        std::cmp::Ordering::Greater => 1,
    };
    let rounded = quotient + up;
    i64::try_from(rounded).unwrap_or(if rounded < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_to_the_even_neighbour() {
        let cases = [
            (5, 10, 0),
            (15, 10, 2),
            (25, 10, 2),
            (26, 10, 3),
            (-5, 10, 0),
            (-15, 10, -2),
            (-25, 10, -2),
            (-26, 10, -3),
            (0, 7, 0),
            (7, 7, 1),
        ];
        for (numerator, denominator, expected) in cases {
            assert_eq!(round_half_even(numerator, denominator), expected, "{numerator}");
        }
    }

    #[test]
    fn amounts_are_written_with_the_digits_of_their_currency() {
        let cases = [
            ("USD", 1234, "12.34"),
            ("USD", -5, "-0.05"),
            ("JPY", 1234, "1234"),
            ("KWD", 5, "0.005"),
        ];
        for (code, minor, expected) in cases {
            assert_eq!(code.parse::<Currency>().unwrap().format(minor), expected);
        }
        assert!("US".parse::<Currency>().is_err());
    }
}
