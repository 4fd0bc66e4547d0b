//! When somebody will be there: the way on free streets, times what has been learned of the hour
//! and the places, and how sure that is.
//!
//! `(constant + routed) × overall × hour of week × distance × origin × destination × pair`. Each
//! factor is a weighted median of what is left to explain, drawn towards 1 where little is known.

mod feature;
mod learning;
mod score;

pub use feature::Feature;
pub use learning::TRIPS_MIN;
pub use score::{Score, straight_line};

use crate::time::{Micros, Zone};
use crate::tracking::Position;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A way that is asked about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Journey {
    /// From where.
    pub from: Position,
    /// To where.
    pub to: Position,
    /// When it begins.
    pub start: Micros,
    /// Seconds on free streets, as the router has it.
    pub routed_s: f64,
}

/// A journey that was made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trip {
    /// The way.
    pub journey: Journey,
    /// Seconds that it took.
    pub true_s: f64,
}

/// How long a journey takes, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// One in ten is faster.
    pub p10_s: f64,
    /// Half are.
    pub p50_s: f64,
    /// Nine in ten are.
    pub p90_s: f64,
}

impl Estimate {
    /// Not before `least_s` seconds: somebody who is early waits.
    pub fn at_least(self, least_s: f64) -> Estimate {
        Estimate {
            p10_s: self.p10_s.max(least_s),
            p50_s: self.p50_s.max(least_s),
            p90_s: self.p90_s.max(least_s),
        }
    }
}

/// One after another, each late or early for reasons of its own: medians add up, and deviations
/// from them as the squares of independent errors do.
pub fn chain(parts: &[Estimate]) -> Estimate {
    let p50_s: f64 = parts.iter().map(|part| part.p50_s).sum();
    let deviation = |of: fn(&Estimate) -> f64| {
        parts.iter().map(|part| (of(part) - part.p50_s).powi(2)).sum::<f64>().sqrt()
    };
    let (early_s, late_s) = (deviation(|part| part.p10_s), deviation(|part| part.p90_s));
    Estimate { p10_s: (p50_s - early_s).max(0.0), p50_s, p90_s: p50_s + late_s }
}

/// What was learned of a market.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Whose clocks the hours are.
    zone: Zone,
    /// Trips that it was learned from.
    trips: usize,
    /// Seconds of every journey that no road explains.
    constant_s: f64,
    tables: Vec<Table>,
    /// By the band of the estimate: the tenth and the ninetieth of a hundred of true / estimated.
    spread: BTreeMap<i64, (f64, f64)>,
}

/// The factors of one feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Table {
    feature: Feature,
    factors: BTreeMap<i64, f64>,
}

impl Model {
    /// Learns from trips; `None` from fewer than [`TRIPS_MIN`].
    pub fn learn(trips: &[Trip], zone: &Zone) -> Option<Model> {
        learning::learn(trips, zone)
    }

    /// How long a journey takes.
    pub fn estimate(&self, journey: &Journey) -> Estimate {
        let p50_s = self.likely_s(journey);
        let band = feature::band(p50_s);
        let least = self.spread.range(..=band).next_back();
        let spread = least.or_else(|| self.spread.iter().next()).map(|(_, spread)| *spread);
        let (low, high) = spread.unwrap_or((0.6, 1.7));
        Estimate { p10_s: p50_s * low.min(1.0), p50_s, p90_s: p50_s * high.max(1.0) }
    }

    /// The factors of a journey by feature, where there is one: why an estimate is what it is.
    pub fn factors(&self, journey: &Journey) -> Vec<(Feature, f64)> {
        let factor = |table: &Table| {
            let key = table.feature.key(journey, &self.zone);
            (table.feature, table.factors.get(&key).copied().unwrap_or(1.0))
        };
        self.tables.iter().map(factor).collect()
    }

    /// Trips that it was learned from.
    pub fn trips(&self) -> usize {
        self.trips
    }

    /// Seconds of every journey that no road explains.
    pub fn constant_s(&self) -> f64 {
        self.constant_s
    }

    fn likely_s(&self, journey: &Journey) -> f64 {
        let factors = self.factors(journey).into_iter().map(|(_, factor)| factor);
        (self.constant_s + journey.routed_s.max(0.0)) * factors.product::<f64>()
    }
}
