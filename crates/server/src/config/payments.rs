//! `[payments]`: who takes payments.

use crate::calls::target::Reach;
use serde::Deserialize;
use std::path::PathBuf;

/// `[payments]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentsConfig {
    /// Who is told of reservations, by webhook.
    pub url: String,
    /// A file with the secret of both ways, `whsec_…`; of two lines the first signs, and both open.
    pub secret_file: PathBuf,
}

impl PaymentsConfig {
    /// The first key that cannot be, and why.
    pub(super) fn validate(&self) -> Result<(), String> {
        Reach::Anywhere.admits(&self.url).map_err(|error| format!("url: {error}"))
    }
}
