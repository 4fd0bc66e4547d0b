//! Factors out of trips: feature by feature, each the weighted median of what the others leave.
//!
//! Weighted by the estimate, the median of ratios is what makes the sum of absolute errors least.

use super::feature::{Feature, band};
use super::{Journey, Model, Table, Trip};
use crate::time::{SECOND_US, Zone};
use std::collections::BTreeMap;

/// Fewest trips that anything is learned from.
pub const TRIPS_MIN: usize = 100;

/// Times that every feature is looked at anew with the others known.
const ROUNDS: usize = 3;

/// Constants that are tried, in seconds.
const CONSTANTS_S: [f64; 6] = [0.0, 30.0, 60.0, 90.0, 120.0, 180.0];

/// Fewest trips of a band that say how sure an estimate is.
const SPREAD_TRIPS_MIN: usize = 50;

/// Seconds of a day.
const DAY_S: i64 = 86_400;

/// A ratio and its weight.
type Weighed = (f64, f64);

pub(super) fn learn(trips: &[Trip], zone: &Zone) -> Option<Model> {
    let trips: Vec<&Trip> = trips.iter().filter(|trip| is_sound(trip)).collect();
    if trips.len() < TRIPS_MIN {
        return None;
    }
    let spread = spread(&trips, zone);
    Some(Model { spread, ..fit(&trips, zone) })
}

fn is_sound(trip: &Trip) -> bool {
    let is_time = |seconds: f64| seconds.is_finite() && seconds > 0.0;
    is_time(trip.true_s) && is_time(trip.journey.routed_s)
}

/// All but how sure it is.
fn fit(trips: &[&Trip], zone: &Zone) -> Model {
    let constant_s = constant_s(trips);
    let mut estimates: Vec<f64> =
        trips.iter().map(|trip| constant_s + trip.journey.routed_s).collect();
    let unknown = |feature| Table { feature, factors: BTreeMap::new() };
    let mut tables: Vec<Table> = Feature::ALL.into_iter().map(unknown).collect();
    let keys = |table: &Table| -> Vec<i64> {
        trips.iter().map(|trip| table.feature.key(&trip.journey, zone)).collect()
    };
    let keys: Vec<Vec<i64>> = tables.iter().map(keys).collect();
    for _ in 0..ROUNDS {
        for (table, keys) in tables.iter_mut().zip(&keys) {
            refit(table, keys, trips, &mut estimates);
        }
    }
    let spread = BTreeMap::new();
    Model { zone: zone.clone(), trips: trips.len(), constant_s, tables, spread }
}

/// Finds a feature's factors anew, and brings the estimates up to date.
fn refit(table: &mut Table, keys: &[i64], trips: &[&Trip], estimates: &mut [f64]) {
    let factor = |factors: &BTreeMap<i64, f64>, key: i64| factors.get(&key).copied().unwrap_or(1.0);
    let mut ratios: BTreeMap<i64, Vec<Weighed>> = BTreeMap::new();
    for ((key, trip), estimate) in keys.iter().zip(trips).zip(estimates.iter()) {
        let without = estimate / factor(&table.factors, *key);
        ratios.entry(*key).or_default().push((trip.true_s / without, without));
    }
    let doubt = table.feature.doubt();
    let drawn = |(key, mut ratios): (i64, Vec<Weighed>)| {
        let count = ratios.len() as f64;
        (key, (median(&mut ratios).ln() * count / (count + doubt)).exp())
    };
    let factors: BTreeMap<i64, f64> = ratios.into_iter().map(drawn).collect();
    for (key, estimate) in keys.iter().zip(estimates) {
        *estimate *= factor(&factors, *key) / factor(&table.factors, *key);
    }
    table.factors = factors;
}

/// The constant that leaves the least error under one factor for all.
fn constant_s(trips: &[&Trip]) -> f64 {
    let error_s = |constant_s: f64| {
        let free_s = |trip: &Trip| constant_s + trip.journey.routed_s;
        let ratio = |trip: &&Trip| (trip.true_s / free_s(trip), free_s(trip));
        let factor = median(&mut trips.iter().map(ratio).collect::<Vec<_>>());
        trips.iter().map(|trip| (trip.true_s - factor * free_s(trip)).abs()).sum::<f64>()
    };
    let errors = CONSTANTS_S.map(|constant_s| (constant_s, error_s(constant_s)));
    errors.into_iter().min_by(|one, other| one.1.total_cmp(&other.1)).map_or(0.0, |best| best.0)
}

/// How far trips are from the estimates of a model that has not seen them: of two, each learned
/// from every other day, or from every other trip where all are of one day.
fn spread(trips: &[&Trip], zone: &Zone) -> BTreeMap<i64, (f64, f64)> {
    let day = |trip: &Trip| trip.journey.start.0.div_euclid(SECOND_US * DAY_S);
    let is_odd_day = |(_, trip): &(usize, &&Trip)| day(trip) % 2 != 0;
    let mut halves: (Vec<_>, Vec<_>) = trips.iter().enumerate().partition(is_odd_day);
    if halves.0.len().min(halves.1.len()) < trips.len() / 10 {
        halves = trips.iter().enumerate().partition(|(place, _)| place % 2 != 0);
    }
    let halves: [Vec<&Trip>; 2] =
        [halves.0, halves.1].map(|half| half.into_iter().map(|(_, trip)| *trip).collect());
    let mut ratios: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
    for (learned, tested) in [(&halves[0], &halves[1]), (&halves[1], &halves[0])] {
        let model = fit(learned, zone);
        for trip in tested {
            let estimate_s = likely_s(&model, &trip.journey);
            ratios.entry(band(estimate_s)).or_default().push(trip.true_s / estimate_s);
        }
    }
    let enough = ratios.into_iter().filter(|(_, ratios)| ratios.len() >= SPREAD_TRIPS_MIN);
    enough.map(|(band, mut ratios)| (band, ends(&mut ratios))).collect()
}

fn likely_s(model: &Model, journey: &Journey) -> f64 {
    model.likely_s(journey).max(1.0)
}

/// The tenth and the ninetieth of a hundred.
fn ends(ratios: &mut [f64]) -> (f64, f64) {
    ratios.sort_by(f64::total_cmp);
    let at = |percent: usize| ratios[(ratios.len() - 1) * percent / 100];
    (at(10), at(90))
}

/// The ratio with half of the weight on either side; 1 of nothing.
fn median(ratios: &mut [Weighed]) -> f64 {
    ratios.sort_by(|one, other| one.0.total_cmp(&other.0));
    let half = ratios.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
    let mut sum = 0.0;
    let found = ratios.iter().find(|(_, weight)| {
        sum += weight;
        sum >= half
    });
    found.map_or(1.0, |(ratio, _)| *ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_weight_lies_on_either_side() {
        let cases: [(&[Weighed], f64); 4] = [
            (&[], 1.0),
            (&[(2.0, 1.0)], 2.0),
            (&[(3.0, 1.0), (1.0, 1.0), (2.0, 1.0)], 2.0),
            (&[(9.0, 10.0), (1.0, 1.0), (2.0, 1.0)], 9.0),
        ];
        for (ratios, expected) in cases {
            assert_eq!(median(&mut ratios.to_vec()), expected, "{ratios:?}");
        }
    }
}
