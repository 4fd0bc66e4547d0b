//! Who is told what: when it is tried again, what an answer to a webhook means, and the words.

mod schedule;
mod template;
mod verdict;

pub use schedule::{CUSTOMER, PAYMENT, PROVIDER, Schedule, WEBHOOK, owner_rest_us};
pub use template::{Placeholder, Template};
pub use verdict::{Verdict, is_message_type, verdict};

use serde::{Deserialize, Serialize};
use std::fmt;

/// How a customer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// By e-mail.
    Mail,
    /// By text message.
    Sms,
    /// On their telephone's screen.
    Push,
}

impl Channel {
    /// As it is written everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Mail => "mail",
            Channel::Sms => "sms",
            Channel::Push => "push",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
