//! Tracks as they are told: where a courier was, and where a delivery was carried.

use super::carried::{Leg, legs};
use super::geojson::{Feature, Geometry, Place};
use super::history::{self, Point};
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::id::{CourierId, DeliveryId, MarketId};
use doorstep_domain::time::{Micros, Span};
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

/// A courier's way; the lists have one entry for each of its places.
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
    #[schema(value_type = Vec<String>)]
    pub times: Vec<Micros>,
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

/// Where a courier was from one instant to another. Errors: `from` is not before `to`, or that is
/// too long a time.
pub fn track(app: &App, courier: &CourierId, from: Micros, to: Micros) -> Result<Track, AppError> {
    if from >= to {
        return Err(AppError::invalid("from", "is not before `to`"));
    }
    if to.0.saturating_sub(from.0) > SPAN_US_MAX {
        return Err(AppError::invalid("from", "is more than 31 days before `to`"));
    }
    let points = history::of_courier(app, courier.as_str(), Span::new(from, to), POINTS_MAX)?;
    let line = Line::of(courier, from, to);
    Ok(Track { kind: "FeatureCollection", features: features(line, &points) })
}

/// Where a delivery was carried: each attempt from its assignment, or its pickup where that is all
/// that was told, to its end or now. `only` leaves out the attempts of others.
///
/// Errors: no such delivery, or none that this courier has to do with.
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
        let to = leg.to.unwrap_or_else(|| app.clock.now());
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
    let mut places: Vec<Place> = Vec::with_capacity(points.len());
    let mut beside = Vec::new();
    for point in points {
        let place = [point.ping.position.lng(), point.ping.position.lat()];
        match point.implausible_mps {
            None => {
                places.push(place);
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
    let geometry = match places.as_slice() {
        [] => return beside,
        [place] => Geometry::Point(*place),
        _ => Geometry::LineString(places),
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
        self.times.push(ping.at);
        self.speeds_mps.push(parts(ping.speed_cm_s, 100.0));
        self.headings_deg.push(parts(ping.heading_cdeg, 100.0));
        self.accuracies_m.push(parts(ping.accuracy_dm, 10.0));
    }
}
