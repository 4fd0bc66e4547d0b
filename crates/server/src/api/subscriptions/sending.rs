//! Secrets, attempts, and messages sent again.

use super::PageAsked;
use crate::api::Api;
use crate::api::extract::{Asked, Named, Raw, json};
use crate::api::once::{Once, OnceKey};
use crate::api::openapi::{Claiming, Reading};
use crate::api::problem::Problem;
use crate::api::reply::{Page, page_entries};
use crate::keys::Principal;
use crate::notifications::subscriptions::{
    self, AttemptView, CreatedSubscription, Replay, Replayed, Tested,
};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// Makes a new secret; for a day the one before signs beside it.
///
/// Asked again with the same `Idempotency-Key`, the answer comes without the secret.
#[utoipa::path(
    post, path = "/v1/subscriptions/{subscription_id}/rotate",
    operation_id = "rotate_subscription",
    tag = "subscriptions",
    params(("subscription_id" = String, Path, description = "Which"), OnceKey),
    responses((status = 200, description = "Made", body = CreatedSubscription), Claiming)
)]
pub(in crate::api) async fn rotate(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(id): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let once = Once::of(&headers, &principal, "subscriptions.rotate", &[id.as_bytes()])?;
    let without_secret = |created: &CreatedSubscription| created.subscription.clone();
    api.once_hiding(once, StatusCode::OK, without_secret, move |app| {
        subscriptions::rotate(app, &id, &principal)
    })
    .await
}

/// What was tried lately, the newest first, for as long as messages are kept.
#[utoipa::path(
    get, path = "/v1/subscriptions/{subscription_id}/attempts",
    operation_id = "list_attempts_of_subscription",
    tag = "subscriptions",
    params(("subscription_id" = String, Path, description = "Which"), PageAsked),
    responses((status = 200, description = "A page", body = Page<AttemptView>), Reading)
)]
pub(in crate::api) async fn attempts(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(id): Named<String>,
    Asked(asked): Asked<PageAsked>,
) -> Result<Response, Problem> {
    let most = page_entries(asked.limit, &api.limits)?;
    // Pages are far smaller than 32 bits.
    let one_more = u32::try_from(most + 1).unwrap_or(u32::MAX);
    let before = asked.cursor.as_deref().map_or(Ok((i64::MAX, "", 0)), place)?;
    let (at_us, message_id, attempt) = (before.0, before.1.to_owned(), before.2);
    api.json(move |app| {
        let before = (at_us, message_id.as_str(), attempt);
        let found = subscriptions::attempts(app, &id, &principal, before, one_more)?;
        Ok(Page::of(found, most, |one| format!("{}.{}.{}", one.at.0, one.message_id, one.attempt)))
    })
    .await
}

/// A place in the list: the instant, the message and the number of an attempt.
fn place(cursor: &str) -> Result<(i64, &str, i64), Problem> {
    let mut parts = cursor.split('.');
    let read = (
        parts.next().and_then(|part| part.parse().ok()),
        parts.next(),
        parts.next().and_then(|part| part.parse().ok()),
    );
    match read {
        (Some(at_us), Some(message_id), Some(attempt)) => Ok((at_us, message_id, attempt)),
        _ => Err(Problem::field("cursor", "is not one of a page before")),
    }
}

/// Sends messages of a stretch of time again, under their own names.
#[utoipa::path(
    post, path = "/v1/subscriptions/{subscription_id}/replay",
    operation_id = "replay_subscription",
    tag = "subscriptions",
    request_body = Replay,
    params(("subscription_id" = String, Path, description = "Which"), OnceKey),
    responses((status = 200, description = "They wait", body = Replayed), Claiming)
)]
pub(in crate::api) async fn replay(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(id): Named<String>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let asked: Replay = json(&body)?;
    let parts = [id.as_bytes(), &body];
    let once = Once::of(&headers, &principal, "subscriptions.replay", &parts)?;
    api.once(once, StatusCode::OK, move |app| subscriptions::replay(app, &id, &asked, &principal))
        .await
}

/// Sends a message of type `test`, to see whether it arrives.
#[utoipa::path(
    post, path = "/v1/subscriptions/{subscription_id}/test", operation_id = "test_subscription",
    tag = "subscriptions",
    params(("subscription_id" = String, Path, description = "Which"), OnceKey),
    responses((status = 200, description = "It waits", body = Tested), Claiming)
)]
pub(in crate::api) async fn test(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(id): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let once = Once::of(&headers, &principal, "subscriptions.test", &[id.as_bytes()])?;
    api.once(once, StatusCode::OK, move |app| subscriptions::test(app, &id, &principal)).await
}
