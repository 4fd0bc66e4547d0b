//! What is configured of streams: `[streams]`.

use super::Span;
use serde::Deserialize;

/// `[streams]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StreamsConfig {
    /// How long what was announced can be read again: a stream that comes back is told the rest.
    pub keep: Span,
}

impl Default for StreamsConfig {
    fn default() -> StreamsConfig {
        StreamsConfig { keep: Span(10 * 60_000_000) }
    }
}

impl StreamsConfig {
    /// The first key that cannot be, and why.
    pub(super) fn validate(&self) -> Result<(), String> {
        // Other processes' boards hear from it too, and a store is no archive.
        if !(60_000_000..=7 * 24 * 3_600_000_000).contains(&self.keep.0) {
            return Err("keep: is not within 1m and 168h".to_owned());
        }
        Ok(())
    }
}
