//! What happened to a delivery, and why it stands as it does with its provider.

use super::super::Api;
use super::super::extract::Named;
use super::super::openapi::Reading;
use super::super::problem::Problem;
use super::super::provider::All;
use super::super::reply;
use super::deliveries::own;
use crate::app::App;
use crate::dispatch::timeline::{self, Eyes, TimelineEntry};
use crate::dispatch::view;
use crate::error::AppError;
use crate::keys::{Principal, Role};
use crate::provider::view::{self as provided, ExplainedView};
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use doorstep_domain::id::{CourierId, DeliveryId};

/// Everything that happened to a delivery, in the order in which it did: its own steps, whom it was
/// offered to, the providers that it was given to and what they told.
///
/// Couriers who were asked and did not take it, and where a provider's courier was, are shown to
/// operators alone; a courier sees what they were asked themselves.
#[utoipa::path(
    get, path = "/v1/deliveries/{delivery_id}/timeline", operation_id = "show_timeline",
    tag = "dispatch",
    params(("delivery_id" = String, Path, description = "Which")),
    responses((status = 200, description = "Every entry", body = All<TimelineEntry>), Reading)
)]
pub(in super::super) async fn show(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(delivery): Named<DeliveryId>,
) -> Result<Response, Problem> {
    api.answer(move |app| {
        let eyes = look(app, &principal, &delivery)?;
        let data = timeline::show(app, delivery.as_str(), eyes)?;
        reply::json(StatusCode::OK, &All { data })
    })
    .await
}

/// Why a delivery stands as it does with its provider: what each event did.
#[utoipa::path(
    get, path = "/v1/deliveries/{delivery_id}/explain", operation_id = "explain_delivery",
    tag = "providers",
    params(("delivery_id" = String, Path, description = "Which")),
    responses((status = 200, description = "Every event", body = All<ExplainedView>), Reading)
)]
pub(in super::super) async fn explain(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(delivery): Named<DeliveryId>,
) -> Result<Response, Problem> {
    api.answer(move |app| {
        let eyes = look(app, &principal, &delivery)?;
        let explained = provided::explain(app, delivery.as_str())?.into_iter();
        let narrowed = |one: ExplainedView| {
            let event = eyes.narrowed(one.event);
            ExplainedView { event, ..one }
        };
        let data = explained.map(narrowed).collect();
        reply::json(StatusCode::OK, &All { data })
    })
    .await
}

/// Lets whoever may see a delivery see what happened to it, with their eyes. Finance decides about
/// everybody's.
fn look<'a>(
    app: &App,
    principal: &'a Principal,
    delivery: &DeliveryId,
) -> Result<Eyes<'a>, Problem> {
    let delivery = delivery.as_str();
    let (merchant, courier) = match view::owners(app, delivery) {
        Err(AppError::NotFound { .. }) => (provided::followed(app, delivery)?.merchant_id, None),
        owners => owners?,
    };
    if principal.role != Role::Finance {
        own(principal, delivery, &merchant, courier.as_deref())?;
    }
    Ok(match (principal.role, &principal.courier) {
        (Role::Operator, _) => Eyes::Operator,
        (Role::Courier, Some(courier)) => Eyes::Courier(CourierId::as_str(courier)),
        _ => Eyes::Others,
    })
}
