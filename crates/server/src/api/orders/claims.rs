//! Confirm, release, call off.

use super::super::Api;
use super::super::extract::{Named, Raw, json};
use super::super::openapi::Reading;
use super::super::problem::Problem;
use super::super::reply;
use super::may_change;
use crate::app::App;
use crate::dispatch;
use crate::error::AppError;
use crate::keys::{Principal, Role};
use crate::orders::claims;
use crate::orders::view::{self, OrderView};
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use doorstep_store::order::OrderRow;
use serde::Deserialize;
use utoipa::ToSchema;

/// Who confirms what was paid, and calls orders off; merchants theirs.
pub(in super::super) const SETTLERS: &[Role] = &[Role::Operator, Role::Gateway, Role::Merchant];

/// How it was paid.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in super::super) struct Confirming {
    /// As whoever took it calls it.
    payment: Option<String>,
}

/// Why it is called off.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in super::super) struct CancellingOrder {
    /// In words.
    reason: Option<String>,
}

/// Confirms a reservation: from now on it is delivered.
#[utoipa::path(
    post, path = "/v1/reservations/{order_id}/confirm", operation_id = "confirm_reservation",
    tag = "orders",
    request_body = Confirming,
    params(("order_id" = String, Path, description = "Which")),
    responses((status = 200, description = "Placed, now or before", body = OrderView), Reading)
)]
pub(in super::super) async fn confirm(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(order): Named<String>,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let payment = json::<Confirming>(&body)?.payment;
    words("/payment", payment.as_deref())?;
    let claim = move |app: &App, order: &str| claims::confirm(app, order, payment.as_deref());
    api.changed(principal, order, claim).await
}

/// Lets a reservation go: its stock is back.
#[utoipa::path(
    post, path = "/v1/reservations/{order_id}/release", operation_id = "release_reservation",
    tag = "orders",
    params(("order_id" = String, Path, description = "Which")),
    responses((status = 200, description = "Released, now or before", body = OrderView), Reading)
)]
pub(in super::super) async fn release(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(order): Named<String>,
) -> Result<Response, Problem> {
    api.changed(principal, order, claims::release).await
}

/// Calls an order off, until a part of it is picked up: its stock is back.
#[utoipa::path(
    post, path = "/v1/orders/{order_id}/cancel", operation_id = "cancel_order",
    tag = "orders",
    request_body = CancellingOrder,
    params(("order_id" = String, Path, description = "Which")),
    responses((status = 200, description = "Called off, now or before", body = OrderView), Reading)
)]
pub(in super::super) async fn cancel(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(order): Named<String>,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let reason = json::<CancellingOrder>(&body)?.reason;
    words("/reason", reason.as_deref())?;
    let actor = principal.name.clone();
    let claim = move |app: &App, order: &str| claims::cancel(app, order, reason, &actor);
    api.changed(principal, order, claim).await
}

impl Api {
    /// Makes a claim on an order of theirs, and answers it as it is then.
    async fn changed(
        &self,
        principal: Principal,
        order: String,
        claim: impl FnOnce(&App, &str) -> Result<OrderRow, AppError> + Send + 'static,
    ) -> Result<Response, Problem> {
        self.answer(move |app| {
            may_change(&principal, &view::show(app, &order)?)?;
            claim(app, &order)?;
            reply::json(StatusCode::OK, &view::show(app, &order)?.view)
        })
        .await
    }
}

fn words(pointer: &str, text: Option<&str>) -> Result<(), Problem> {
    Ok(text.map_or(Ok(()), |text| dispatch::words(pointer, text))?)
}
