//! Models of arrival times: learned, kept by version, and put to the test.

use super::maps::at_hand;
use super::trips::{delivered, routed};
use crate::app::{App, market_lane};
use crate::error::AppError;
use doorstep_domain::arrival::{Estimate, Journey, Model, Score, TRIPS_MIN, Trip, straight_line};
use doorstep_domain::id::MarketId;
use doorstep_domain::time::{Day, Micros, Zone};
use doorstep_store::arrival::{self, ArrivalModelRow};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Versions listed at most.
const VERSIONS_LISTED: u32 = 100;

/// One version of a market's model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ModelView {
    /// Counts up from 1.
    pub version: i64,
    /// RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub learned_at: Micros,
    /// By whom.
    pub learned_by: String,
    /// Trips that it was learned from.
    pub trips: i64,
}

/// How good a model is on days that it has not seen.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Evaluation {
    /// Local days; each was tested with a model learned on all the others.
    #[schema(value_type = Vec<String>)]
    pub days: Vec<Day>,
    /// Trips without a way or a time.
    pub unusable: u64,
    /// By method, the model last.
    pub methods: Vec<Method>,
}

/// How good a method is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Method {
    /// Which.
    pub method: &'static str,
    /// Trips, shares in percent, errors in minutes.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub score: Score,
}

/// Learns a market's arrival times from trips (CSV) and keeps them as the next version.
pub fn learn(app: &App, market: &MarketId, csv: &[u8], by: &str) -> Result<ModelView, AppError> {
    let place = at_hand(app, market)?;
    keep(app, market, &routed(&place, csv)?.0, by)
}

/// Learns a market's arrival times from what was delivered here by car: from pickup to door.
pub fn learn_of_deliveries(app: &App, market: &MarketId, by: &str) -> Result<ModelView, AppError> {
    let place = at_hand(app, market)?;
    keep(app, market, &delivered(app, market, &place)?, by)
}

fn keep(app: &App, market: &MarketId, trips: &[Trip], by: &str) -> Result<ModelView, AppError> {
    let zone = &app.market(market.as_str())?.time_zone;
    let model = Model::learn(trips, zone).ok_or_else(too_few)?;
    let text = serde_json::to_string(&model)
        .map_err(|error| AppError::machine("the arrival model", error))?;
    let (id, by, learned_at) = (market.to_string(), by.to_owned(), app.clock.now());
    let trips = i64::try_from(model.trips()).unwrap_or(i64::MAX);
    let learned = app.store.lane(&market_lane(market)?, move |tx| {
        let version = arrival::add(tx, &id, (learned_at.0, &by), trips, &text)?;
        Ok::<_, AppError>(ModelView { version, learned_at, learned_by: by.clone(), trips })
    })?;
    app.places.changed(market);
    Ok(learned)
}

/// The newest versions of a market's model, the newest first.
pub fn models(app: &App, market: &MarketId) -> Result<Vec<ModelView>, AppError> {
    app.market(market.as_str())?;
    let rows = app.store.read(|tx| arrival::list(tx, market.as_str(), VERSIONS_LISTED))?;
    Ok(rows.into_iter().map(ModelView::from).collect())
}

/// Tests each day of the trips (CSV) with what is learned on all the others. Nothing is kept.
pub fn evaluate(app: &App, market: &MarketId, csv: &[u8]) -> Result<Evaluation, AppError> {
    let place = at_hand(app, market)?;
    let zone = &app.market(market.as_str())?.time_zone;
    let (trips, unusable) = routed(&place, csv)?;
    let mut days: BTreeMap<Day, Vec<Trip>> = BTreeMap::new();
    for trip in &trips {
        days.entry(zone.day(trip.journey.start)).or_default().push(*trip);
    }
    if days.len() < 2 {
        return Err(AppError::invalid("body", "has trips of fewer than two days"));
    }
    let mut told: [Vec<(Estimate, f64)>; 3] = Default::default();
    for (day, tested) in &days {
        let others = days.iter().filter(|(other, _)| *other != day);
        let learned: Vec<Trip> = others.flat_map(|(_, trips)| trips).copied().collect();
        for (told, estimate) in told.iter_mut().zip(methods(&learned, zone)?) {
            told.extend(tested.iter().map(|trip| (estimate(&trip.journey), trip.true_s)));
        }
    }
    let names = ["straight line × constant", "straight line × hour of day", "model"];
    let scored = |(method, told): (&'static str, &Vec<(Estimate, f64)>)| {
        Score::of(told).map(|score| Method { method, score })
    };
    let methods = names.into_iter().zip(&told).filter_map(scored).collect();
    Ok(Evaluation { days: days.into_keys().collect(), unusable: unusable as u64, methods })
}

type Told = Box<dyn Fn(&Journey) -> Estimate>;

fn methods(learned: &[Trip], zone: &Zone) -> Result<[Told; 3], AppError> {
    let model = Model::learn(learned, zone).ok_or_else(too_few)?;
    let (constant, hourly) = (straight_line(learned, None), straight_line(learned, Some(zone)));
    Ok([Box::new(constant), Box::new(hourly), Box::new(move |journey| model.estimate(journey))])
}

fn too_few() -> AppError {
    AppError::invalid("body", format!("has fewer than {TRIPS_MIN} trips that can be used"))
}

impl From<ArrivalModelRow> for ModelView {
    fn from(row: ArrivalModelRow) -> ModelView {
        let (learned_at, trips) = (Micros(row.learned_at_us), row.trips);
        ModelView { version: row.version, learned_at, learned_by: row.learned_by, trips }
    }
}
