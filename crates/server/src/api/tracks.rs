//! Tracks: where couriers were, and where deliveries were carried.

use super::Api;
use super::access::{forbidden, own};
use super::extract::{Asked, Named};
use super::map::DeliveryAsked;
use super::openapi::{IfNoneMatch, Revalidating};
use super::problem::Problem;
use super::reply;
use crate::archiving::{self, Track};
use crate::error::AppError;
use crate::keys::Principal;
use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use doorstep_domain::id::{CourierId, DeliveryId};
use doorstep_domain::time::Micros;
use serde::Deserialize;
use utoipa::IntoParams;

/// Of when.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TrackAsked {
    /// From when on, RFC 3339; where it is left out an hour before `to`, or before this minute.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Micros>,
    /// Until when; where it is left out a minute or two from now, since devices' clocks are ahead.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Micros>,
}

/// Where a courier was, by the device's own clock: GeoJSON, one line and what does not lie on it.
///
/// At most 31 days and 100,000 pings at once. Pings to which nobody can have moved so fast are
/// points of their own. Log and archive are read as one.
#[utoipa::path(
    get, path = "/v1/couriers/{courier_id}/track", operation_id = "show_track_of_courier",
    tag = "tracking",
    params(("courier_id" = String, Path, description = "Whose"), TrackAsked, IfNoneMatch),
    responses(
        (status = 200, description = "GeoJSON", content((Track = "application/geo+json"))),
        Revalidating,
    )
)]
pub(super) async fn of_courier(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(courier): Named<CourierId>,
    Asked(asked): Asked<TrackAsked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    own(&principal, &courier)?;
    api.answer(move |app| told(&headers, &archiving::track(app, &courier, (asked.from, asked.to))?))
        .await
}

/// Where a delivery was carried: GeoJSON, one line for each attempt, from assignment to its end.
///
/// A courier sees what they carried themselves.
#[utoipa::path(
    get, path = "/v1/deliveries/{delivery_id}/track", operation_id = "show_track_of_delivery",
    tag = "tracking",
    params(("delivery_id" = String, Path, description = "Which"), DeliveryAsked, IfNoneMatch),
    responses(
        (status = 200, description = "GeoJSON", content((Track = "application/geo+json"))),
        Revalidating,
    )
)]
pub(super) async fn of_delivery(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(delivery): Named<DeliveryId>,
    Asked(asked): Asked<DeliveryAsked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    api.answer(move |app| {
        let only = principal.courier.as_ref();
        let track = archiving::of_delivery(app, &delivery, asked.market.as_ref(), only);
        match track {
            // Whether there is such a delivery is none of a stranger's business.
            Err(AppError::NotFound { .. }) if only.is_some() => Err(forbidden(&principal)),
            track => told(&headers, &track?),
        }
    })
    .await
}

/// A track as GeoJSON; 304 where the client has just that already.
fn told(asked: &HeaderMap, track: &Track) -> Result<Response, Problem> {
    reply::tagged(asked, track).map(reply::as_geo_json)
}
