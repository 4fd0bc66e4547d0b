//! Couriers' cards and availability over HTTP, and who the asker is.

use super::super::Api;
use super::super::access::own;
use super::super::extract::{Named, Raw, json};
use super::super::openapi::Reading;
use super::super::problem::Problem;
use super::super::reply;
use crate::couriers::{self, CourierView};
use crate::dispatch::availability::{self, AvailabilityView, CardChange};
use crate::keys::Principal;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use doorstep_domain::id::CourierId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether a courier works from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct NewAvailability {
    /// Whether they do.
    online: bool,
}

/// Whose a key is.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Me {
    /// As it stands in the audit trail.
    name: String,
    /// What the key opens.
    role: &'static str,
    /// Whose it is, for the role `courier`.
    #[schema(value_type = Option<String>)]
    courier_id: Option<String>,
    /// Whose it is, for the role `merchant`.
    #[schema(value_type = Option<String>)]
    merchant_id: Option<String>,
}

/// Changes a courier's card; what is left out stays.
#[utoipa::path(
    patch, path = "/v1/couriers/{courier_id}", operation_id = "change_courier",
    tag = "dispatch",
    request_body = CardChange,
    params(("courier_id" = String, Path, description = "Who")),
    responses((status = 200, description = "As it is now", body = CourierView), Reading)
)]
pub(in super::super) async fn change(
    State(api): State<Api>,
    Named(courier): Named<CourierId>,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let change: CardChange = json(&body)?;
    api.json(move |app| {
        availability::change_card(app, &courier, &change)?;
        couriers::show(app, courier.as_str())
    })
    .await
}

/// A courier begins or ends being offered deliveries; what is carried is carried on.
#[utoipa::path(
    put, path = "/v1/couriers/{courier_id}/availability", operation_id = "set_availability",
    tag = "dispatch",
    request_body = NewAvailability,
    params(("courier_id" = String, Path, description = "Who")),
    responses((status = 200, description = "It is so", body = AvailabilityView), Reading)
)]
pub(in super::super) async fn set_availability(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(courier): Named<CourierId>,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    own(&principal, &courier)?;
    let new: NewAvailability = json(&body)?;
    api.json(move |app| availability::set_online(app, &courier, new.online)).await
}

/// Whose the key is that this request carries.
#[utoipa::path(
    get, path = "/v1/me", operation_id = "show_me",
    tag = "keys",
    responses((status = 200, description = "Whose", body = Me), Reading)
)]
pub(in super::super) async fn me(
    Extension(principal): Extension<Principal>,
) -> Result<Response, Problem> {
    let me = Me {
        name: principal.name,
        role: principal.role.as_str(),
        courier_id: principal.courier.map(String::from),
        merchant_id: principal.merchant.map(String::from),
    };
    reply::json(StatusCode::OK, &me)
}
