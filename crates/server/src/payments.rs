//! The payment adapter: whoever takes payments is told of every reservation, and tells us how it
//! went; both by Standard Webhooks, signed with the same secret.
//!
//! `cashier` reads what was announced of orders and makes tasks, `sending` is what a runner does
//! with them, `hearing` takes what the gateway says. What comes too late, twice or of another
//! amount is asked back: nobody pays for what they do not get.

pub mod cashier;
pub mod hearing;

pub(crate) mod sending;

mod message;

use crate::config::PaymentsConfig;
use crate::error::AppError;
use crate::notifications::{SigningSecret, sign, verifies};
use doorstep_domain::time::{Micros, SECOND_US};

/// How far a message's own time may be from ours, in microseconds: as the standard's libraries
/// have it. Later than that somebody may have kept it to send it again.
const TOLERANCE_US: i64 = 5 * 60 * SECOND_US;

/// Secrets at once: the one that signs, and during a rotation the one before it.
const SECRETS_MAX: usize = 2;

/// Whoever takes payments.
#[derive(Debug)]
pub struct Payments {
    url: String,
    /// The first one signs.
    secrets: Vec<SigningSecret>,
}

/// What a message says of itself: its name, its time in seconds since 1970, and its signatures.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`.
    pub timestamp: &'a str,
    /// `webhook-signature`.
    pub signatures: &'a str,
}

impl Payments {
    /// As configured. Errors: [`AppError::Invalid`] where the file of secrets is not to be used.
    pub fn open(config: &PaymentsConfig) -> Result<Payments, AppError> {
        let wrong = |reason: String| AppError::invalid("payments.secret_file", reason);
        let path = &config.secret_file;
        let text = std::fs::read_to_string(path)
            .map_err(|error| wrong(format!("{}: {error}", path.display())))?;
        let lines: Vec<&str> =
            text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if !(1..=SECRETS_MAX).contains(&lines.len()) {
            let count = lines.len();
            return Err(wrong(format!("has {count} secrets, not one, or two during a rotation")));
        }
        let secrets = lines.into_iter().map(|line| SigningSecret::told(line).map_err(wrong));
        Ok(Payments { url: config.url.clone(), secrets: secrets.collect::<Result<_, _>>()? })
    }

    /// Whether a body was signed by whoever has one of the secrets, about now.
    pub fn verifies(&self, signed: Signed<'_>, body: &[u8], now: Micros) -> bool {
        let Ok(at_s) = signed.timestamp.parse::<i64>() else {
            return false;
        };
        let is_timely = (now.0 - at_s.saturating_mul(SECOND_US)).abs() <= TOLERANCE_US;
        // Every secret is tried: how long it takes says nothing.
        let known = self.secrets.iter().fold(false, |known, secret| {
            known | verifies(secret, signed.id, at_s, body, signed.signatures)
        });
        known && is_timely && !signed.id.is_empty()
    }

    fn sign(&self, id: &str, at_s: i64, body: &[u8]) -> Result<String, AppError> {
        match self.secrets.first() {
            Some(secret) => sign(secret.bytes(), id, at_s, body),
            None => Err(AppError::machine("payments", "there is no secret")),
        }
    }
}
