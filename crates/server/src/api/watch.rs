//! Watching couriers and deliveries over one long connection.
//!
//! A connection is one task, which looks once a second in a phase of its own. Between two looks it
//! keeps what it follows, the version it has seen, and a timer; `watcher::tests` counts the bytes.

mod events;
pub(super) mod socket;
mod watcher;

use super::Api;
use super::access::{bearer, forbidden};
use super::extract::Asked;
use super::openapi::Reading;
use super::problem::Problem;
use super::sse;
use crate::keys::{Principal, Role};
use crate::tracking::watch::{self, Entered, Followed, Watch};
use axum::Extension;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use watcher::Watcher;

/// Couriers shown one by one: as JSON about a megabyte, as binary frames four.
const JSON_DOTS_MAX: usize = 5_000;
const BINARY_DOTS_MAX: usize = 200_000;

/// What a client is asked to wait where too many watch already, in milliseconds.
const FULL_RETRY_AFTER_MS: u64 = 5_000;

/// What to watch: couriers and deliveries, or a part of the map, or a market.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WatchAsked {
    /// Couriers, parted by commas.
    couriers: Option<String>,
    /// Deliveries, parted by commas.
    deliveries: Option<String>,
    /// Whoever is in `west,south,east,north`, in degrees.
    bbox: Option<String>,
    /// Whoever is of this market; with `bbox` both; with `deliveries` the market of those. Not with
    /// `couriers` alone.
    market: Option<String>,
    /// The `id` of the last event seen: what has changed since is told. For those who cannot send
    /// the header `Last-Event-ID`.
    last_event_id: Option<String>,
    /// `json`, or over a WebSocket `binary` for the map.
    format: Option<String>,
}

/// Watches, as server-sent events.
///
/// Once a second, if something changed: `positions` (couriers, each as it is now), `clusters`
/// where there are too many to be shown one by one, `delivery` (its status, its courier, where
/// that is). After `reset` forget what you know: the whole follows. Come back with the last `id`.
/// `end` is the last one, when the key is revoked.
#[utoipa::path(
    get, path = "/v1/watch", operation_id = "watch",
    tag = "tracking",
    params(
        WatchAsked,
        ("Last-Event-ID" = Option<String>, Header, description = "The last event seen"),
    ),
    responses(
        (status = 200, description = "Events without end", body = String,
         content_type = "text/event-stream"),
        Reading,
    )
)]
pub(super) async fn events(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Asked(asked): Asked<WatchAsked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let followed = followed(&api, &principal, &asked)?;
    if asked.format.as_deref().is_some_and(|format| format != "json") {
        return Err(Problem::field("format", "is json here; binary goes over /v1/watch/socket"));
    }
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let last = last.or(asked.last_event_id.as_deref());
    let watcher = enter(&api, &headers, followed, last, JSON_DOTS_MAX)?;
    Ok(sse::answer(events::first(watcher, last.is_some())))
}

/// Watches over a WebSocket.
///
/// The first message is `{"epoch","version"}`; then messages as the events of `/v1/watch`, with
/// `type`, `seq` and `id`, or binary frames. The view changes by `{"bbox":[w,s,e,n],"market"}`;
/// `{"resume":id}` goes on from an earlier connection. A browser's page sends its key as the
/// protocols `doorstep, key.SECRET`.
#[utoipa::path(
    get, path = "/v1/watch/socket", operation_id = "watch_over_socket",
    tag = "tracking",
    params(WatchAsked),
    responses((status = 101, description = "A WebSocket"), Reading)
)]
pub(super) async fn socket(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Asked(asked): Asked<WatchAsked>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let followed = followed(&api, &principal, &asked)?;
    let format: socket::Format = asked.format.as_deref().unwrap_or("json").parse()?;
    if format == socket::Format::Binary && !followed.is_of_the_map() {
        return Err(Problem::field("format", "is binary for a bbox or a market only"));
    }
    let upgrade = socket::asked(upgrade)?;
    let dots_max = match format {
        socket::Format::Json => JSON_DOTS_MAX,
        socket::Format::Binary => BINARY_DOTS_MAX,
    };
    let last = asked.last_event_id.as_deref();
    let watcher = enter(&api, &headers, followed, last, dots_max)?;
    let may_turn = principal.role == Role::Operator;
    Ok(socket::configured(upgrade)
        .on_upgrade(move |socket| Box::pin(socket::serve(socket, watcher, format, may_turn))))
}

/// What is asked for, if it is the principal's to see and of a market that there is.
fn followed(api: &Api, principal: &Principal, asked: &WatchAsked) -> Result<Followed, Problem> {
    let followed = Followed::read(&watch::Asked {
        couriers: asked.couriers.as_deref(),
        deliveries: asked.deliveries.as_deref(),
        bbox: asked.bbox.as_deref(),
        market: asked.market.as_deref(),
    });
    if principal.role == Role::Courier {
        let own = followed.as_ref().is_ok_and(|it| it.is_only(principal.courier.as_ref()));
        if !own {
            return Err(forbidden(principal));
        }
    }
    let followed = followed?;
    if let Some(market) = followed.market() {
        api.app.market(market.as_str())?;
    }
    Ok(followed)
}

/// Lets a watcher in. Errors: 429 where as many watch as may.
fn enter(
    api: &Api,
    headers: &HeaderMap,
    followed: Followed,
    last: Option<&str>,
    dots_max: usize,
) -> Result<Watcher, Problem> {
    let (entered, secret) = (entered(api)?, bearer(headers));
    let mut watch = Watch::begin(followed, dots_max);
    if let Some(last) = last {
        // What is no id of ours is of some other server: the whole is told.
        watch.resume(&api.app, last.parse().ok());
    }
    Ok(Watcher::new(api.clone(), secret, entered, watch))
}

/// The right to hold a connection that watches. Errors: 429 where as many do as may.
pub(super) fn entered(api: &Api) -> Result<Entered, Problem> {
    Entered::new(&api.app).ok_or_else(|| {
        let most = api.app.config.tracking.watchers_max;
        let detail = format!("{most} watch already, which is the most that may");
        Problem::busy("too_many_watchers", detail, FULL_RETRY_AFTER_MS)
    })
}
