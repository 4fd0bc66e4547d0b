//! Addresses and arrival times.

use super::Api;
use super::body::unpacked;
use super::extract::{Asked, Raw};
use super::openapi::{Reading, Sending};
use super::problem::Problem;
use super::reply;
use crate::keys::Principal;
use crate::places::{self, AddressView, ArrivalAsked, ArrivalView, Evaluation, ModelView};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use doorstep_domain::id::MarketId;
use doorstep_domain::streets::Profile;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::Position;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which address.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AddressAsked {
    /// As people write it: `1200 Irving St, 94122`, or `Market St & 4th St`.
    address: String,
    /// Where.
    #[param(value_type = String)]
    market: MarketId,
}

/// Which market.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OfMarket {
    /// Where.
    #[param(value_type = String)]
    market: MarketId,
}

/// What to learn from.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LearningAsked {
    /// Where.
    #[param(value_type = String)]
    market: MarketId,
    /// `trips`, which are sent, or `deliveries`, which were driven here; `trips` where left out.
    from: Option<String>,
}

/// Which way.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WayAsked {
    /// Where.
    #[param(value_type = String)]
    market: MarketId,
    /// `latitude,longitude`.
    from: String,
    /// `latitude,longitude`.
    to: String,
    /// When somebody sets out, RFC 3339; now where left out.
    #[param(value_type = Option<String>)]
    start: Option<Micros>,
    /// `driving`, `cycling` or `walking`; `driving` where left out.
    profile: Option<String>,
}

/// The versions of a model.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Models {
    /// The newest first.
    data: Vec<ModelView>,
}

/// Where an address is: by the house numbers of the market's streets, or as the geocoder has it
/// that is configured.
///
/// `how` and `confidence` say how much of the address was found as it was asked.
#[utoipa::path(
    get, path = "/v1/geocode", operation_id = "geocode",
    tag = "places",
    params(AddressAsked),
    responses((status = 200, description = "The place", body = AddressView), Reading)
)]
pub(super) async fn geocode(
    State(api): State<Api>,
    Asked(asked): Asked<AddressAsked>,
) -> Result<Response, Problem> {
    api.json(move |app| places::address(app, &asked.market, &asked.address)).await
}

/// When somebody who sets out will be there, how sure that is, and what it is made of.
#[utoipa::path(
    get, path = "/v1/arrival", operation_id = "estimate_arrival",
    tag = "places",
    params(WayAsked),
    responses((status = 200, description = "The estimate", body = ArrivalView), Reading)
)]
pub(super) async fn arrival(
    State(api): State<Api>,
    Asked(asked): Asked<WayAsked>,
) -> Result<Response, Problem> {
    let profile = asked.profile.as_deref().unwrap_or("driving").parse::<Profile>();
    let asked = ArrivalAsked {
        market: asked.market,
        from: position("from", &asked.from)?,
        to: position("to", &asked.to)?,
        start: asked.start,
        profile: profile.map_err(|reason| Problem::field("profile", reason))?,
    };
    api.json(move |app| places::arrival(app, &asked)).await
}

/// The versions of a market's model of arrival times.
#[utoipa::path(
    get, path = "/v1/arrival/models", operation_id = "list_arrival_models",
    tag = "places",
    params(OfMarket),
    responses((status = 200, description = "The newest first", body = Models), Reading)
)]
pub(super) async fn models(
    State(api): State<Api>,
    Asked(asked): Asked<OfMarket>,
) -> Result<Response, Problem> {
    api.json(move |app| Ok(Models { data: places::models(app, &asked.market)? })).await
}

/// Learns a market's arrival times from trips that were made; used from the next estimate on.
///
/// CSV with a header: `start_ts`, `end_ts` (seconds since 1970), `start_lat`, `start_lon`,
/// `end_lat`, `end_lon`; other columns are not looked at. `Content-Encoding` may be `gzip` or
/// `zstd`. With `from=deliveries` nothing is sent: what was driven here is learned from.
#[utoipa::path(
    post, path = "/v1/arrival/models", operation_id = "learn_arrival_model",
    tag = "places",
    params(LearningAsked),
    request_body(description = "Trips", content((String = "text/csv"))),
    responses((status = 200, description = "The new version", body = ModelView), Sending)
)]
pub(super) async fn learn(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Asked(asked): Asked<LearningAsked>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let limits = api.limits;
    api.answer(move |app| {
        let (market, by) = (&asked.market, &principal.name);
        let learned = match asked.from.as_deref().unwrap_or("trips") {
            "trips" => places::learn(app, market, &unpacked(&headers, &body, &limits)?, by)?,
            "deliveries" => places::learn_of_deliveries(app, market, by)?,
            _ => return Err(Problem::field("from", "is neither trips nor deliveries")),
        };
        reply::json(StatusCode::OK, &learned)
    })
    .await
}

/// Tests each day of the trips with what is learned on all the others. Nothing is kept.
#[utoipa::path(
    post, path = "/v1/arrival/evaluate", operation_id = "evaluate_arrival_model",
    tag = "places",
    params(OfMarket),
    request_body(
        description = "Trips, as for learning",
        content((String = "text/csv"))
    ),
    responses((status = 200, description = "Scores", body = Evaluation), Sending)
)]
pub(super) async fn evaluate(
    State(api): State<Api>,
    Asked(asked): Asked<OfMarket>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let limits = api.limits;
    api.answer(move |app| {
        let csv = unpacked(&headers, &body, &limits)?;
        let evaluation = places::evaluate(app, &asked.market, &csv)?;
        reply::json(StatusCode::OK, &evaluation)
    })
    .await
}

fn position(parameter: &str, text: &str) -> Result<Position, Problem> {
    let wrong = || Problem::field(parameter, format!("{text:?} is not latitude,longitude"));
    let (lat, lng) = text.split_once(',').ok_or_else(wrong)?;
    let degrees = |text: &str| text.trim().parse::<f64>().map_err(|_| wrong());
    Position::from_degrees(degrees(lat)?, degrees(lng)?).ok_or_else(wrong)
}
