//! `[markets.NAME.dispatch]`.

use super::Span;
use doorstep_domain::dispatch::Rings;
use serde::Deserialize;

/// `[markets.NAME.dispatch]`. Lengths in metres.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DispatchConfig {
    /// Who is asked.
    pub mode: DispatchMode,
    /// Of the first ring.
    pub radius: f64,
    /// Of the last.
    pub radius_max: f64,
    /// Couriers asked at once.
    pub offers: usize,
    /// How long until the next ones are asked.
    pub widen_after: Span,
    /// How long an offer stands.
    pub offer_for: Span,
    /// How long before a package is ready couriers are looked for.
    pub lead: Span,
    /// How long until a person is told.
    pub give_up_after: Span,
    /// How long a courier who has accepted may be silent.
    pub silent_after: Span,
    /// How long after its end a customer's link still opens.
    pub link_after: Span,
    /// In mode `batch`, how often all that waits is planned.
    pub batch_every: Span,
    /// In mode `batch`, whether what was accepted and not picked up may be given to another.
    pub replan: bool,
    /// Providers that what no courier takes is handed to, in this order.
    pub hand_over: Vec<String>,
}

/// How it is decided who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DispatchMode {
    /// Whoever would be there first, at once.
    #[default]
    Nearest,
    /// One plan for all that waits, every few seconds.
    Batch,
}

impl Default for DispatchConfig {
    fn default() -> DispatchConfig {
        let rings = Rings::default();
        DispatchConfig {
            mode: DispatchMode::default(),
            radius: rings.radius_m,
            radius_max: rings.radius_max_m,
            offers: rings.offers,
            widen_after: Span(rings.widen_after_us),
            offer_for: Span(rings.offer_for_us),
            lead: Span(rings.lead_us),
            give_up_after: Span(rings.give_up_after_us),
            silent_after: Span(rings.silent_after_us),
            link_after: Span(2 * 3_600_000_000),
            batch_every: Span(10_000_000),
            replan: false,
            hand_over: Vec::new(),
        }
    }
}

impl DispatchConfig {
    /// As the rules take it.
    pub fn rings(&self) -> Rings {
        Rings {
            radius_m: self.radius,
            radius_max_m: self.radius_max,
            offers: self.offers,
            widen_after_us: self.widen_after.0,
            offer_for_us: self.offer_for.0,
            lead_us: self.lead.0,
            give_up_after_us: self.give_up_after.0,
            silent_after_us: self.silent_after.0,
        }
    }

    /// The first key that cannot be, and why.
    pub(super) fn validate(&self) -> Result<(), String> {
        let radii = [("radius", self.radius), ("radius_max", self.radius_max)];
        for (key, metres) in radii {
            if !(100.0..=100_000.0).contains(&metres) {
                return Err(format!("{key}: {metres} is not within 100 and 100000 metres"));
            }
        }
        if self.radius_max < self.radius {
            return Err("radius_max: is less than radius".to_owned());
        }
        if !(1..=20).contains(&self.offers) {
            return Err(format!("offers: {} is not within 1 and 20", self.offers));
        }
        let lengths = [
            ("widen_after", self.widen_after),
            ("offer_for", self.offer_for),
            ("give_up_after", self.give_up_after),
            ("silent_after", self.silent_after),
            ("batch_every", self.batch_every),
        ];
        if let Some((key, _)) = lengths.into_iter().find(|(_, length)| length.0 < 100_000) {
            return Err(format!("{key}: is less than a tenth of a second"));
        }
        // The link tells an address to whoever has it: that must end.
        if !(1_000_000..=30 * 24 * 3_600_000_000).contains(&self.link_after.0) {
            return Err("link_after: is not within 1s and 720h".to_owned());
        }
        Ok(())
    }
}
