//! When somebody who sets out will be there, and why that is believed.

use super::maps::at_hand;
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::arrival::{Estimate, Feature, Journey};
use doorstep_domain::id::MarketId;
use doorstep_domain::streets::Profile;
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_domain::tracking::Position;
use serde::Serialize;
use utoipa::ToSchema;

/// How far a market that has learned nothing may be off either way: the shares of ten of a hundred
/// and ninety of a hundred taxi trips.
const UNLEARNED: (f64, f64, f64) = (1.1, 1.6, 2.6);

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
    /// `streets`, or `straight_line` where the market has none.
    pub router: &'static str,
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
    let [from, to] = [asked.from, asked.to].map(|at| place.stop(at, asked.profile));
    let way = place.way(&from, &to, asked.profile);
    let way = way.ok_or_else(|| AppError::Refused {
        code: "no_route",
        reason: "there is no way from there to there".to_owned(),
    })?;
    let start = asked.start.unwrap_or_else(|| app.clock.now());
    let journey = Journey { from: asked.from, to: asked.to, start, routed_s: way.duration_s };
    // Cars teach nothing about pedestrians.
    let model = place.model.as_ref().filter(|_| asked.profile == Profile::Driving);
    let estimate =
        model.map_or_else(|| unlearned(&journey, asked.profile), |m| m.estimate(&journey));
    let after = |seconds: f64| start.plus((seconds * SECOND_US as f64).round() as i64);
    let factors = model.map_or_else(Vec::new, |model| model.factors(&journey));
    Ok(ArrivalView {
        estimated_arrival: after(estimate.p50_s),
        p10: after(estimate.p10_s),
        p90: after(estimate.p90_s),
        travel_seconds: estimate.p50_s,
        routed_seconds: way.duration_s,
        length_m: way.length_m,
        router: if place.graph.is_empty() { "straight_line" } else { "streets" },
        model_version: model.map(|_| place.model_version),
        constant_seconds: model.map_or(0.0, |model| model.constant_s()),
        factors: factors
            .into_iter()
            .map(|(feature, factor)| FactorView { feature, factor })
            .collect(),
    })
}

fn unlearned(journey: &Journey, by: Profile) -> Estimate {
    let (p10, p50, p90) = match by {
        Profile::Driving => UNLEARNED,
        Profile::Cycling | Profile::Walking => (0.8, 1.0, 1.4),
    };
    let times = |factor: f64| journey.routed_s * factor;
    Estimate { p10_s: times(p10), p50_s: times(p50), p90_s: times(p90) }
}
