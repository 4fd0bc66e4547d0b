//! `[providers]`.

use doorstep_domain::provider::Verify;
use serde::Deserialize;
use std::path::PathBuf;

/// Longest name of a provider, in bytes: it is part of a path, a label and a key.
const NAME_BYTES_MAX: usize = 64;

/// One `[providers.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
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
        Ok(())
    }
}
