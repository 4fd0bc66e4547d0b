//! Subscriptions: made, shown, changed, removed. Merchants have their own.

mod sending;

pub(super) use sending::{
    __path_attempts, __path_replay, __path_rotate, __path_test, attempts, replay, rotate, test,
};

use super::Api;
use super::extract::{Asked, Named, Raw, json};
use super::once::{Once, OnceKey};
use super::openapi::{Claiming, Reading};
use super::problem::Problem;
use super::reply::{Page, page_entries};
use crate::keys::{Principal, Role};
use crate::notifications::subscriptions::{
    self, ChangedSubscription, CreatedSubscription, NewSubscription, SubscriptionView,
};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

/// Who may have subscriptions.
pub(super) const SUBSCRIBERS: &[Role] = &[Role::Operator, Role::Merchant];

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageAsked {
    /// Where the page before ended.
    cursor: Option<String>,
    /// Most entries wanted.
    limit: Option<usize>,
}

/// Asks for messages. The secret that signs them is in the answer, and nowhere else.
///
/// Asked again with the same `Idempotency-Key`, the answer comes without the secret.
#[utoipa::path(
    post, path = "/v1/subscriptions", operation_id = "create_subscription",
    tag = "subscriptions",
    request_body = NewSubscription,
    params(OnceKey),
    responses((status = 201, description = "Made", body = CreatedSubscription), Claiming)
)]
pub(super) async fn create(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let new: NewSubscription = json(&body)?;
    let once = Once::of(&headers, &principal, "subscriptions.create", &[&body])?;
    let without_secret = |created: &CreatedSubscription| created.subscription.clone();
    api.once_hiding(once, StatusCode::CREATED, without_secret, move |app| {
        subscriptions::create(app, &new, &principal)
    })
    .await
}

/// Subscriptions, the oldest first.
#[utoipa::path(
    get, path = "/v1/subscriptions", operation_id = "list_subscriptions",
    tag = "subscriptions",
    params(PageAsked),
    responses((status = 200, description = "A page", body = Page<SubscriptionView>), Reading)
)]
pub(super) async fn list(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Asked(asked): Asked<PageAsked>,
) -> Result<Response, Problem> {
    let most = page_entries(asked.limit, &api.limits)?;
    // Pages are far smaller than 32 bits.
    let one_more = u32::try_from(most + 1).unwrap_or(u32::MAX);
    let after = asked.cursor.unwrap_or_default();
    api.json(move |app| {
        let found = subscriptions::list(app, &principal, &after, one_more)?;
        Ok(Page::of(found, most, |one| one.subscription_id.clone()))
    })
    .await
}

/// One subscription.
#[utoipa::path(
    get, path = "/v1/subscriptions/{subscription_id}", operation_id = "show_subscription",
    tag = "subscriptions",
    params(("subscription_id" = String, Path, description = "Which")),
    responses((status = 200, description = "It", body = SubscriptionView), Reading)
)]
pub(super) async fn show(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    api.json(move |app| subscriptions::show(app, &id, &principal)).await
}

/// Changes a subscription; what is left out stays.
#[utoipa::path(
    patch, path = "/v1/subscriptions/{subscription_id}", operation_id = "change_subscription",
    tag = "subscriptions",
    request_body = ChangedSubscription,
    params(("subscription_id" = String, Path, description = "Which")),
    responses((status = 200, description = "Changed", body = SubscriptionView), Reading)
)]
pub(super) async fn change(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(id): Named<String>,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let changed: ChangedSubscription = json(&body)?;
    api.json(move |app| subscriptions::change(app, &id, &changed, &principal)).await
}

/// Removes a subscription; messages that wait for it are dropped.
#[utoipa::path(
    delete, path = "/v1/subscriptions/{subscription_id}", operation_id = "remove_subscription",
    tag = "subscriptions",
    params(("subscription_id" = String, Path, description = "Which")),
    responses((status = 200, description = "Removed", body = SubscriptionView), Reading)
)]
pub(super) async fn remove(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    api.json(move |app| subscriptions::remove(app, &id, &principal)).await
}
