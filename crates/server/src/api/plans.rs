//! Pay and fee plans: their versions, what a new one would change, and its application.

use super::Api;
use super::extract::{Asked, Raw, text};
use super::once::{Once, OnceKey};
use super::openapi::{Claiming, Reading};
use super::problem::Problem;
use crate::keys::Principal;
use crate::plans::{self, PlanApplied, PlanPreview, VersionView};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use doorstep_domain::id::MarketId;
use serde::Deserialize;
use utoipa::IntoParams;

/// Whose versions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PlansAsked {
    /// Where.
    #[param(value_type = String)]
    market: MarketId,
}

/// The versions of a market's terms.
#[utoipa::path(
    get, path = "/v1/plans", operation_id = "list_plans",
    tag = "plans",
    params(PlansAsked),
    responses((status = 200, description = "The versions", body = Vec<VersionView>), Reading)
)]
pub(super) async fn list(
    State(api): State<Api>,
    Asked(asked): Asked<PlansAsked>,
) -> Result<Response, Problem> {
    api.json(move |app| plans::list(app, asked.market.as_str())).await
}

/// Who would be paid or charged how much more or less on open days. Nothing is changed.
#[utoipa::path(
    post, path = "/v1/plans/preview", operation_id = "preview_plan",
    tag = "plans",
    request_body(
        description = "A plan file, in the form of doorstep.toml or the same in JSON",
        content((String = "application/toml"), (serde_json::Value = "application/json"))
    ),
    responses((status = 200, description = "The differences", body = PlanPreview), Reading)
)]
pub(super) async fn preview(State(api): State<Api>, Raw(body): Raw) -> Result<Response, Problem> {
    let file = text(&body)?;
    api.json(move |app| plans::preview(app, &file)).await
}

/// Puts a plan in force: open days are priced anew at once, closed days never.
#[utoipa::path(
    post, path = "/v1/plans", operation_id = "apply_plan",
    tag = "plans",
    request_body(
        description = "A plan file, in the form of doorstep.toml or the same in JSON",
        content((String = "application/toml"), (serde_json::Value = "application/json"))
    ),
    params(OnceKey),
    responses((status = 200, description = "In force", body = PlanApplied), Claiming)
)]
pub(super) async fn apply(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let file = text(&body)?;
    let once = Once::of(&headers, &principal, "plans.apply", &[&body])?;
    api.once(once, StatusCode::OK, move |app| plans::apply(app, &file, &principal.name)).await
}
