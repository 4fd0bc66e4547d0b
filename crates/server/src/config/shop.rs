//! `[markets.NAME.shop]`.

use super::Span;
use serde::Deserialize;

/// How things are sold in a market.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ShopConfig {
    /// How far a centre reaches, from the order to the door.
    pub within: Span,
    /// From the order until it can be picked up.
    pub picking: Span,
    /// How long a reservation holds.
    pub hold: Span,
}

impl Default for ShopConfig {
    fn default() -> ShopConfig {
        let minutes = |minutes: i64| Span(minutes * 60_000_000);
        ShopConfig { within: minutes(60), picking: minutes(5), hold: minutes(10) }
    }
}

impl ShopConfig {
    /// The first key that cannot be, and why.
    pub(super) fn validate(&self) -> Result<(), String> {
        let hours = |hours: i64| hours * 3_600_000_000;
        if !(60_000_000..=hours(24)).contains(&self.within.0) {
            return Err("within: is not within 1m and 24h".to_owned());
        }
        if self.picking.0 > self.within.0 {
            return Err("picking: is more than within".to_owned());
        }
        if !(1_000_000..=hours(24)).contains(&self.hold.0) {
            return Err("hold: is not within 1s and 24h".to_owned());
        }
        Ok(())
    }
}
