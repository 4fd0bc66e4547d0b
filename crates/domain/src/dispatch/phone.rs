//! Telephone numbers: E.164, as networks take them.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A number with its country: `+` and 7 to 15 digits, the first of which is no zero (ITU-T E.164).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(Box<str>);

/// Why a text is no number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// Without a country nobody knows whom it reaches.
    #[error("must begin with + and the country's code, such as +14155550123")]
    NoCountry,
    /// Neither digits nor what people write between them.
    #[error("contains {0:?}, which no telephone number does")]
    Character(char),
    /// Too short or too long.
    #[error("has {0} digits; E.164 has 7 to 15")]
    Length(usize),
}

impl Phone {
    /// `+` and digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Phone {
    type Err = PhoneError;

    /// Reads what people write: spaces, dots, hyphens and brackets are left out.
    fn from_str(text: &str) -> Result<Phone, PhoneError> {
        let rest = text.trim().strip_prefix('+').ok_or(PhoneError::NoCountry)?;
        let mut digits = String::from("+");
        for character in rest.chars() {
            match character {
                '0'..='9' => digits.push(character),
                ' ' | '.' | '-' | '(' | ')' => {}
                other => return Err(PhoneError::Character(other)),
            }
        }
        match digits.len() - 1 {
            _ if digits[1..].starts_with('0') => Err(PhoneError::NoCountry),
            7..=15 => Ok(Phone(digits.into())),
            other => Err(PhoneError::Length(other)),
        }
    }
}

impl TryFrom<String> for Phone {
    type Error = PhoneError;
    fn try_from(text: String) -> Result<Phone, PhoneError> {
        text.parse()
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> String {
        phone.0.into_string()
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}
