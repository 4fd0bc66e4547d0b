//! Providers: what they send, which there are, and the deliveries that they carry.

pub(super) mod inbox;

use super::Api;
use super::extract::{Asked, Named, Raw, json};
use super::once::{Once, OnceKey};
use super::openapi::{Claiming, Reading};
use super::problem::Problem;
use super::reply::{Page, page_entries};
use crate::keys::Principal;
use crate::provider::decide::{self as deciding, NewDecision};
use crate::provider::follow::{self as following, NewFollowed};
use crate::provider::view::{
    self, AdapterView, DisputedLine, FollowedView, ProviderLine, Tested, UnknownLine,
};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use doorstep_domain::id::DeliveryId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// All there is, in one answer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct All<T> {
    /// The entries.
    pub data: Vec<T>,
}

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

impl PageAsked {
    /// Most entries of a page, one more than that, and after which.
    fn within(self, api: &Api) -> Result<(usize, u32, String), Problem> {
        let most = page_entries(self.limit, &api.limits)?;
        // Pages are far smaller than 32 bits.
        let one_more = u32::try_from(most + 1).unwrap_or(u32::MAX);
        Ok((most, one_more, self.cursor.unwrap_or_default()))
    }
}

/// The providers that are configured, and how they are.
#[utoipa::path(
    get, path = "/v1/providers", operation_id = "list_providers",
    tag = "providers",
    responses((status = 200, description = "All of them", body = All<ProviderLine>), Reading)
)]
pub(super) async fn list(State(api): State<Api>) -> Result<Response, Problem> {
    api.json(|app| Ok(All { data: view::list(app)? })).await
}

/// The deliveries that a provider tells of and that are none of ours, yet.
#[utoipa::path(
    get, path = "/v1/providers/{provider}/unknown", operation_id = "list_unknown_deliveries",
    tag = "providers",
    params(("provider" = String, Path, description = "Whose"), PageAsked),
    responses((status = 200, description = "A page", body = Page<UnknownLine>), Reading)
)]
pub(super) async fn unknown(
    State(api): State<Api>,
    Named(provider): Named<String>,
    Asked(asked): Asked<PageAsked>,
) -> Result<Response, Problem> {
    let (most, one_more, after) = asked.within(&api)?;
    api.json(move |app| {
        let found = view::unknown(app, &provider, &after, one_more)?;
        Ok(Page::of(found, most, |line| line.reference.clone()))
    })
    .await
}

/// The deliveries of which a provider told two ends, for a person to decide about.
#[utoipa::path(
    get, path = "/v1/providers/{provider}/disputed", operation_id = "list_disputed_deliveries",
    tag = "conflicts",
    params(("provider" = String, Path, description = "Whose"), PageAsked),
    responses((status = 200, description = "A page", body = Page<DisputedLine>), Reading)
)]
pub(super) async fn disputed(
    State(api): State<Api>,
    Named(provider): Named<String>,
    Asked(asked): Asked<PageAsked>,
) -> Result<Response, Problem> {
    let (most, one_more, after) = asked.within(&api)?;
    api.json(move |app| {
        let found = view::disputed(app, &provider, &after, one_more)?;
        Ok(Page::of(found, most, |line| line.reference.clone()))
    })
    .await
}

/// Follows a delivery that was booked elsewhere. What came for it before joins.
#[utoipa::path(
    post, path = "/v1/providers/{provider}/deliveries", operation_id = "follow_delivery",
    tag = "providers",
    request_body = NewFollowed,
    params(("provider" = String, Path, description = "Whose"), OnceKey),
    responses((status = 201, description = "It is followed", body = FollowedView), Claiming)
)]
pub(super) async fn follow(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(provider): Named<String>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let new: NewFollowed = json(&body)?;
    let parts = [provider.as_bytes(), &body];
    let once = Once::of(&headers, &principal, "providers.follow", &parts)?;
    api.once(once, StatusCode::CREATED, move |app| {
        following::follow(app, &provider, &new, &principal)
    })
    .await
}

/// Decides how a delivery ended of which its provider told two ends. Its state, its settlement and
/// everybody who follows it follow; of a closed day by an adjustment.
#[utoipa::path(
    post, path = "/v1/deliveries/{delivery_id}/decision", operation_id = "decide_delivery",
    tag = "conflicts",
    request_body = NewDecision,
    params(("delivery_id" = String, Path, description = "Which"), OnceKey),
    responses((status = 200, description = "Decided", body = FollowedView), Claiming)
)]
pub(super) async fn decide(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(delivery): Named<DeliveryId>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let new: NewDecision = json(&body)?;
    let parts = [delivery.as_str().as_bytes(), &body];
    let once = Once::of(&headers, &principal, "deliveries.decide", &parts)?;
    api.once(once, StatusCode::OK, move |app| {
        deciding::decide(app, delivery.as_str(), &new, &principal.name)
    })
    .await
}

/// The adapters there are.
#[utoipa::path(
    get, path = "/v1/adapters", operation_id = "list_adapters",
    tag = "providers",
    responses((status = 200, description = "All of them", body = All<AdapterView>), Reading)
)]
pub(super) async fn adapters(State(api): State<Api>) -> Result<Response, Problem> {
    api.json(|app| Ok(All { data: view::adapters(app) })).await
}

/// An adapter as it is written, to begin another with.
#[utoipa::path(
    get, path = "/v1/adapters/{adapter}", operation_id = "show_adapter",
    tag = "providers",
    params(("adapter" = String, Path, description = "Which")),
    responses(
        (status = 200, description = "The table", body = String, content_type = "application/toml"),
        Reading
    )
)]
pub(super) async fn adapter(
    State(api): State<Api>,
    Named(adapter): Named<String>,
) -> Result<Response, Problem> {
    let text = api.app.providers.adapters.text(&adapter)?.to_owned();
    Ok(([(header::CONTENT_TYPE, "application/toml")], text).into_response())
}

/// What payloads would become by an adapter. Nothing is kept.
#[utoipa::path(
    post, path = "/v1/adapters/{adapter}/test", operation_id = "test_adapter",
    tag = "providers",
    request_body(
        description = "Payloads: JSON, an array of them, or one after the other",
        content((serde_json::Value = "application/json"), (String = "application/x-ndjson"))
    ),
    params(("adapter" = String, Path, description = "Which")),
    responses((status = 200, description = "Each of them", body = All<Tested>), Reading)
)]
pub(super) async fn test(
    State(api): State<Api>,
    Named(adapter): Named<String>,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    api.json(move |app| Ok(All { data: view::test(app, &adapter, &body)? })).await
}
