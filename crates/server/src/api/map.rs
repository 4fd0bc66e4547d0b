//! Where couriers and deliveries are.

use super::Api;
use super::access::own;
use super::extract::{Asked, Named};
use super::openapi::{IfNoneMatch, Revalidating};
use super::problem::Problem;
use super::reply;
use crate::keys::Principal;
use crate::tracking::geo::{self, MapView};
use crate::tracking::view::{self, DeliveryPositionView, PositionView};
use crate::tracking::watch::scope;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use doorstep_domain::id::{CourierId, DeliveryId, MarketId};
use serde::Deserialize;
use utoipa::IntoParams;

/// Couriers shown one by one where the client does not say, and at most.
const DOTS: usize = 2_000;
const DOTS_MAX: usize = 20_000;

/// Where a courier is.
///
/// The newest believed position; `source` is `snapshot` where this server has not seen the courier
/// since it started.
#[utoipa::path(
    get, path = "/v1/couriers/{courier_id}/position", operation_id = "show_position_of_courier",
    tag = "tracking",
    params(("courier_id" = String, Path, description = "Who"), IfNoneMatch),
    responses((status = 200, description = "The position", body = PositionView), Revalidating)
)]
pub(super) async fn courier(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(courier): Named<CourierId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    own(&principal, &courier)?;
    api.answer(move |app| reply::tagged(&headers, &view::courier_position(app, courier.as_str())?))
        .await
}

/// Which of several deliveries of that name.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DeliveryAsked {
    /// Only in this market; else in whichever has one of that name.
    #[param(value_type = Option<String>)]
    pub(super) market: Option<MarketId>,
}

/// Where a delivery is, while somebody carries it.
#[utoipa::path(
    get, path = "/v1/deliveries/{delivery_id}/position",
    operation_id = "show_position_of_delivery",
    tag = "tracking",
    params(("delivery_id" = String, Path, description = "Which"), DeliveryAsked, IfNoneMatch),
    responses(
        (status = 200, description = "The position", body = DeliveryPositionView),
        Revalidating,
    )
)]
pub(super) async fn delivery(
    State(api): State<Api>,
    Named(delivery): Named<DeliveryId>,
    Asked(asked): Asked<DeliveryAsked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let find = move |app: &crate::app::App| {
        let found = view::delivery_position(app, delivery.as_str(), asked.market.as_ref())?;
        reply::tagged(&headers, &found)
    };
    api.answer(find).await
}

/// Which part of the map.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MapAsked {
    /// `west,south,east,north` in degrees; across the antimeridian where west is east of east.
    bbox: String,
    /// Only this market.
    #[param(value_type = Option<String>)]
    market: Option<MarketId>,
    /// Couriers shown one by one, 2,000 where left out; of more there are clusters.
    #[param(minimum = 1, maximum = 20_000)]
    limit: Option<usize>,
}

/// Who is in a box, as GeoJSON.
///
/// A point for each courier; over the limit a point for each crowd, with `count`. The `ETag` is
/// another one whenever the answer is: ask with `If-None-Match`.
#[utoipa::path(
    get, path = "/v1/map", operation_id = "show_map",
    tag = "tracking",
    params(MapAsked, IfNoneMatch),
    responses(
        (status = 200, description = "GeoJSON", body = MapView,
         content_type = "application/geo+json"),
        Revalidating,
    )
)]
pub(super) async fn map(
    State(api): State<Api>,
    Asked(asked): Asked<MapAsked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let bbox = scope::bbox(&asked.bbox)?;
    let limit = asked.limit.unwrap_or(DOTS);
    if !(1..=DOTS_MAX).contains(&limit) {
        return Err(Problem::field("limit", format!("{limit} is not within 1 and {DOTS_MAX}")));
    }
    if let Some(market) = &asked.market {
        api.app.market(market.as_str())?;
    }
    api.answer(move |app| {
        let (tag, view) = geo::map(app, &bbox, asked.market.as_ref(), limit);
        let mut response = if reply::is_known(&headers, &tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let body = serde_json::to_vec(&view()).map_err(Problem::internal)?;
            reply::as_geo_json(reply::json_bytes(StatusCode::OK, body))
        };
        let tag = HeaderValue::from_str(&tag).map_err(Problem::internal)?;
        response.headers_mut().insert(header::ETAG, tag);
        Ok(response)
    })
    .await
}
