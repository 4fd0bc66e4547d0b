//! Multipliers of peak windows: decimals such as 1.5, kept exactly as basis points.

use crate::limits::MULTIPLIER_BP_MAX;
use serde::{Deserializer, Serialize, de};
use std::{fmt, str::FromStr};

/// A factor in whole basis points, from 0 to [`MULTIPLIER_BP_MAX`]: 15,000 is ×1.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Multiplier(i64);

/// Why a text is no multiplier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MultiplierError {
    /// Not digits with at most one point between them.
    #[error("{0:?} is not a decimal number such as 1.5")]
    NotDecimal(String),
    /// Work is never paid backwards.
    #[error("is negative")]
    Negative,
    /// Finer than a basis point.
    #[error("has more than four decimals")]
    TooFine,
    /// Above the limit.
    #[error("is above {}", Multiplier(MULTIPLIER_BP_MAX))]
    TooLarge,
}

impl Multiplier {
    /// Basis points in ×1.
    pub const ONE_BP: i64 = 10_000;

    /// ×1: what holds outside every window.
    pub const ONE: Multiplier = Multiplier(Multiplier::ONE_BP);

    /// The factor in basis points.
    pub const fn basis_points(self) -> i64 {
        self.0
    }

    /// The factor of so many basis points; `None` when negative or above [`MULTIPLIER_BP_MAX`].
    pub fn from_basis_points(basis_points: i64) -> Option<Multiplier> {
        (0..=MULTIPLIER_BP_MAX).contains(&basis_points).then_some(Multiplier(basis_points))
    }
}

impl FromStr for Multiplier {
    type Err = MultiplierError;
    fn from_str(text: &str) -> Result<Multiplier, MultiplierError> {
        let not_decimal = || MultiplierError::NotDecimal(text.chars().take(32).collect());
        let digits =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        if !digits(whole) || !digits(decimals) {
            return Err(not_decimal());
        }
        if unsigned.len() < text.len() {
            return Err(MultiplierError::Negative);
        }
        if decimals.len() > 4 {
            return Err(MultiplierError::TooFine);
        }
        format!("{whole}{decimals:0<4}")
            .parse()
            .ok()
            .and_then(Multiplier::from_basis_points)
            .ok_or(MultiplierError::TooLarge)
    }
}

impl fmt::Display for Multiplier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / Multiplier::ONE_BP, self.0 % Multiplier::ONE_BP);
        if rest == 0 {
            return write!(f, "{whole}");
        }
        let decimals = format!("{rest:04}");
        write!(f, "{whole}.{}", decimals.trim_end_matches('0'))
    }
}

impl Serialize for Multiplier {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads a decimal written as text or as a number, and keeps what was written.
pub(super) fn decimal_text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    from.deserialize_any(DecimalText)
}

struct DecimalText;

impl de::Visitor<'_> for DecimalText {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal number such as \"1.5\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    /// The shortest decimal that reads back as the same number is the one that was written.
    fn visit_f64<E: de::Error>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }
}
