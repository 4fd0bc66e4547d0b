//! Whether a message is the provider's: signatures over the raw body, passwords and tokens.
//!
//! Every secret opens, so that one can be replaced by another while both are in use. A comparison
//! takes the same time whatever is wrong: what is compared are digests (RFC 2104), and every secret
//! is tried.

use crate::config::ProviderConfig;
use crate::error::AppError;
use crate::keys::hex;
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep_domain::provider::{AdapterFile, Verify};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha512};
use unicode_normalization::UnicodeNormalization;

/// How a provider's messages are signed, and with what.
pub struct Verifier {
    how: Verify,
    /// Names of headers, of which the first that is there counts.
    headers: Vec<String>,
    prefix: String,
    secrets: Vec<Secret>,
}

/// A message as it came.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// GET, POST.
    pub method: &'a str,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its bytes.
    pub body: &'a [u8],
}

/// A secret, ready to be used; its `Debug` does not show it.
struct Secret {
    sha256: Hmac<Sha256>,
    /// Where it is hexadecimal.
    sha512: Option<Hmac<Sha512>>,
    /// The digest of the secret itself under itself.
    itself: Vec<u8>,
}

impl Verifier {
    /// As configured. Errors: the secret cannot be read, or is none.
    pub(super) fn open(
        config: &ProviderConfig,
        adapter: &AdapterFile,
        key: &impl Fn(&str) -> String,
    ) -> Result<Verifier, AppError> {
        let how = config.verify.unwrap_or(adapter.verify);
        let header = config.signature_header.as_ref().or(adapter.signature_header.as_ref());
        let headers: Vec<String> = header
            .map(|names| names.split('|').map(|name| name.trim().to_ascii_lowercase()).collect())
            .unwrap_or_default();
        if headers.is_empty() && !matches!(how, Verify::Basic | Verify::Easypost | Verify::None) {
            return Err(AppError::invalid(key("signature_header"), "is missing"));
        }
        let mut secrets = Vec::new();
        if let Some(path) = &config.secret_file {
            let unreadable = |error| {
                AppError::machine(format!("{} {}", key("secret_file"), path.display()), error)
            };
            let text = std::fs::read_to_string(path).map_err(unreadable)?;
            for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
                secrets.push(
                    Secret::new(how, line)
                        .map_err(|reason| AppError::invalid(key("secret_file"), reason))?,
                );
            }
        }
        if secrets.is_empty() && how != Verify::None {
            return Err(AppError::invalid(key("secret_file"), "has no secret"));
        }
        let prefix = adapter.signature_prefix.clone().unwrap_or_default();
        Ok(Verifier { how, headers, prefix, secrets })
    }

    /// How messages are signed.
    pub fn how(&self) -> Verify {
        self.how
    }

    /// Which headers are not to be kept: they hold the secret itself.
    pub(super) fn is_secret(&self, header: &str) -> bool {
        let shown =
            matches!(self.how, Verify::Token) && self.headers.iter().any(|name| name == header);
        shown || matches!(header, "authorization" | "proxy-authorization" | "cookie")
    }

    /// Whether a message is the provider's.
    pub fn admits(&self, message: Message<'_>) -> bool {
        if self.how == Verify::None {
            return true;
        }
        // No secret is passed over, so that nothing tells which one it was.
        self.secrets.iter().fold(false, |opened, secret| opened | self.opens(secret, message))
    }

    fn opens(&self, secret: &Secret, message: Message<'_>) -> bool {
        let presented = self.presented(message.headers);
        match self.how {
            Verify::HmacSha256Hex => secret.signed(&[message.body], hex_of(presented).as_deref()),
            Verify::HmacSha256Base64 => {
                secret.signed(&[message.body], base64_of(presented).as_deref())
            }
            Verify::HmacSha512HexKey => {
                secret.signed_by_sha512(message.body, hex_of(presented).as_deref())
            }
            Verify::Basic => {
                let header = text_of(message.headers, "authorization").unwrap_or_default();
                let shown = after_scheme(header, "basic").unwrap_or_default();
                secret.is(base64_of(Some(shown)).as_deref())
            }
            Verify::Token => {
                let shown = presented.unwrap_or_default();
                secret.is(Some(after_scheme(shown, "bearer").unwrap_or(shown).as_bytes()))
            }
            Verify::Easypost => easypost(secret, message, &self.prefix),
            Verify::None => true,
        }
    }

    /// The signature or token that came, without what stands before it.
    fn presented<'m>(&self, headers: &'m HeaderMap) -> Option<&'m str> {
        let found = self.headers.iter().find_map(|name| text_of(headers, name))?;
        Some(found.strip_prefix(self.prefix.as_str()).unwrap_or(found))
    }
}

/// The second version signs time, method, path and body, as they were sent; the first the body.
/// How old a message may be is not looked at: what comes again changes nothing.
fn easypost(secret: &Secret, message: Message<'_>, prefix: &str) -> bool {
    let text = |name| text_of(message.headers, name);
    let signature = |shown: &str| hex_of(Some(shown.strip_prefix(prefix).unwrap_or(shown)));
    match (text("x-hmac-signature-v2"), text("x-timestamp"), text("x-path")) {
        (Some(shown), Some(timestamp), Some(path)) => {
            let parts =
                [timestamp.as_bytes(), message.method.as_bytes(), path.as_bytes(), message.body];
            secret.signed(&parts, signature(shown).as_deref())
        }
        _ => {
            let shown = text("x-hmac-signature").and_then(signature);
            secret.signed(&[message.body], shown.as_deref())
        }
    }
}

impl Secret {
    fn new(how: Verify, text: &str) -> Result<Secret, String> {
        let normalised: String =
            if how == Verify::Easypost { text.nfkd().collect() } else { text.to_owned() };
        let bytes = normalised.as_bytes();
        // Any length is a key of an HMAC.
        let keyed =
            |bytes: &[u8]| Hmac::<Sha256>::new_from_slice(bytes).map_err(|error| error.to_string());
        let sha512 = if how == Verify::HmacSha512HexKey {
            let key = hex_of(Some(text)).ok_or("is not hexadecimal")?;
            Some(Hmac::<Sha512>::new_from_slice(&key).map_err(|error| error.to_string())?)
        } else {
            None
        };
        let sha256 = keyed(bytes)?;
        let itself = sha256.clone().chain_update(bytes).finalize().into_bytes().to_vec();
        Ok(Secret { sha256, sha512, itself })
    }

    fn signed(&self, parts: &[&[u8]], shown: Option<&[u8]>) -> bool {
        let mut mac = self.sha256.clone();
        parts.iter().for_each(|part| mac.update(part));
        mac.verify_slice(shown.unwrap_or_default()).is_ok()
    }

    fn signed_by_sha512(&self, body: &[u8], shown: Option<&[u8]>) -> bool {
        let mac = self.sha512.clone().map(|mac| mac.chain_update(body));
        mac.is_some_and(|mac| mac.verify_slice(shown.unwrap_or_default()).is_ok())
    }

    /// Whether it was shown itself; digests are compared, so that no byte tells of the next.
    fn is(&self, shown: Option<&[u8]>) -> bool {
        let mac = self.sha256.clone().chain_update(shown.unwrap_or_default());
        mac.verify_slice(&self.itself).is_ok()
    }
}

/// The hexadecimal HMAC-SHA-256 of a body, as a provider that signs so would send it.
pub fn sign(secret: &[u8], body: &[u8]) -> String {
    // Any length is a key of an HMAC.
    let mac = Hmac::<Sha256>::new_from_slice(secret);
    mac.map(|mac| hex(&mac.chain_update(body).finalize().into_bytes())).unwrap_or_default()
}

fn text_of<'m>(headers: &'m HeaderMap, name: &str) -> Option<&'m str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn after_scheme<'t>(text: &'t str, scheme: &str) -> Option<&'t str> {
    let (found, rest) = text.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

fn base64_of(text: Option<&str>) -> Option<Vec<u8>> {
    STANDARD.decode(text?).ok()
}

fn hex_of(text: Option<&str>) -> Option<Vec<u8>> {
    let digit =
        |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text?.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(high)? << 4 | digit(low)?));
    if rest.is_empty() { bytes.collect() } else { None }
}

#[cfg(test)]
mod tests;
