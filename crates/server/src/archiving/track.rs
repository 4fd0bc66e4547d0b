//! Tracks as they are told: where a courier was, and where a delivery was carried.

use super::carried::{Leg, legs};
use super::geojson::{Feature, Geometry};
use super::history::{self, Point};
use super::way::Way;
use crate::app::App;
use crate::couriers;
use crate::error::AppError;
use doorstep_domain::id::{CourierId, DeliveryId, MarketId};
use doorstep_domain::time::{HOUR_US, Micros, SECOND_US, Span};
use doorstep_domain::tracking::Ping;
use doorstep_store::delivery;
use serde::Serialize;
use utoipa::ToSchema;

/// Most pings of one answer: a day at one every second, and some more.
const POINTS_MAX: usize = 100_000;

/// Longest stretch of time asked for at once, in microseconds: what one month can have.
const SPAN_US_MAX: i64 = 31 * 24 * 3_600_000_000;

/// A track: for each stretch its line, then the pings that nobody can have moved to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Track {
    /// `FeatureCollection`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Lines and points.
    pub features: Vec<Feature<TrackOf>>,
}

/// What is known of a line or a point. What was not told is left out, or null in a list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum TrackOf {
    /// A courier's way.
    Line(Box<Line>),
    /// One ping that was too far away to be believed.
    Implausible(Implausible),
}

/// A courier's way; the lists have one entry for each of its places, null where it is only cut at
/// the antimeridian.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Line {
    /// Who.
    pub courier_id: String,
    /// Carrying what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_id: Option<String>,
    /// When the delivery was picked up, if that was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub picked_up_at: Option<Micros>,
    /// From when on, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub from: Micros,
    /// Until when; what happened just then is not in it.
    #[schema(value_type = String, format = DateTime)]
    pub to: Micros,
    /// By the device's clock, RFC 3339.
    #[schema(value_type = Vec<Option<String>>)]
    pub times: Vec<Option<Micros>>,
    /// Metres a second.
    pub speeds_mps: Vec<Option<f64>>,
    /// Degrees clockwise from north.
    pub headings_deg: Vec<Option<f64>>,
    /// Metres of which the device was sure.
    pub accuracies_m: Vec<Option<f64>>,
}

/// A ping that was too far away to be believed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Implausible {
    /// Who.
    pub courier_id: String,
    /// Always.
    pub implausible: bool,
    /// By the device's clock, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Micros,
    /// Metres a second that it would have taken.
    pub speed_needed_mps: f64,
}

/// Where a courier was from one instant to another: without `to` up to what can have come in now,
/// without `from` since an hour before.
///
/// Errors: `from` is not before `to`, or that is too long a time; nobody knows the courier.
pub fn track(
    app: &App,
    courier: &CourierId,
    (from, to): (Option<Micros>, Option<Micros>),
) -> Result<Track, AppError> {
    let hour_before = |end: Micros| end.plus(-HOUR_US);
    let from = from.unwrap_or_else(|| hour_before(to.unwrap_or_else(|| minute(app))));
    let to = to.unwrap_or_else(|| soon(app));
    if from >= to {
        return Err(AppError::invalid("from", "is not before `to`"));
    }
    if to.0.saturating_sub(from.0) > SPAN_US_MAX {
        return Err(AppError::invalid("from", "is more than 31 days before `to`"));
    }
    let points = history::of_courier(app, courier.as_str(), Span::new(from, to), POINTS_MAX)?;
    if points.is_empty() {
        couriers::show(app, courier.as_str())?;
    }
    let line = Line::of(courier, from, to);
    Ok(Track { kind: "FeatureCollection", features: features(line, &points) })
}

/// A minute, in microseconds: also how far ahead of our clock a device's may be.
const MINUTE_US: i64 = 60 * SECOND_US;

/// When this minute began. What is told of "now" is told by full minutes: it stays the same for
/// whoever asks again, as long as nothing has come.
fn minute(app: &App) -> Micros {
    let now = app.clock.now();
    now.plus(-now.0.rem_euclid(MINUTE_US))
}

/// An instant after all that can have come in within this minute.
fn soon(app: &App) -> Micros {
    minute(app).plus(2 * MINUTE_US)
}

/// Where a delivery was carried: each attempt from its assignment, or its pickup where that is all
/// that was told, to its end or now. `only` leaves out the attempts of others.
///
/// Errors: no such market, no such delivery, or none that this courier has to do with.
pub fn of_delivery(
    app: &App,
    delivery: &DeliveryId,
    market: Option<&MarketId>,
    only: Option<&CourierId>,
) -> Result<Track, AppError> {
    let mut legs = legs_of(app, delivery, market)?;
    legs.retain(|leg| only.is_none_or(|only| leg.courier == *only));
    let mut track = Track { kind: "FeatureCollection", features: Vec::new() };
    if legs.is_empty() && only.is_some() {
        return Err(unknown(delivery));
    }
    let mut room = POINTS_MAX;
    for leg in legs {
        let to = leg.to.unwrap_or_else(|| soon(app));
        // Who took and gave at the same instant was nowhere.
        if leg.from >= to {
            continue;
        }
        let span = Span::new(leg.from, to);
        let points = history::of_courier(app, leg.courier.as_str(), span, room)?;
        room -= points.len();
        let mut line = Line::of(&leg.courier, leg.from, to);
        line.delivery_id = Some(delivery.to_string());
        line.picked_up_at = leg.picked_up;
        track.features.extend(features(line, &points));
    }
    Ok(track)
}

/// The attempts at a delivery, in the first market that knows it. Errors: none does.
fn legs_of(
    app: &App,
    delivery: &DeliveryId,
    market: Option<&MarketId>,
) -> Result<Vec<Leg>, AppError> {
    if let Some(market) = market {
        app.market(market.as_str())?;
    }
    let asked = app.markets.keys().filter(|known| market.is_none_or(|market| market == *known));
    for known in asked {
        let name = delivery.as_str();
        let mut found = app.store.read(|tx| delivery::load(tx, known.as_str(), &[name]))?;
        if let Some(facts) = found.remove(name) {
            return Ok(legs(&facts));
        }
    }
    Err(unknown(delivery))
}

fn unknown(delivery: &DeliveryId) -> AppError {
    AppError::NotFound { what: "delivery", id: delivery.to_string() }
}

/// A line with its points, and what does not lie on it.
fn features(mut line: Line, points: &[Point]) -> Vec<Feature<TrackOf>> {
    let mut way = Way::default();
    let mut beside = Vec::new();
    for point in points {
        let place = [point.ping.position.lng(), point.ping.position.lat()];
        match point.implausible_mps {
            None => {
                if way.push(place) {
                    line.push_cut();
                }
                line.push(&point.ping);
            }
            Some(speed_needed_mps) => {
                let courier_id = line.courier_id.clone();
                let at = point.ping.at;
                let told = Implausible { courier_id, implausible: true, at, speed_needed_mps };
                let told = TrackOf::Implausible(told);
                beside.push(Feature::new(Geometry::Point(place), told));
            }
        }
    }
    let Some(geometry) = way.geometry() else {
        return beside;
    };
    let mut features = vec![Feature::new(geometry, TrackOf::Line(Box::new(line)))];
    features.append(&mut beside);
    features
}

impl Line {
    fn of(courier: &CourierId, from: Micros, to: Micros) -> Line {
        Line {
            courier_id: courier.to_string(),
            delivery_id: None,
            picked_up_at: None,
            from,
            to,
            times: Vec::new(),
            speeds_mps: Vec::new(),
            headings_deg: Vec::new(),
            accuracies_m: Vec::new(),
        }
    }

    fn push(&mut self, ping: &Ping) {
        let parts = |number: Option<u16>, of_one: f64| number.map(|n| f64::from(n) / of_one);
        self.times.push(Some(ping.at));
        self.speeds_mps.push(parts(ping.speed_cm_s, 100.0));
        self.headings_deg.push(parts(ping.heading_cdeg, 100.0));
        self.accuracies_m.push(parts(ping.accuracy_dm, 10.0));
    }

    /// Two places where nobody said they were: the same one, from either side.
    fn push_cut(&mut self) {
        self.times.extend([None; 2]);
        for list in [&mut self.speeds_mps, &mut self.headings_deg, &mut self.accuracies_m] {
            list.extend([None; 2]);
        }
    }
}
