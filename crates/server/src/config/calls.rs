//! `[calls]`: others that are asked.

use super::Span;
use serde::Deserialize;

/// How router and geocoder are called where they are not built in.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CallsConfig {
    /// How long an answer is awaited before the built-in one is given.
    pub patience: Span,
    /// Calls a second to the router; 0 is no limit.
    pub router_per_second: u32,
    /// Calls a second to the geocoder; 0 is no limit.
    pub geocoder_per_second: u32,
}

impl Default for CallsConfig {
    fn default() -> CallsConfig {
        CallsConfig { patience: Span(300_000), router_per_second: 500, geocoder_per_second: 50 }
    }
}
