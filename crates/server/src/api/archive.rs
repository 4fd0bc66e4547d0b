//! The archive: what lies in it, and feeding it back.

use super::Api;
use super::extract::{Asked, Raw, json};
use super::once::{Once, OnceKey};
use super::openapi::{Claiming, Reading};
use super::problem::Problem;
use super::reply::{Page, page_entries};
use crate::archiving::{self, ArchivedFile, ListAsked, ReplayAsked, Replayed};
use crate::keys::Principal;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which files.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FilesAsked {
    /// `pings` or `events`; both where it is left out.
    topic: Option<String>,
    /// Only this market's.
    #[param(value_type = Option<String>)]
    market: Option<MarketId>,
    /// Of hours that end after this, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Micros>,
    /// Of hours that begin before this.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Micros>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Most files wanted.
    limit: Option<usize>,
}

/// The files of the archive, in the order of topic, partition and offset.
#[utoipa::path(
    get, path = "/v1/archive", operation_id = "list_archive",
    tag = "archive",
    params(FilesAsked),
    responses((status = 200, description = "A page", body = Page<ArchivedFile>), Reading)
)]
pub(super) async fn list(
    State(api): State<Api>,
    Asked(asked): Asked<FilesAsked>,
) -> Result<Response, Problem> {
    let most = page_entries(asked.limit, &api.limits)?;
    let FilesAsked { topic, market, from, to, cursor, .. } = asked;
    let of = ListAsked { topic, market, from, to };
    api.json(move |app| {
        let found = archiving::list(app, &of, cursor.as_deref(), most + 1)?;
        Ok(Page::of(found, most, |file| file.path.clone()))
    })
    .await
}

/// Feeds archived records back into the log, as they were carried.
///
/// Facts merge: what is known is counted once, and no courier is moved to where they were before.
#[utoipa::path(
    post, path = "/v1/archive/replay", operation_id = "replay_archive",
    tag = "archive",
    request_body = ReplayAsked,
    params(OnceKey),
    responses((status = 200, description = "What was fed back", body = Replayed), Claiming)
)]
pub(super) async fn replay(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let asked: ReplayAsked = json(&body)?;
    let once = Once::of(&headers, &principal, "archive.replay", &[&body])?;
    api.once(once, StatusCode::OK, move |app| archiving::replay(app, &asked)).await
}
