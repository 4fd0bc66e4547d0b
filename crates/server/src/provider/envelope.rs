//! A message as it stands in the log: one line of JSON, then the raw bytes as they came.

use super::Provider;
use axum::http::HeaderMap;
use doorstep_domain::provider::Origin;
use doorstep_domain::time::Micros;
use doorstep_log::Record;
use serde::{Deserialize, Serialize};

/// Bytes of headers that are kept: a provider's own come first, a proxy's may fill pages.
const HEADERS_BYTES_MAX: usize = 4_096;

/// What is known of a message besides its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Who sent it, by the name in the configuration.
    pub provider: String,
    /// When it came.
    pub received_at: Micros,
    /// Whether it is the answer to a question of ours.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub was_asked_for: bool,
    /// Whether it is what a person has decided here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_decision: bool,
    /// Its headers, without those that hold a secret.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
}

/// A record that is no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a provider's message: {0}")]
pub struct NoMessage(String);

impl Envelope {
    /// Of a message that a provider has sent.
    pub fn of(provider: &Provider, headers: &HeaderMap, received_at: Micros) -> Envelope {
        let mut bytes = 0;
        let mut kept = Vec::new();
        for (name, value) in headers {
            let Some(value) =
                value.to_str().ok().filter(|_| !provider.verifier.is_secret(name.as_str()))
            else {
                continue;
            };
            bytes += name.as_str().len() + value.len();
            if bytes <= HEADERS_BYTES_MAX {
                kept.push((name.as_str().to_owned(), value.to_owned()));
            }
        }
        let provider = provider.name.clone();
        Envelope { headers: kept, ..Envelope::from(provider, received_at) }
    }

    /// Of an answer that a provider gave when it was asked.
    pub fn of_answer(provider: &str, received_at: Micros) -> Envelope {
        Envelope { was_asked_for: true, ..Envelope::from(provider.to_owned(), received_at) }
    }

    /// Of what a person has decided of a delivery of this provider.
    pub fn of_decision(provider: &str, received_at: Micros) -> Envelope {
        Envelope { is_decision: true, ..Envelope::from(provider.to_owned(), received_at) }
    }

    /// Of a message without headers.
    pub(super) fn from(provider: String, received_at: Micros) -> Envelope {
        let headers = Vec::new();
        Envelope { provider, received_at, was_asked_for: false, is_decision: false, headers }
    }

    /// How we came to know of it.
    pub fn origin(&self) -> Origin {
        if self.was_asked_for { Origin::Poll } else { Origin::Webhook }
    }

    /// The record of a message. Which partition it goes to makes no difference: events merge.
    pub fn record(&self, body: &[u8]) -> Record {
        // What is written has text and times only, which JSON can always hold.
        let mut value = serde_json::to_vec(self).unwrap_or_default();
        value.push(b'\n');
        value.extend_from_slice(body);
        Record { key: self.provider.clone().into_bytes(), value }
    }

    /// Reads [`Envelope::record`] back.
    pub fn open(value: &[u8]) -> Result<(Envelope, &[u8]), NoMessage> {
        // JSON has no line break but between its tokens, and ours is written without any.
        let end = value.iter().position(|byte| *byte == b'\n');
        let end = end.ok_or_else(|| NoMessage("it has no first line".to_owned()))?;
        let envelope = serde_json::from_slice(&value[..end]);
        let envelope = envelope.map_err(|error| NoMessage(format!("its first line: {error}")))?;
        Ok((envelope, &value[end + 1..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// E1: whatever bytes came are kept unchanged.
        #[test]
        fn a_message_reads_back(body: Vec<u8>, at in 0_i64..4_000_000_000_000_000, asked: bool) {
            let mut envelope = Envelope::of_answer("uber", Micros(at));
            envelope.was_asked_for = asked;
            envelope.headers.push(("x-line".to_owned(), "a\nb".to_owned()));
            let record = envelope.record(&body);
            prop_assert_eq!(Envelope::open(&record.value), Ok((envelope, &*body)));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(value: Vec<u8>) {
            if let Ok((_, body)) = Envelope::open(&value) {
                prop_assert!(body.len() < value.len());
            }
        }
    }
}
