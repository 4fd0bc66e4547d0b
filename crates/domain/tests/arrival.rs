//! Arrival times: what is learned of a made-up city whose truth is known.

use doorstep_domain::arrival::{Journey, Model, Score, TRIPS_MIN, Trip, straight_line};
use doorstep_domain::time::{HOUR_US, Micros, Zone};
use doorstep_domain::tracking::Position;

/// Monday 19 May 2008, midnight in San Francisco.
const MONDAY_US: i64 = 1_211_180_400_000_000;

fn zone() -> Zone {
    "America/Los_Angeles".parse().expect("a zone")
}

/// Trips each ten minutes: 60 seconds and the way, half as long again from 16 to 19, and up to a
/// fifth more or less by a fixed pattern.
fn trips(days: std::ops::Range<i64>) -> Vec<Trip> {
    let trip = |number: i64| {
        let start = Micros(MONDAY_US + number * HOUR_US / 6);
        let routed_s = 200.0 + (number * 37 % 600) as f64;
        let east = i32::try_from(number * 7 % 50).expect("small") * 10_000;
        let from = Position { lat_e7: 377_600_000, lng_e7: -1_224_400_000 + east };
        let to = Position { lat_e7: 377_600_000 + (routed_s * 700.0) as i32, ..from };
        let rush = if (16..19).contains(&(number / 6 % 24)) { 1.5 } else { 1.0 };
        let noise = 0.8 + 0.4 * (number * 13 % 101) as f64 / 100.0;
        let journey = Journey { from, to, start, routed_s };
        Trip { journey, true_s: (60.0 + routed_s) * rush * noise }
    };
    (days.start * 144..days.end * 144).map(trip).collect()
}

/// C8: hours are learned from other days, and an estimate is told with how sure it is.
#[test]
fn rush_hours_are_learned_and_nine_in_ten_arrive_by_the_ninetieth() {
    let model = Model::learn(&trips(0..14), &zone()).expect("enough");
    let score = |estimate: &dyn Fn(&Journey) -> doorstep_domain::arrival::Estimate| {
        let told: Vec<_> =
            trips(14..21).iter().map(|trip| (estimate(&trip.journey), trip.true_s)).collect();
        Score::of(&told).expect("trips")
    };
    let learned = score(&|journey| model.estimate(journey));
    let constant = straight_line(&trips(0..14), None);
    let line = score(&|journey| constant(journey));
    assert!(learned.mean_error_min < 0.8 * line.mean_error_min, "{learned:?} {line:?}");
    let covered = learned.within_p10_p90_percent.expect("quantiles");
    assert!((70.0..=92.0).contains(&covered), "{covered}");
    assert_eq!(line.within_p10_p90_percent, None);
    let quantiles = model.estimate(&trips(0..1)[3].journey);
    assert!(quantiles.p10_s < quantiles.p50_s && quantiles.p50_s < quantiles.p90_s);
}

#[test]
fn a_model_comes_back_from_its_text_and_says_why() {
    let model = Model::learn(&trips(0..7), &zone()).expect("enough");
    let text = serde_json::to_string(&model).expect("text");
    let back: Model = serde_json::from_str(&text).expect("a model");
    let journey = trips(8..9)[100].journey;
    assert_eq!(back.estimate(&journey), model.estimate(&journey));
    let product: f64 = model.factors(&journey).iter().map(|(_, factor)| factor).product();
    let whole = (model.constant_s() + journey.routed_s) * product;
    assert!((whole - model.estimate(&journey).p50_s).abs() < 1e-6);
}

#[test]
fn too_few_or_impossible_trips_teach_nothing() {
    let few = &trips(0..1)[..TRIPS_MIN - 1];
    assert_eq!(Model::learn(few, &zone()), None);
    let impossible: Vec<Trip> =
        trips(0..7).into_iter().map(|trip| Trip { true_s: f64::NAN, ..trip }).collect();
    assert_eq!(Model::learn(&impossible, &zone()), None);
}
