//! Dead letters: listed, shown, replayed, discarded.

use super::Api;
use super::extract::{Asked, Named, Raw, json};
use super::once::{Once, OnceKey};
use super::openapi::{Claiming, Reading};
use super::problem::Problem;
use super::reply::page_entries;
use crate::dead_letters::{
    self, About, AllReplayed, LetterHandled, LetterPage, LetterShown, Which,
};
use crate::keys::Principal;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Which letters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LettersAsked {
    /// What they are about: `events` (if left out), `pings`, `provider-events` or
    /// `stock-imports`.
    topic: Option<String>,
    /// `open` (if left out), `replayed`, `discarded`, `joined` or `all`.
    state: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Most letters wanted.
    limit: Option<usize>,
}

/// Dead letters, in the order in which they were refused.
#[utoipa::path(
    get, path = "/v1/dead-letters", operation_id = "list_dead_letters",
    tag = "dead letters",
    params(LettersAsked),
    responses((status = 200, description = "A page", body = LetterPage), Reading)
)]
pub(super) async fn list(
    State(api): State<Api>,
    Asked(asked): Asked<LettersAsked>,
) -> Result<Response, Problem> {
    let most = page_entries(asked.limit, &api.limits)?;
    let which: Which = asked.state.as_deref().unwrap_or("open").parse()?;
    let about = about(asked.topic.as_deref())?;
    api.json(move |app| dead_letters::list(app, about, which, asked.cursor.as_deref(), most)).await
}

/// A dead letter with the raw bytes that came.
#[utoipa::path(
    get, path = "/v1/dead-letters/{letter_id}", operation_id = "show_dead_letter",
    tag = "dead letters",
    params(("letter_id" = String, Path, description = "Which")),
    responses((status = 200, description = "The letter", body = LetterShown), Reading)
)]
pub(super) async fn show(
    State(api): State<Api>,
    Named(letter_id): Named<String>,
) -> Result<Response, Problem> {
    api.json(move |app| dead_letters::show(app, &letter_id)).await
}

/// Reads a letter again and puts it among the events or pings, or moves the stock that a line
/// says; the body, if there is one, replaces it.
#[utoipa::path(
    post, path = "/v1/dead-letters/{letter_id}/replay", operation_id = "replay_dead_letter",
    tag = "dead letters",
    request_body(
        description = "The repaired event, ping or line; empty to take it as it came",
        content(
            (serde_json::Value = "application/cloudevents+json"),
            (serde_json::Value = "application/json"),
            (String = "text/csv"),
        )
    ),
    params(
        ("letter_id" = String, Path, description = "Which"),
        OnceKey,
    ),
    responses((status = 200, description = "Taken", body = LetterHandled), Claiming)
)]
pub(super) async fn replay(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(letter_id): Named<String>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let parts = [letter_id.as_bytes(), &body];
    let once = Once::of(&headers, &principal, "dead-letters.replay", &parts)?;
    let repaired = (!body.trim_ascii().is_empty()).then(|| body.trim_ascii().to_vec());
    api.once(once, StatusCode::OK, move |app| {
        dead_letters::replay(app, &letter_id, repaired, &principal.name)
    })
    .await
}

/// Gives a letter up.
#[utoipa::path(
    post, path = "/v1/dead-letters/{letter_id}/discard", operation_id = "discard_dead_letter",
    tag = "dead letters",
    params(
        ("letter_id" = String, Path, description = "Which"),
        OnceKey,
    ),
    responses((status = 200, description = "Given up", body = LetterHandled), Claiming)
)]
pub(super) async fn discard(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(letter_id): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let parts = [letter_id.as_bytes()];
    let once = Once::of(&headers, &principal, "dead-letters.discard", &parts)?;
    api.once(once, StatusCode::OK, move |app| {
        dead_letters::discard(app, &letter_id, &principal.name)
    })
    .await
}

/// Which letters to replay together.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplayAll {
    /// The code for which they were refused, such as `unknown_type`.
    code: String,
    /// What they are about: `events` (if left out), `pings`, `provider-events` or
    /// `stock-imports`.
    topic: Option<String>,
}

/// Replays every open letter of a code, as after an upgrade that reads a new type.
#[utoipa::path(
    post, path = "/v1/dead-letters/replay", operation_id = "replay_dead_letters",
    tag = "dead letters",
    request_body = ReplayAll,
    params(OnceKey),
    responses((status = 200, description = "What could be taken", body = AllReplayed), Claiming)
)]
pub(super) async fn replay_all(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let asked: ReplayAll = json(&body)?;
    let about = about(asked.topic.as_deref())?;
    let once = Once::of(&headers, &principal, "dead-letters.replay-all", &[&body])?;
    api.once(once, StatusCode::OK, move |app| {
        dead_letters::replay_all(app, about, &asked.code, &principal.name)
    })
    .await
}

fn about(topic: Option<&str>) -> Result<About, Problem> {
    Ok(topic.map_or(Ok(About::Events), str::parse)?)
}
