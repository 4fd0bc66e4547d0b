//! How each of them signs its messages, and what its API wants to be shown.

use super::{Kind, Plan};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use doorstep_domain::time::{Micros, SECOND_US};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Sha256, Sha512};

/// The headers of a message that say who sends it; a forger knows another secret.
pub(super) fn headers(plan: &Plan, is_forged: bool, body: &[u8]) -> Vec<(&'static str, String)> {
    let mut secret = plan.secret.clone();
    if is_forged {
        // Hexadecimal still, so that it is wrong in the signature and nowhere else.
        secret.push_str("00ff");
    }
    match plan.kind {
        Kind::UberDirect => {
            let signature = hex(&sha256(secret.as_bytes(), body));
            vec![("x-postmates-signature", signature.clone()), ("x-uber-signature", signature)]
        }
        Kind::DoordashDrive => vec![("authorization", secret)],
        Kind::Onfleet => {
            vec![("x-onfleet-signature", hex(&sha512(&from_hex(&secret), body)))]
        }
    }
}

/// Whether a JSON Web Token (RFC 7519, HS256) is by whom it says, for whom, and not over.
/// `credential` is `developer:key:secret`, the secret in base64url.
pub(super) fn is_token_good(credential: &str, authorization: &str, now: Micros) -> bool {
    let parts: Vec<&str> = credential.splitn(3, ':').collect();
    let ([developer, key, secret], Some(token)) =
        (parts.as_slice(), authorization.strip_prefix("Bearer "))
    else {
        return false;
    };
    let Some((signed, signature)) = token.rsplit_once('.') else {
        return false;
    };
    let Some((header, claims)) = signed.split_once('.') else {
        return false;
    };
    let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok();
    let read = |text: &str| -> Value {
        decoded(text).and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    };
    let (header, claims) = (read(header), read(claims));
    let expected = decoded(secret).map(|secret| sha256(&secret, signed.as_bytes()));
    expected.is_some_and(|expected| decoded(signature).is_some_and(|given| given == expected))
        && header["alg"] == "HS256"
        && header["dd-ver"] == "DD-JWT-V1"
        && claims["aud"] == "doordash"
        && claims["iss"] == *developer
        && claims["kid"] == *key
        && claims["exp"].as_i64().is_some_and(|exp| exp > now.0 / SECOND_US)
}

/// Whether `Authorization: Basic` shows a key as the user.
pub(super) fn is_key_good(credential: &str, authorization: &str) -> bool {
    let shown = authorization.strip_prefix("Basic ").and_then(|text| STANDARD.decode(text).ok());
    shown.is_some_and(|shown| shown == format!("{credential}:").into_bytes())
}

/// The token that a client gets for its credential: the same as long as both are.
pub(super) fn token(plan: &Plan) -> String {
    hex(&sha256(plan.secret.as_bytes(), plan.credential.as_bytes()))
}

fn sha256(secret: &[u8], body: &[u8]) -> Vec<u8> {
    Hmac::<Sha256>::new_from_slice(secret)
        .map(|mac| mac.chain_update(body).finalize().into_bytes().to_vec())
        .unwrap_or_default()
}

fn sha512(secret: &[u8], body: &[u8]) -> Vec<u8> {
    Hmac::<Sha512>::new_from_slice(secret)
        .map(|mac| mac.chain_update(body).finalize().into_bytes().to_vec())
        .unwrap_or_default()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.chars().filter_map(|letter| letter.to_digit(16)?.try_into().ok()).collect();
    digits.chunks_exact(2).map(|pair| pair[0] * 16 + pair[1]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The case 1 of RFC 4231.
    #[test]
    fn signatures_are_those_of_the_standard() {
        let secret = "0b".repeat(20);
        assert_eq!(
            hex(&sha256(&from_hex(&secret), b"Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        );
        assert!(
            hex(&sha512(&from_hex(&secret), b"Hi There")).starts_with("87aa7cdea5ef619d4ff0b4241a")
        );
    }

    #[test]
    fn a_token_is_good_for_whom_it_was_made_until_it_is_over() {
        let encoded = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let header = encoded(r#"{"alg":"HS256","typ":"JWT","dd-ver":"DD-JWT-V1"}"#);
        let claims = encoded(r#"{"aud":"doordash","iss":"dev","kid":"key","exp":1000}"#);
        let signed = format!("{header}.{claims}");
        let sign = |secret: &str| {
            let signature = URL_SAFE_NO_PAD.encode(sha256(secret.as_bytes(), signed.as_bytes()));
            format!("Bearer {signed}.{signature}")
        };
        let secret = encoded("secret");
        let before = Micros(999 * SECOND_US);
        let cases = [
            (format!("dev:key:{secret}"), sign("secret"), before, true),
            (format!("dev:key:{secret}"), sign("guess"), before, false),
            (format!("dev:other:{secret}"), sign("secret"), before, false),
            (format!("dev:key:{secret}"), sign("secret"), Micros(1000 * SECOND_US), false),
            (format!("dev:key:{secret}"), "Bearer nonsense".to_owned(), before, false),
            ("dev".to_owned(), sign("secret"), before, false),
        ];
        for (credential, authorization, now, expected) in cases {
            let told = is_token_good(&credential, &authorization, now);
            assert_eq!(told, expected, "{credential} {authorization}");
        }
    }
}
