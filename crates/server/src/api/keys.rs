//! API keys: made, listed, revoked.

use super::Api;
use super::extract::{Named, Raw, json};
use super::once::{Once, OnceKey};
use super::openapi::{Claiming, Reading};
use super::problem::Problem;
use crate::keys::{self, CreatedKey, KeyView, NewKey, Principal, Secret};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// Every key, without its secret, the oldest first.
#[utoipa::path(
    get, path = "/v1/keys", operation_id = "list_keys",
    tag = "keys",
    responses((status = 200, description = "The keys", body = Vec<KeyView>), Reading)
)]
pub(super) async fn list(State(api): State<Api>) -> Result<Response, Problem> {
    api.json(keys::list).await
}

/// Makes a key. Its secret is in the answer, and nowhere else.
///
/// Asked again with the same `Idempotency-Key`, the answer comes without the secret: it is not
/// kept in order to be told twice.
#[utoipa::path(
    post, path = "/v1/keys", operation_id = "create_key",
    tag = "keys",
    request_body = NewKey,
    params(OnceKey),
    responses((status = 201, description = "Made", body = CreatedKey), Claiming)
)]
pub(super) async fn create(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let new: NewKey = json(&body)?;
    let once = Once::of(&headers, &principal, "keys.create", &[&body])?;
    let without_secret = |created: &CreatedKey| created.key.clone();
    api.once_hiding(once, StatusCode::CREATED, without_secret, move |app| {
        keys::create(app, &new, &Secret::random()?, &principal.name)
    })
    .await
}

/// Revokes a key: from the next request on it opens nothing.
#[utoipa::path(
    delete, path = "/v1/keys/{key_id}", operation_id = "revoke_key",
    tag = "keys",
    params(("key_id" = String, Path, description = "Which")),
    responses((status = 200, description = "Revoked, now or before", body = KeyView), Reading)
)]
pub(super) async fn revoke(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(key_id): Named<String>,
) -> Result<Response, Problem> {
    api.json(move |app| keys::revoke(app, &key_id, &principal.name)).await
}
