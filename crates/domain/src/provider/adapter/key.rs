//! Names for events that their provider gives none: made of what they say.

use crate::time::Micros;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// What an event is known by.
pub(super) struct Said<'a> {
    /// Who told it.
    pub(super) provider: &'a str,
    /// Of which delivery.
    pub(super) reference: &'a str,
    /// What happened.
    pub(super) name: &'a str,
    /// The status.
    pub(super) status: &'a str,
    /// When, where the provider says it.
    pub(super) at: Option<Micros>,
}

/// `sha256:` of what is said and of the payload, whatever the order of its keys.
pub(super) fn key(said: &Said<'_>, payload: &Value) -> Box<str> {
    let mut hash = Sha256::new();
    let at = said.at.map_or_else(String::new, |at| at.0.to_string());
    for text in [said.provider, said.reference, said.name, said.status, &at] {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    let mut written = Vec::with_capacity(1_024);
    write(&mut written, payload);
    hash.update(&written);
    let digest = hash.finalize();
    let mut key = String::with_capacity("sha256:".len() + 2 * digest.len());
    key.push_str("sha256:");
    for byte in digest {
        // Writing to a text does not fail.
        let _ = write!(key, "{byte:02x}");
    }
    key.into()
}

/// The payload with its keys in order and nothing between.
fn write(into: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            into.push(b'{');
            for (name, value) in members {
                write_text(into, name);
                into.push(b':');
                write(into, value);
                into.push(b',');
            }
            into.push(b'}');
        }
        Value::Array(elements) => {
            into.push(b'[');
            for element in elements {
                write(into, element);
                into.push(b',');
            }
            into.push(b']');
        }
        Value::String(text) => write_text(into, text),
        plain => into.extend_from_slice(plain.to_string().as_bytes()),
    }
}

/// Its length goes first, so that no text can look like two.
fn write_text(into: &mut Vec<u8>, text: &str) {
    into.extend_from_slice(format!("{}\"", text.len()).as_bytes());
    into.extend_from_slice(text.as_bytes());
}
