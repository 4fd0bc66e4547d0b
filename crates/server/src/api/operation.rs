//! How things stand, and whether everything that must hold does.

use super::Api;
use super::openapi::Reading;
use super::problem::Problem;
use crate::check::{self, CheckReport};
use crate::status::{self, StatusView};
use axum::extract::State;
use axum::response::Response;

/// The markets' days, how far events and pings are, who is on the map, what waits for a person.
#[utoipa::path(
    get, path = "/v1/status", operation_id = "show_status",
    tag = "operation",
    responses((status = 200, description = "The status", body = StatusView), Reading)
)]
pub(super) async fn status(State(api): State<Api>) -> Result<Response, Problem> {
    api.json(status::view).await
}

/// Verifies every invariant of the store and the log. It reads everything there is.
#[utoipa::path(
    get, path = "/v1/check", operation_id = "check_invariants",
    tag = "operation",
    responses((status = 200, description = "Each invariant", body = CheckReport), Reading)
)]
pub(super) async fn check(State(api): State<Api>) -> Result<Response, Problem> {
    api.json(|app| Ok(check::check(app))).await
}
