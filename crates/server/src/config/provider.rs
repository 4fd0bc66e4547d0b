//! `[providers]`.

use crate::calls::target::Reach;
use doorstep_domain::dispatch::Phone;
use doorstep_domain::id::MerchantId;
use doorstep_domain::provider::Verify;
use serde::Deserialize;
use std::path::PathBuf;

/// Longest name of a provider, in bytes: it is part of a path, a label and a key.
const NAME_BYTES_MAX: usize = 64;

/// One `[providers.NAME]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    /// How what it says is read.
    pub adapter: String,
    /// How its messages are signed, where the adapter's own way is not used.
    #[serde(default)]
    pub verify: Option<Verify>,
    /// The header with the signature or the token, where it is not the adapter's.
    #[serde(default)]
    pub signature_header: Option<String>,
    /// The secret; with two lines both during a rotation.
    #[serde(default)]
    pub secret_file: Option<PathBuf>,
    /// Its API: asked to bring deliveries, and when it is silent; never where left out.
    #[serde(default)]
    pub url: Option<String>,
    /// What its API is shown.
    #[serde(default)]
    pub credential_file: Option<PathBuf>,
    /// The account that its API names.
    #[serde(default)]
    pub account: Option<String>,
    /// Where its API has tokens, where that is elsewhere.
    #[serde(default)]
    pub token_url: Option<String>,
    /// The merchant whose account with it this is; all that it tells is theirs.
    #[serde(default)]
    pub merchant_id: Option<MerchantId>,
    /// The number that its couriers call at the pickup.
    #[serde(default)]
    pub pickup_phone: Option<Phone>,
    /// Calls a second at most; the documented limit where left out.
    #[serde(default)]
    pub per_second: Option<f64>,
    /// Calls at the same time.
    #[serde(default = "at_once")]
    pub at_once: usize,
    /// How many times its usual gap it may be silent.
    #[serde(default = "silent_factor")]
    pub silent_factor: f64,
}

/// Calls at the same time where nobody says.
fn at_once() -> usize {
    4
}

/// How many times its usual gap a provider may be silent where nobody says.
fn silent_factor() -> f64 {
    3.0
}

impl ProviderConfig {
    /// The first key that cannot be, and why.
    pub(super) fn validate(&self, name: &str) -> Result<(), String> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let named = name.bytes().all(|byte| plain(byte) || matches!(byte, b'_' | b'-'));
        if name.is_empty() || name.len() > NAME_BYTES_MAX || !named {
            let most = NAME_BYTES_MAX;
            return Err(format!(": is not 1 to {most} lower-case letters, digits, _ and -"));
        }
        if self.verify != Some(Verify::None) && self.secret_file.is_none() {
            return Err(
                ".secret_file: is missing; verify = \"none\" takes whatever comes".to_owned()
            );
        }
        self.validate_url()
    }

    /// The same of what its API is asked by.
    fn validate_url(&self) -> Result<(), String> {
        let Some(url) = &self.url else {
            return Ok(());
        };
        Reach::Anywhere.admits(url).map_err(|error| format!(".url: {error}"))?;
        if let Some(token_url) = &self.token_url {
            Reach::Anywhere.admits(token_url).map_err(|error| format!(".token_url: {error}"))?;
        }
        if self.credential_file.is_none() {
            return Err(".credential_file: is missing: what its API is shown".to_owned());
        }
        if self.pickup_phone.is_none() {
            return Err(".pickup_phone: is missing: whom its couriers call".to_owned());
        }
        if let Some(per_second) = self.per_second.filter(|it| !(0.001..=1_000.0).contains(it)) {
            return Err(format!(".per_second: {per_second} is not within 0.001 and 1000"));
        }
        if !(1..=64).contains(&self.at_once) {
            return Err(format!(".at_once: {} is not within 1 and 64", self.at_once));
        }
        if !(0.001..=100.0).contains(&self.silent_factor) {
            let factor = self.silent_factor;
            return Err(format!(".silent_factor: {factor} is not within 0.001 and 100"));
        }
        Ok(())
    }
}
