//! A key's secret: 256 bits of the system's randomness, never printed by accident.

use crate::error::AppError;
use sha2::{Digest, Sha256};

/// What every secret made here begins with, so that scanners of leaked text can know it.
const PREFIX: &str = "dsk_";

/// Bytes below which a secret somebody chose can be guessed; one made here has 68.
const GUESSABLE_BELOW_BYTES: usize = 16;

/// Most bytes of a secret somebody chose; a header must hold it.
const CHOSEN_BYTES_MAX: usize = 256;

/// A secret in the clear; its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new one. Errors: [`AppError::Machine`] where the system has no randomness to give.
    pub fn random() -> Result<Secret, AppError> {
        Ok(Secret(format!("{PREFIX}{}", random_hex::<32>()?)))
    }

    /// One that somebody chose. Errors: [`AppError::Invalid`] where it is empty or cannot be sent.
    pub fn configured(text: &str) -> Result<Secret, AppError> {
        let sendable = text.bytes().all(|byte| byte.is_ascii_graphic());
        if !sendable || !(1..=CHOSEN_BYTES_MAX).contains(&text.len()) {
            let reason = format!("must be 1 to {CHOSEN_BYTES_MAX} printable ASCII characters");
            return Err(AppError::invalid("DOORSTEP_ADMIN_KEY", reason));
        }
        Ok(Secret(text.to_owned()))
    }

    /// Whether it is too short to be relied on where strangers can try.
    pub fn is_guessable(&self) -> bool {
        self.0.len() < GUESSABLE_BELOW_BYTES
    }

    /// One that a client presents; whether it opens anything is not known yet.
    pub fn presented(text: &str) -> Secret {
        Secret(text.to_owned())
    }

    /// The secret itself, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// The name of its key: 64 bits of its hash, which lead nowhere near 256 bits of secret.
    pub fn key_id(&self) -> String {
        format!("key_{}", hex(&self.hash()[..8]))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// `N` random bytes in hexadecimal digits.
pub(crate) fn random_hex<const N: usize>() -> Result<String, AppError> {
    let mut bytes = [0_u8; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| AppError::machine("the system's randomness", error))?;
    Ok(hex(&bytes))
}

/// Bytes in lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let pair = |byte: &u8| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    // Digits are ASCII.
    String::from_utf8(bytes.iter().flat_map(pair).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_do_not_show_themselves() {
        let (one, other) = (Secret::random().unwrap(), Secret::random().unwrap());
        assert_ne!(one, other);
        assert!(one.reveal().starts_with("dsk_") && one.reveal().len() == 68);
        assert!(!format!("{one:?} {}", one.key_id()).contains(&one.reveal()[4..20]));
    }

    #[test]
    fn chosen_secrets_must_fit_a_header() {
        let cases = [
            ("correct-horse-battery", true),
            ("short", true),
            ("", false),
            ("has a space in the middle", false),
            ("zeile\numbruch-mittendrin", false),
        ];
        for (text, taken) in cases {
            assert_eq!(Secret::configured(text).is_ok(), taken, "{text:?}");
        }
        assert!(Secret::presented("short").is_guessable());
        assert!(!Secret::presented("correct-horse-battery").is_guessable());
    }
}
