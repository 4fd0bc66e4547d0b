//! A delivery as it is shown: ours, or one that is only followed.

use super::super::Api;
use super::super::extract::Named;
use super::super::openapi::{IfNoneMatch, Revalidating};
use super::super::problem::Problem;
use super::super::reply;
use super::deliveries::own;
use crate::dispatch::view::{self, DeliveryView};
use crate::error::AppError;
use crate::keys::Principal;
use crate::provider::view::{self as provided, FollowedView};
use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use doorstep_domain::id::DeliveryId;
use serde::Serialize;
use utoipa::ToSchema;

/// A delivery of ours, or one that is only followed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(in super::super) enum Shown {
    /// It was asked for here.
    Ours(Box<DeliveryView>),
    /// It was booked elsewhere.
    Followed(Box<FollowedView>),
}

/// A delivery as it is now.
///
/// One that was booked elsewhere and is only followed has its names, its status and what its
/// provider says.
#[utoipa::path(
    get, path = "/v1/deliveries/{delivery_id}", operation_id = "show_delivery",
    tag = "dispatch",
    params(("delivery_id" = String, Path, description = "Which"), IfNoneMatch),
    responses((status = 200, description = "The delivery", body = Shown), Revalidating)
)]
pub(in super::super) async fn show(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(delivery): Named<DeliveryId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    api.answer(move |app| {
        let shown = match view::show(app, delivery.as_str()) {
            Ok(shown) => Shown::Ours(Box::new(shown)),
            Err(AppError::NotFound { .. }) => {
                Shown::Followed(Box::new(provided::followed(app, delivery.as_str())?))
            }
            Err(error) => return Err(error.into()),
        };
        let (merchant, courier) = match &shown {
            Shown::Ours(shown) => {
                let courier = shown.courier.as_ref().map(|courier| courier.courier_id.as_str());
                (&shown.merchant_id, courier)
            }
            Shown::Followed(shown) => (&shown.merchant_id, None),
        };
        own(&principal, delivery.as_str(), merchant, courier)?;
        reply::tagged(&headers, &shown)
    })
    .await
}
