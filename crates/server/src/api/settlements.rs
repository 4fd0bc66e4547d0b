//! Settlements of markets' days.

use super::Api;
use super::extract::{Named, Raw, json};
use super::once::{Once, OnceKey};
use super::openapi::{Claiming, IfNoneMatch, Revalidating};
use super::problem::Problem;
use super::reply;
use crate::keys::Principal;
use crate::reconcile::{self, Reconciliation};
use crate::settlement::{self, ClosedView, SettlementView};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Day;
use serde::Deserialize;
use utoipa::ToSchema;

/// The settlement of a day: kept if it is closed, computed from the facts otherwise.
#[utoipa::path(
    get, path = "/v1/settlements/{market}/{day}", operation_id = "show_settlement",
    tag = "settlement",
    params(
        ("market" = String, Path, description = "Where"),
        ("day" = String, Path, format = Date, description = "The local day"),
        IfNoneMatch,
    ),
    responses((status = 200, description = "The settlement", body = SettlementView), Revalidating)
)]
pub(super) async fn show(
    State(api): State<Api>,
    Named((market, day)): Named<(MarketId, Day)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    api.answer(move |app| reply::tagged(&headers, &settlement::view(app, market.as_str(), day)?))
        .await
}

/// Closes a day for good: its statements are written, later facts become adjustments.
///
/// A day that is closed already is answered as it was closed, with `repeated`.
#[utoipa::path(
    post, path = "/v1/settlements/{market}/{day}/close", operation_id = "close_day",
    tag = "settlement",
    params(
        ("market" = String, Path, description = "Where"),
        ("day" = String, Path, format = Date, description = "The local day"),
        OnceKey,
    ),
    responses((status = 200, description = "Closed", body = ClosedView), Claiming)
)]
pub(super) async fn close(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named((market, day)): Named<(MarketId, Day)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let name = day.to_string();
    let parts = [market.as_str().as_bytes(), name.as_bytes()];
    let once = Once::of(&headers, &principal, "settlements.close", &parts)?;
    api.once(once, StatusCode::OK, move |app| {
        settlement::close(app, market.as_str(), day, &principal.name)
    })
    .await
}

/// Whether to repair.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reconcile {
    /// Post exactly the corrections; twice posts nothing the second time.
    #[serde(default)]
    repair: bool,
}

/// Recomputes a day from the log alone and compares it, line by line, with what is kept.
#[utoipa::path(
    post, path = "/v1/settlements/{market}/{day}/reconcile", operation_id = "reconcile_day",
    tag = "settlement",
    request_body = Reconcile,
    params(
        ("market" = String, Path, description = "Where"),
        ("day" = String, Path, format = Date, description = "The local day"),
        ("Idempotency-Key" = Option<String>, Header, description = "Where it repairs: one each",
         min_length = 1, max_length = 130, pattern = r#"^("[!#-~]{1,128}"|[!#-~]{1,128})$"#),
    ),
    responses((status = 200, description = "What differs", body = Reconciliation), Claiming)
)]
pub(super) async fn reconcile(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named((market, day)): Named<(MarketId, Day)>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let asked: Reconcile = json(&body)?;
    if !asked.repair {
        return api.json(move |app| reconcile::reconcile(app, market.as_str(), day, None)).await;
    }
    let name = day.to_string();
    let parts = [market.as_str().as_bytes(), name.as_bytes(), &body];
    let once = Once::of(&headers, &principal, "settlements.reconcile", &parts)?;
    api.once(once, StatusCode::OK, move |app| {
        reconcile::reconcile(app, market.as_str(), day, Some(&principal.name))
    })
    .await
}
