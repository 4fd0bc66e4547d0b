//! What can be had at a place: asked by everybody, all the time, so that it goes past the router.

use super::Api;
use super::access::ANYBODY;
use super::extract::asked_in;
use super::openapi::Reading;
use super::problem::Problem;
use super::reply::{self, page_entries};
use crate::stock::available::{self, Asked, AvailabilityView, Wanted};
use crate::stock::told::Token;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use doorstep_domain::id::MarketId;
use doorstep_domain::tracking::Position;
use serde::Deserialize;
use std::time::Duration;
use utoipa::IntoParams;

/// Items that may be asked for at once.
const ITEMS_MAX: usize = 100;

/// How long it is waited for what somebody has just ordered; then the store is asked.
const WAIT: Duration = Duration::from_secs(1);

/// What can be had where.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AvailabilityAsked {
    /// Degrees north.
    lat: f64,
    /// Degrees east.
    lng: f64,
    /// Up to 100 items, with commas between them. Either these or `category`.
    items: Option<String>,
    /// A category, with everything below it.
    category: Option<String>,
    /// Whose centres; of whichever is nearest where left out.
    #[param(value_type = Option<String>)]
    market: Option<MarketId>,
    /// Of a category: whether what cannot be had is listed too.
    #[serde(default)]
    all: bool,
    /// Of a category: where the page before ended.
    cursor: Option<String>,
    /// Of a category: most items wanted.
    limit: Option<usize>,
    /// The token of an order's answer: this answer shall contain that order.
    #[param(value_type = Option<String>)]
    after: Option<String>,
}

/// What can be had at a place: the sum over the centres that reach it and are open.
///
/// Answered from memory, which follows what is committed; `age_ms` says how old it may be, which is
/// never more than 60 seconds. With `after` it contains what was answered with that token.
#[utoipa::path(
    get, path = "/v1/availability", operation_id = "show_availability",
    tag = "stock",
    params(AvailabilityAsked),
    responses((status = 200, description = "What there is", body = AvailabilityView), Reading)
)]
pub(super) async fn show(
    State(api): State<Api>,
    mut request: Request,
) -> Result<Response, Problem> {
    api.admitted(&mut request, ANYBODY).await?;
    let asked: AvailabilityAsked = asked_in(request.uri())?;
    let place = Position::from_degrees(asked.lat, asked.lng)
        .ok_or_else(|| Problem::field("lat", "lat and lng are not on the globe"))?;
    let after = asked.after.as_deref().map(str::parse::<Token>).transpose();
    let after = after.map_err(|reason| Problem::field("after", reason))?;
    if let (Some(items), None, None) = (&asked.items, &asked.category, &after) {
        let items = listed(items)?;
        if let Some(known) = available::at_once(&api.app, asked.market.as_ref(), place, &items) {
            return reply::json(StatusCode::OK, &known?);
        }
    }
    let wanted = wanted(&api, &asked)?;
    if let Some(token) = &after {
        api.waits_for(token).await;
    }
    let asked = Asked { market: asked.market, place, wanted, after };
    api.json(move |app| available::ask(app, &asked)).await
}

fn wanted(api: &Api, asked: &AvailabilityAsked) -> Result<Wanted, Problem> {
    let neither = "either items or category says what is asked for";
    match (&asked.items, &asked.category) {
        (Some(items), None) => {
            if asked.all || asked.cursor.is_some() || asked.limit.is_some() {
                return Err(Problem::field("items", "come whole, in the order asked for"));
            }
            Ok(Wanted::Items(listed(items)?.into_iter().map(str::to_owned).collect()))
        }
        (None, Some(path)) => Ok(Wanted::Category {
            path: path.clone(),
            all: asked.all,
            cursor: asked.cursor.clone(),
            most: page_entries(asked.limit, &api.limits)?,
        }),
        _ => Err(Problem::field("items", neither)),
    }
}

fn listed(items: &str) -> Result<Vec<&str>, Problem> {
    let listed: Vec<&str> = items.split(',').collect();
    if listed.len() > ITEMS_MAX || items.is_empty() {
        let reason = format!("names {} items; 1 to {ITEMS_MAX} may be asked for", listed.len());
        return Err(Problem::field("items", reason));
    }
    Ok(listed)
}

impl Api {
    /// Waits until the index has come to a token, or the time is over; not where nobody follows.
    async fn waits_for(&self, token: &Token) {
        let app = &self.app;
        if !app.stock.is_followed() || app.stock.is_loading() {
            return;
        }
        let come = async {
            loop {
                // Listened for before it is looked, so that nothing is missed in between.
                let followed = app.stock.followed();
                if available::has_come_to(app, token) {
                    return;
                }
                followed.await;
            }
        };
        // In time or not: what is not there yet is read from the store.
        let _ = tokio::time::timeout(WAIT, come).await;
    }
}
