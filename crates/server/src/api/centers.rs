//! Centres: put in place, listed, and which of them reach a place.

use super::Api;
use super::extract::{Asked, Named, Raw, json};
use super::openapi::Reading;
use super::problem::Problem;
use super::reply::{Page, page_entries};
use crate::stock::put::{CenterSaid, put_centers};
use crate::stock::search;
use crate::stock::view::{CenterView, NearbyView};
use axum::extract::State;
use axum::response::Response;
use doorstep_domain::id::{CenterId, MarketId};
use doorstep_domain::tracking::Position;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which centres.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CentersAsked {
    /// Only this market.
    #[param(value_type = Option<String>)]
    market: Option<MarketId>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Most centres wanted.
    limit: Option<usize>,
}

/// Which place.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct NearbyAsked {
    /// Degrees north.
    lat: f64,
    /// Degrees east.
    lng: f64,
    /// Whose centres; of whichever is nearest where left out.
    #[param(value_type = Option<String>)]
    market: Option<MarketId>,
    /// Most centres wanted.
    limit: Option<usize>,
}

/// Centres that reach a place.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Nearby {
    /// The soonest first.
    data: Vec<NearbyView>,
}

/// Centres, in the order in which they were put in place.
#[utoipa::path(
    get, path = "/v1/centers", operation_id = "list_centers",
    tag = "stock",
    params(CentersAsked),
    responses((status = 200, description = "A page", body = Page<CenterView>), Reading)
)]
pub(super) async fn list(
    State(api): State<Api>,
    Asked(asked): Asked<CentersAsked>,
) -> Result<Response, Problem> {
    let most = page_entries(asked.limit, &api.limits)?;
    api.json(move |app| {
        let after = asked.cursor.as_deref();
        let found = search::centers(app, asked.market.as_ref(), after, most + 1)?;
        Ok(Page::of(found, most, |center| center.center_id.clone()))
    })
    .await
}

/// Which centres reach a place within the hour, the soonest first; closed ones too.
#[utoipa::path(
    get, path = "/v1/centers/nearby", operation_id = "list_nearby_centers",
    tag = "stock",
    params(NearbyAsked),
    responses((status = 200, description = "The soonest first", body = Nearby), Reading)
)]
pub(super) async fn nearby(
    State(api): State<Api>,
    Asked(asked): Asked<NearbyAsked>,
) -> Result<Response, Problem> {
    let most = page_entries(asked.limit, &api.limits)?;
    let place = Position::from_degrees(asked.lat, asked.lng)
        .ok_or_else(|| Problem::field("lat", "lat and lng are not on the globe"))?;
    api.json(move |app| {
        Ok(Nearby { data: search::nearby(app, asked.market.as_ref(), place, most)? })
    })
    .await
}

/// One centre.
#[utoipa::path(
    get, path = "/v1/centers/{center_id}", operation_id = "show_center",
    tag = "stock",
    params(("center_id" = String, Path, description = "Which")),
    responses((status = 200, description = "The centre", body = CenterView), Reading)
)]
pub(super) async fn show(
    State(api): State<Api>,
    Named(center): Named<String>,
) -> Result<Response, Problem> {
    api.json(move |app| search::center(app, &center)).await
}

/// Puts a centre in place. Where it is and whose goods it sells stay for good.
#[utoipa::path(
    put, path = "/v1/centers/{center_id}", operation_id = "put_center",
    tag = "stock",
    request_body = CenterSaid,
    params(("center_id" = String, Path, description = "Which")),
    responses((status = 200, description = "As it is now", body = CenterView), Reading)
)]
pub(super) async fn put(
    State(api): State<Api>,
    Named(center): Named<CenterId>,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let said: CenterSaid = json(&body)?;
    api.json(move |app| {
        let id = center.to_string();
        let put = put_centers(app, &[(center, said)])?;
        match put.refused.into_iter().next() {
            Some((_, error)) => Err(error),
            None => search::center(app, &id),
        }
    })
    .await
}
