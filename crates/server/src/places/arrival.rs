//! When somebody who sets out will be there, and why that is believed.

use super::maps::at_hand;
use super::travel::{Router, built_in, travel};
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::arrival::{Estimate, Feature, Journey, Model};
use doorstep_domain::id::MarketId;
use doorstep_domain::streets::Profile;
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_domain::tracking::Position;
use serde::Serialize;
use utoipa::ToSchema;

/// How far a market that has learned nothing may be off either way: the shares of ten of a hundred
/// and ninety of a hundred taxi trips, of the built-in router's seconds.
const UNLEARNED: (f64, f64, f64) = (1.1, 1.6, 2.6);

/// The same of OSRM's seconds, with the profile of cars that it brings: it knows less of crossings.
const UNLEARNED_OF_OSRM: (f64, f64, f64) = (1.8, 2.4, 4.1);

/// What is asked about.
#[derive(Debug, Clone, PartialEq)]
pub struct ArrivalAsked {
    /// Where.
    pub market: MarketId,
    /// From where.
    pub from: Position,
    /// To where.
    pub to: Position,
    /// When somebody sets out; now where it is left out.
    pub start: Option<Micros>,
    /// By which means.
    pub profile: Profile,
}

/// When somebody will be there.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ArrivalView {
    /// RFC 3339: half arrive earlier.
    #[schema(value_type = String, format = DateTime)]
    pub estimated_arrival: Micros,
    /// One in ten arrives earlier.
    #[schema(value_type = String, format = DateTime)]
    pub p10: Micros,
    /// Nine in ten do.
    #[schema(value_type = String, format = DateTime)]
    pub p90: Micros,
    /// Seconds of the way, as half take.
    pub travel_seconds: f64,
    /// Seconds on free streets.
    pub routed_seconds: f64,
    /// Metres.
    pub length_m: f64,
    /// Who measured it: `osrm`, `streets`, or `straight_line` where the market has no streets.
    pub router: Router,
    /// Version of the learned model; null where nothing was learned for this way of travelling.
    pub model_version: Option<i64>,
    /// Seconds of every journey that no road explains, as the model has it.
    pub constant_seconds: f64,
    /// What the way was multiplied by.
    pub factors: Vec<FactorView>,
}

/// One factor of an estimate.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FactorView {
    /// Learned for what.
    #[schema(value_type = String)]
    pub feature: Feature,
    /// How much longer or shorter.
    pub factor: f64,
}

/// When somebody will be there. Errors: no such market; no way.
pub fn arrival(app: &App, asked: &ArrivalAsked) -> Result<ArrivalView, AppError> {
    let place = at_hand(app, &asked.market)?;
    // Cars teach nothing about pedestrians.
    let model = place.model.as_ref().filter(|_| asked.profile == Profile::Driving);
    let (from, to, by) = (asked.from, asked.to, asked.profile);
    // What was learned are factors of the built-in router's seconds: of another's they are wrong.
    let (leg, router) = match model {
        Some(_) => {
            let mut table = built_in(&place, (&[from], &[to]), by);
            (table.legs.pop().and_then(|mut row| row.pop().flatten()), table.router)
        }
        None => {
            let travel = travel(app, &asked.market, (from, to), by)?;
            (travel.leg, travel.router)
        }
    };
    let leg = leg.ok_or_else(|| AppError::Refused {
        code: "no_route",
        reason: "there is no way from there to there".to_owned(),
    })?;
    let start = asked.start.unwrap_or_else(|| app.clock.now());
    let journey = Journey { from, to, start, routed_s: leg.duration_ms as f64 / 1_000.0 };
    let estimate = match model {
        Some(model) => model.estimate(&journey),
        None => unlearned(&journey, by, router),
    };
    let learned = model.map(|model| (model.as_ref(), place.model_version));
    Ok(view(&journey, leg.length_m, router, &estimate, learned))
}

fn view(
    journey: &Journey,
    length_m: f64,
    router: Router,
    estimate: &Estimate,
    learned: Option<(&Model, i64)>,
) -> ArrivalView {
    let after = |seconds: f64| journey.start.plus((seconds * SECOND_US as f64).round() as i64);
    let factors = learned.map_or_else(Vec::new, |(model, _)| model.factors(journey));
    let factor = |(feature, factor)| FactorView { feature, factor };
    ArrivalView {
        estimated_arrival: after(estimate.p50_s),
        p10: after(estimate.p10_s),
        p90: after(estimate.p90_s),
        travel_seconds: estimate.p50_s,
        routed_seconds: journey.routed_s,
        length_m,
        router,
        model_version: learned.map(|(_, version)| version),
        constant_seconds: learned.map_or(0.0, |(model, _)| model.constant_s()),
        factors: factors.into_iter().map(factor).collect(),
    }
}

fn unlearned(journey: &Journey, by: Profile, router: Router) -> Estimate {
    let (p10, p50, p90) = match (by, router) {
        (Profile::Driving, Router::Osrm) => UNLEARNED_OF_OSRM,
        (Profile::Driving, _) => UNLEARNED,
        (Profile::Cycling | Profile::Walking, _) => (0.8, 1.0, 1.4),
    };
    let times = |factor: f64| journey.routed_s * factor;
    Estimate { p10_s: times(p10), p50_s: times(p50), p90_s: times(p90) }
}
