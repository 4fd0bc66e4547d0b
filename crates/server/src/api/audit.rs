//! The audit trail.

use super::Api;
use super::extract::Asked;
use super::openapi::Reading;
use super::problem::Problem;
use super::reply::{Page, page_entries};
use crate::audit::{self, AuditView};
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TrailAsked {
    /// Where the page before ended.
    cursor: Option<String>,
    /// Most entries wanted.
    limit: Option<usize>,
}

/// Who did what to money or access, the newest first.
#[utoipa::path(
    get, path = "/v1/audit", operation_id = "list_audit",
    tag = "audit",
    params(TrailAsked),
    responses((status = 200, description = "A page", body = Page<AuditView>), Reading)
)]
pub(super) async fn list(
    State(api): State<Api>,
    Asked(asked): Asked<TrailAsked>,
) -> Result<Response, Problem> {
    let most = page_entries(asked.limit, &api.limits)?;
    let before = asked.cursor.unwrap_or_default();
    api.json(move |app| {
        let entries = audit::list(app, &before, most + 1)?;
        Ok(Page::of(entries, most, |entry| entry.audit_id.clone()))
    })
    .await
}
