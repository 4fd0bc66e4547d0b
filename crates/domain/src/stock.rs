//! Stock: how much of what can be had where, and when somebody is there.

mod hours;
mod names;

pub use hours::{Hours, HoursError, second_of_week};
pub use names::{Fit, Names, Wanted};

use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Whether more of an item may be sold than is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Never.
    #[default]
    Strict,
    /// A few, with an apology: for shelves whose count is known to be low.
    Tolerant,
}

impl Class {
    /// As it is written everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Strict => "strict",
            Class::Tolerant => "tolerant",
        }
    }
}

impl FromStr for Class {
    type Err = String;
    fn from_str(name: &str) -> Result<Class, String> {
        [Class::Strict, Class::Tolerant]
            .into_iter()
            .find(|class| class.as_str() == name)
            .ok_or_else(|| format!("{:?} is neither strict nor tolerant", clipped(name)))
    }
}

/// The beginning of a text that somebody sent, for a sentence that answers it.
fn clipped(text: &str) -> String {
    text.chars().take(32).collect()
}
