//! How good estimates are, and what they have to beat.

use super::{Estimate, Journey, Trip};
use crate::time::{Micros, Zone};
use serde::Serialize;

/// How far estimates were from what happened.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Score {
    /// Trips that were estimated.
    pub trips: usize,
    /// Of a hundred, how many within two minutes.
    pub within_2_min_percent: f64,
    /// Within five.
    pub within_5_min_percent: f64,
    /// Within ten.
    pub within_10_min_percent: f64,
    /// Mean of the absolute error, in minutes.
    pub mean_error_min: f64,
    /// Median of it.
    pub median_error_min: f64,
    /// Of a hundred, how many between the tenth and the ninetieth; `None` where none was told.
    pub within_p10_p90_percent: Option<f64>,
}

impl Score {
    /// Of estimates and what it took in truth, in seconds; `None` of none.
    pub fn of(told: &[(Estimate, f64)]) -> Option<Score> {
        let mut errors: Vec<f64> =
            told.iter().map(|(estimate, true_s)| (estimate.p50_s - true_s).abs()).collect();
        errors.sort_by(f64::total_cmp);
        let median_error_min = errors.get(errors.len() / 2)? / 60.0;
        let percent = |count: usize| 100.0 * count as f64 / told.len() as f64;
        let within = |minutes: f64| percent(errors.partition_point(|e| *e <= minutes * 60.0));
        let is_told = |estimate: &Estimate| estimate.p10_s < estimate.p90_s;
        let covers = |(e, true_s): &&(Estimate, f64)| (e.p10_s..=e.p90_s).contains(true_s);
        let covered = percent(told.iter().filter(covers).count());
        Some(Score {
            trips: told.len(),
            within_2_min_percent: within(2.0),
            within_5_min_percent: within(5.0),
            within_10_min_percent: within(10.0),
            mean_error_min: errors.iter().sum::<f64>() / errors.len() as f64 / 60.0,
            median_error_min,
            within_p10_p90_percent: told.iter().any(|(e, _)| is_told(e)).then_some(covered),
        })
    }
}

/// What needs no streets: the straight line times a constant, or times one for each hour of the
/// day; learned from the trips, in seconds for a journey.
pub fn straight_line(
    trips: &[Trip],
    by_hour: Option<&Zone>,
) -> impl Fn(&Journey) -> Estimate + use<> {
    let hour = move |start: Micros, zone: Option<&Zone>| {
        let shown = jiff::Timestamp::from_microsecond(start.0).unwrap_or_default();
        zone.map_or(0, |zone| zone.as_jiff().to_datetime(shown).hour() as usize)
    };
    let zone = by_hour.cloned();
    let mut paces: Vec<Vec<f64>> = vec![Vec::new(); 24];
    for trip in trips {
        let line_m = trip.journey.from.distance_m(trip.journey.to).max(1.0);
        paces[hour(trip.journey.start, by_hour)].push(trip.true_s / line_m);
    }
    let median = |mut paces: Vec<f64>| {
        paces.sort_by(f64::total_cmp);
        paces.get(paces.len() / 2).copied()
    };
    let paces: Vec<Option<f64>> = paces.into_iter().map(median).collect();
    let any = paces.iter().flatten().next().copied().unwrap_or(0.0);
    move |journey| {
        let pace = paces[hour(journey.start, zone.as_ref())].unwrap_or(any);
        let p50_s = pace * journey.from.distance_m(journey.to);
        Estimate { p10_s: p50_s, p50_s, p90_s: p50_s }
    }
}
