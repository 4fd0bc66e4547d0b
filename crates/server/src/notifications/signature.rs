//! Signatures of messages: Standard Webhooks 1.0, scheme `v1` (HMAC-SHA-256, RFC 2104).

use crate::error::AppError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What a secret begins with where it is shown.
const PREFIX: &str = "whsec_";

/// Bytes of a secret; the standard wants 24 to 64.
const BYTES: usize = 32;

/// What a subscription's messages are signed with; its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(Vec<u8>);

impl SigningSecret {
    /// A new one. Errors: [`AppError::Machine`] where the system has no randomness to give.
    pub fn random() -> Result<SigningSecret, AppError> {
        let mut bytes = vec![0_u8; BYTES];
        getrandom::fill(&mut bytes)
            .map_err(|error| AppError::machine("the system's randomness", error))?;
        Ok(SigningSecret(bytes))
    }

    /// As the receiver is given it, to be shown once.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    /// As it was shown. Errors: why it is none.
    pub(crate) fn told(text: &str) -> Result<SigningSecret, String> {
        let encoded = text.strip_prefix(PREFIX).ok_or("does not begin with whsec_")?;
        let bytes = STANDARD.decode(encoded).map_err(|error| error.to_string())?;
        match (24..=64).contains(&bytes.len()) {
            true => Ok(SigningSecret(bytes)),
            false => Err(format!("has {} bytes, not 24 to 64", bytes.len())),
        }
    }

    /// What is kept.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for SigningSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SigningSecret(…)")
    }
}

/// The signature of a body that is sent under this name at this time, in seconds since 1970.
pub fn sign(secret: &[u8], message_id: &str, at_s: i64, body: &[u8]) -> Result<String, AppError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret)
        .map_err(|error| AppError::machine("the secret of a subscription", error))?;
    mac.update(format!("{message_id}.{at_s}.").as_bytes());
    mac.update(body);
    Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

/// Whether one of the signatures of a body, parted by spaces, is that of the secret. Each is looked
/// at, and each for the same time.
pub fn verifies(
    secret: &SigningSecret,
    message_id: &str,
    at_s: i64,
    body: &[u8],
    signatures: &str,
) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&secret.0) else {
        return false;
    };
    mac.update(format!("{message_id}.{at_s}.").as_bytes());
    mac.update(body);
    let is_it = |signature: &str| {
        let told = signature.strip_prefix("v1,").and_then(|told| STANDARD.decode(told).ok());
        told.is_some_and(|told| mac.clone().verify_slice(&told).is_ok())
    };
    signatures.split(' ').fold(false, |known, signature| known | is_it(signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// E3: the vector that the libraries of Standard Webhooks are tested with.
    #[test]
    fn the_published_vector_comes_out() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let told = sign(
            &secret,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(told.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn secrets_differ_and_do_not_show_themselves() {
        let (one, other) = (SigningSecret::random().unwrap(), SigningSecret::random().unwrap());
        assert_ne!(one, other);
        let shown = one.reveal();
        let bytes = STANDARD.decode(shown.strip_prefix(PREFIX).unwrap()).unwrap();
        assert_eq!((bytes.as_slice(), bytes.len()), (one.bytes(), BYTES));
        assert!(!format!("{one:?}").contains(&shown[6..12]));
    }
}
