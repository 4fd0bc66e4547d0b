//! What whoever takes payments says, and money that is given back.

use super::Api;
use super::access::unauthorized;
use super::extract::{Named, Raw, json};
use super::once::{Once, OnceKey};
use super::openapi::{Claiming, Reading};
use super::problem::Problem;
use super::reply;
use crate::keys::{Principal, Role};
use crate::orders::refunds::{self, NewRefund, RefundView, Refunder};
use crate::payments::Signed;
use crate::payments::hearing::{self, Taken};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

/// Who may give money back.
pub(super) const REFUNDERS: &[Role] = &[Role::Operator, Role::Finance, Role::Merchant];

/// What became of a message.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Heard {
    /// `confirmed`, `released`, `asked_back` or `ignored`.
    #[schema(value_type = String)]
    outcome: Taken,
}

/// Takes what the payment gateway says, signed as a Standard Webhook with the secret of
/// `[payments]`. `payment.succeeded` confirms a reservation, `payment.failed` releases it; what is
/// too late, of another amount or twice is asked back.
#[utoipa::path(
    post, path = "/v1/payments/events", operation_id = "hear_payment", tag = "orders",
    request_body(content = Vec<u8>, content_type = "application/json"),
    params(
        ("webhook-id" = String, Header, description = "Its name"),
        ("webhook-timestamp" = i64, Header, description = "Seconds since 1970"),
        ("webhook-signature" = String, Header, description = "`v1,` and base64, parted by spaces"),
    ),
    responses(
        (status = 200, description = "Taken", body = Heard),
        Reading
    ),
    security(())
)]
pub(super) async fn hear(
    State(api): State<Api>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    api.answer(move |app| {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        let signed = Signed {
            id: text("webhook-id"),
            timestamp: text("webhook-timestamp"),
            signatures: text("webhook-signature"),
        };
        match hearing::hear(app, signed, &body)? {
            Some(outcome) => reply::json(StatusCode::OK, &Heard { outcome }),
            None => Err(unauthorized("the signature is not that of [payments], or too old")),
        }
    })
    .await
}

/// Gives a customer money back for a part of an order.
#[utoipa::path(
    post, path = "/v1/orders/{order_id}/refunds", operation_id = "refund_order", tag = "orders",
    request_body = NewRefund,
    params(("order_id" = String, Path, description = "The order"), OnceKey),
    responses((status = 201, description = "Given back", body = RefundView), Claiming)
)]
pub(super) async fn refund(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(order): Named<String>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let new: NewRefund = json(&body)?;
    let parts: [&[u8]; 2] = [order.as_bytes(), &body];
    let once = Once::of(&headers, &principal, "orders.refund", &parts)?;
    let by = Refunder {
        actor: principal.name.clone(),
        merchant: principal.merchant.clone(),
        request: once.name(),
    };
    api.once(once, StatusCode::CREATED, move |app| refunds::refund(app, &order, &new, &by)).await
}
