//! An adapter as it is written: a table of paths and a table of statuses.

use super::super::path::Path;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A table as it is written in a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdapterFile {
    /// Its name, in lower-case letters, digits and `_`.
    pub name: String,
    /// What people call the provider.
    pub title: String,
    /// How its messages are signed.
    pub verify: Verify,
    /// The header that holds the signature or the token.
    #[serde(default)]
    pub signature_header: Option<String>,
    /// What stands before a signature in its header.
    #[serde(default)]
    pub signature_prefix: Option<String>,
    /// Names of events that are kept and no part of a timeline.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// Requests a minute that its API takes, by its documentation.
    #[serde(default)]
    pub requests_per_minute: Option<u32>,
    /// Whether a payload whose elements are events is one itself, too.
    #[serde(default)]
    pub whole: bool,
    /// Whether another courier, before the pickup, begins another attempt.
    #[serde(default)]
    pub courier_opens_attempt: bool,
    /// Where things stand.
    pub read: Fields,
    /// What statuses mean; the first that fits counts.
    #[serde(default)]
    pub status: Vec<StatusRow>,
}

/// How messages are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verify {
    /// HMAC-SHA-256 of the body, hexadecimal.
    HmacSha256Hex,
    /// HMAC-SHA-256 of the body, in base 64.
    HmacSha256Base64,
    /// HMAC-SHA-512 of the body, hexadecimal, the secret being hexadecimal too.
    HmacSha512HexKey,
    /// `Authorization: Basic`.
    Basic,
    /// The secret itself in a header.
    Token,
    /// EasyPost's, the second version where it is sent, else the first.
    Easypost,
    /// Not at all.
    None,
}

/// For each field the paths to it; the first that leads somewhere counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fields {
    /// The provider's name of the event.
    pub event: Vec<Path>,
    /// The name of what happened.
    pub name: Vec<Path>,
    /// The status.
    pub status: Vec<Path>,
    /// When.
    pub at: Vec<Path>,
    /// The provider's name of the delivery.
    pub reference: Vec<Path>,
    /// Our name of the delivery.
    pub ours: Vec<Path>,
    /// The provider's name of the attempt.
    pub attempt: Vec<Path>,
    /// The provider's name of the courier.
    pub courier_id: Vec<Path>,
    /// What the courier is called.
    pub courier_name: Vec<Path>,
    /// The courier's number.
    pub courier_phone: Vec<Path>,
    /// Degrees north of the courier.
    pub lat: Vec<Path>,
    /// Degrees east of the courier.
    pub lng: Vec<Path>,
    /// Where it can be watched.
    pub tracking_url: Vec<Path>,
    /// Why.
    pub reason: Vec<Path>,
}

/// What statuses mean.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusRow {
    /// The statuses, in whichever case.
    pub is: Vec<String>,
    /// Paths, and what must stand there; all of them.
    #[serde(default)]
    pub when: Written,
    /// A state, or `ignored`.
    pub means: String,
    /// It begins the next attempt where the present one stands at one of these states.
    #[serde(default)]
    pub opens_attempt_after: Vec<String>,
}

/// Conditions as they are written: path and text.
pub type Written = BTreeMap<String, String>;
