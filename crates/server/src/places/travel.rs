//! How long it takes from here to there: asked of the router that is configured, and of the
//! built-in one where that does not answer.

use super::maps::{Place, at_hand};
use super::others::{WAY, fell_back};
use super::way::ways;
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::id::MarketId;
use doorstep_domain::streets::{Leg, Profile, TABLE_CELLS_MAX};
use doorstep_domain::tracking::Position;
use serde::Serialize;
use utoipa::ToSchema;

/// Who measured a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Router {
    /// The OSRM that the configuration names.
    Osrm,
    /// The built-in router, on the market's streets.
    Streets,
    /// The built-in router of a market without streets.
    StraightLine,
}

/// From each to each.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Rows for the sources, columns for the destinations; `None` where there is no way.
    pub legs: Vec<Vec<Option<Leg>>>,
    /// Of all of them: seconds of two routers cannot be compared.
    pub router: Router,
}

/// One way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Travel {
    /// `None` where there is no way.
    pub leg: Option<Leg>,
    /// Who says so.
    pub router: Router,
}

/// How long it takes from one place to another. Errors: no such market.
pub fn travel(
    app: &App,
    market: &MarketId,
    (from, to): (Position, Position),
    by: Profile,
) -> Result<Travel, AppError> {
    let Table { legs, router } = table(app, market, (&[from], &[to]), by)?;
    Ok(Travel { leg: legs.into_iter().flatten().next().flatten(), router })
}

/// How long it takes from each place to each. It blocks for `calls.patience` at most before the
/// built-in router is asked, and not at all while the configured one is left alone.
///
/// Errors: no such market; more than [`TABLE_CELLS_MAX`] ways.
pub fn table(
    app: &App,
    market: &MarketId,
    (from, to): (&[Position], &[Position]),
    by: Profile,
) -> Result<Table, AppError> {
    app.market(market.as_str())?;
    if from.len().saturating_mul(to.len()) > TABLE_CELLS_MAX {
        let reason = format!("the table has more than {TABLE_CELLS_MAX} cells");
        return Err(AppError::invalid("destinations", reason));
    }
    if let Some(osrm) = app.others.router.as_ref().filter(|_| by == Profile::Driving) {
        match osrm.table(from, to) {
            Ok(legs) => return Ok(Table { legs, router: Router::Osrm }),
            Err(error) => fell_back(WAY, error.outcome()),
        }
    }
    Ok(built_in(&*at_hand(app, market)?, (from, to), by))
}

/// By the built-in router alone.
pub(super) fn built_in(
    place: &Place,
    (from, to): (&[Position], &[Position]),
    by: Profile,
) -> Table {
    let router = if place.graph.is_empty() { Router::StraightLine } else { Router::Streets };
    let [from, to] =
        [from, to].map(|places| places.iter().map(|at| place.stop(*at, by)).collect::<Vec<_>>());
    // One way alone is searched from both ends.
    if let ([from], [to]) = (from.as_slice(), to.as_slice()) {
        return Table { legs: vec![vec![place.way(from, to, by).map(|way| way.leg())]], router };
    }
    Table { legs: ways(place, &from, &to, by), router }
}

impl Router {
    /// As answers call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Router::Osrm => "osrm",
            Router::Streets => "streets",
            Router::StraightLine => "straight_line",
        }
    }
}
