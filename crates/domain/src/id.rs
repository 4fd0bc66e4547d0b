//! Identifiers: text of at most [`limits::ID_BYTES_MAX`] bytes, ours or foreign, valid once parsed.

use crate::limits;
use crate::plain::plain_bytes;
use serde::{Deserialize, Serialize};
use std::{borrow::Borrow, fmt, str::FromStr};

/// Why a text is no identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Nothing there.
    #[error("is empty")]
    Empty,
    /// Longer than allowed.
    #[error("is longer than {} bytes", limits::ID_BYTES_MAX)]
    TooLong,
    /// Would break logs, tables and terminals.
    #[error("contains a control character")]
    ControlCharacter,
}

/// The text itself, where it may be an identifier.
pub(crate) fn checked(text: &str) -> Result<&str, IdError> {
    if text.is_empty() {
        Err(IdError::Empty)
    } else if text.len() > limits::ID_BYTES_MAX {
        Err(IdError::TooLong)
    } else if plain_bytes(text.as_bytes()) < text.len() && text.chars().any(char::is_control) {
        Err(IdError::ControlCharacter)
    } else {
        Ok(text)
    }
}

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                checked(text).map(|text| Self(text.into()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                checked(&text)?;
                Ok(Self(text.into_boxed_str()))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.into_string()
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    )*};
}

identifiers! {
    /// A market: one city or region with one time zone, one currency, one set of terms.
    MarketId,
    /// A courier, as the source of the events names them.
    CourierId,
    /// A delivery: the assignment of one package to be carried, and its state.
    DeliveryId,
    /// A merchant whose goods are delivered.
    MerchantId,
    /// An item: what can be had, everywhere the same.
    ItemId,
    /// A centre: where items lie.
    CenterId,
    /// A provider: who delivers for others, as the configuration names them.
    ProviderId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_checked_where_they_enter() {
        let cases = [
            ("cab-17", Ok(())),
            ("Zoë 7", Ok(())),
            ("", Err(IdError::Empty)),
            ("a\nb", Err(IdError::ControlCharacter)),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<CourierId>().map(|_| ()), expected, "{text:?}");
        }
        let longest = "x".repeat(limits::ID_BYTES_MAX);
        assert!(longest.parse::<CourierId>().is_ok());
        assert_eq!(format!("{longest}x").parse::<CourierId>(), Err(IdError::TooLong));
    }
}
