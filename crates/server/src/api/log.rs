//! The log as other nodes pull it.

use super::Api;
use super::extract::{Asked, Named};
use super::openapi::Reading;
use super::problem::Problem;
use super::reply::page_entries;
use crate::follow::giving::Wanted;
use crate::follow::{self, LogPage};
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which records.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RecordsAsked {
    /// From this offset on; what a page before called `next`.
    #[serde(default)]
    from: u64,
    /// Most records wanted.
    limit: Option<usize>,
    /// Also those that this node pulled from others: for a node that begins anew.
    #[serde(default)]
    pulled: bool,
}

/// Records of a partition, as this node was told them.
///
/// What it pulled from others is left out, so that nothing goes in circles. Ask on from `next`; a
/// page may be empty and not be the last: that is where `next` is `end`.
#[utoipa::path(
    get, path = "/v1/log/{topic}/{partition}", operation_id = "read_log",
    tag = "archive",
    params(
        ("topic" = String, Path, description = "`events`"),
        ("partition" = u32, Path, description = "From 0"),
        RecordsAsked,
    ),
    responses((status = 200, description = "A page", body = LogPage), Reading)
)]
pub(super) async fn read(
    State(api): State<Api>,
    Named((topic, partition)): Named<(String, u32)>,
    Asked(asked): Asked<RecordsAsked>,
) -> Result<Response, Problem> {
    let most = page_entries(asked.limit, &api.limits)?;
    let RecordsAsked { from, pulled, .. } = asked;
    api.json(move |app| follow::give(app, Wanted { topic: &topic, partition, from, most, pulled }))
        .await
}
