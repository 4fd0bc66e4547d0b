//! A courier's work over HTTP: asked once, or told at once whenever it changes.

use super::super::Api;
use super::super::access::{UNAUTHORIZED, bearer, own};
use super::super::extract::Named;
use super::super::openapi::{IfNoneMatch, Reading, Revalidating};
use super::super::problem::Problem;
use super::super::reply;
use super::feed::{self, End, Feed, Tidings};
use crate::dispatch::streams::Listening;
use crate::dispatch::work::{self, OfferView, WorkView};
use crate::keys::{Principal, Secret};
use axum::Extension;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use doorstep_domain::id::CourierId;
use doorstep_domain::time::Micros;
use serde::Serialize;
use std::time::Duration;
use tokio::time::Instant;
use utoipa::ToSchema;

/// How often a stream looks by itself: another process may have changed something.
const LOOKS_EVERY: Duration = Duration::from_secs(5);

/// How soon it looks again where the store was not there, or all hands were busy.
const LOOKS_AGAIN: Duration = Duration::from_millis(50);

/// How long a stream waits before it looks whether the server stops.
const WAITS: Duration = Duration::from_secs(1);

/// After how long without anything new a sign of life is sent.
const SILENCE: Duration = Duration::from_secs(10);

/// What a courier has before them, and what time it is here.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct WorkNow {
    /// RFC 3339: offers expire by this clock.
    #[schema(value_type = String, format = DateTime)]
    server_time: Micros,
    #[serde(flatten)]
    work: WorkView,
}

/// What a courier may take now.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Offers {
    /// The first to expire first.
    data: Vec<OfferView>,
}

/// What a courier has before them.
#[utoipa::path(
    get, path = "/v1/couriers/{courier_id}/work", operation_id = "show_work",
    tag = "dispatch",
    params(("courier_id" = String, Path, description = "Whose"), IfNoneMatch),
    responses((status = 200, description = "Offers and deliveries", body = WorkNow), Revalidating)
)]
pub(in super::super) async fn show(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(courier): Named<CourierId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    own(&principal, &courier)?;
    api.answer(move |app| {
        let work = work::of(app, &courier)?;
        let tag = reply::tag_of(&work)?;
        reply::tagged_as(&headers, &tag, &WorkNow { server_time: app.clock.now(), work })
    })
    .await
}

/// What a courier is offered now.
#[utoipa::path(
    get, path = "/v1/couriers/{courier_id}/offers", operation_id = "list_offers",
    tag = "dispatch",
    params(("courier_id" = String, Path, description = "Whose"), IfNoneMatch),
    responses((status = 200, description = "Offers", body = Offers), Revalidating)
)]
pub(in super::super) async fn offers(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(courier): Named<CourierId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    own(&principal, &courier)?;
    api.answer(move |app| {
        let offers = Offers { data: work::of(app, &courier)?.offers };
        reply::tagged(&headers, &offers)
    })
    .await
}

/// A courier's work as server-sent events `work`: as it is now, and again at once when it changes.
/// `end` is the last one, when the key is revoked.
#[utoipa::path(
    get, path = "/v1/couriers/{courier_id}/work/events", operation_id = "watch_work",
    tag = "dispatch",
    params(("courier_id" = String, Path, description = "Whose")),
    responses(
        (status = 200, description = "Events without end", body = String,
         content_type = "text/event-stream"),
        Reading,
    )
)]
pub(in super::super) async fn events(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(courier): Named<CourierId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Ok(feed::events(WorkFeed::open(api, &principal, courier, &headers).await?))
}

/// A courier's work over a WebSocket: a JSON message for each change.
#[utoipa::path(
    get, path = "/v1/couriers/{courier_id}/work/socket", operation_id = "watch_work_over_socket",
    tag = "dispatch",
    params(("courier_id" = String, Path, description = "Whose")),
    responses((status = 101, description = "A WebSocket"), Reading)
)]
pub(in super::super) async fn socket(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(courier): Named<CourierId>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let feed = WorkFeed::open(api, &principal, courier, &headers).await?;
    feed::over_socket(upgrade, feed)
}

struct WorkFeed {
    api: Api,
    courier: CourierId,
    /// None for whoever opened the data directory.
    secret: Option<Secret>,
    listening: Listening,
    told: Option<String>,
    look_at: Instant,
    silent_since: Instant,
}

impl WorkFeed {
    /// What events of it are called.
    const NAME: &'static str = "work";

    async fn open(
        api: Api,
        principal: &Principal,
        courier: CourierId,
        headers: &HeaderMap,
    ) -> Result<Self, Problem> {
        own(principal, &courier)?;
        let listening = api.app.dispatch.streams.listen(courier.as_str());
        let known = courier.clone();
        // Somebody nobody knows is told so, and not with an empty stream.
        api.run(move |app| work::of(app, &known)).await?;
        let now = Instant::now();
        let (look_at, silent_since, secret) = (now, now, bearer(headers));
        Ok(WorkFeed { api, courier, secret, listening, told: None, look_at, silent_since })
    }

    /// The work, where it is not what was told last.
    async fn look(&mut self) -> Option<Tidings> {
        if self.api.is_revoked(self.secret.as_ref()).await {
            return Some(Tidings::Over(End::of(UNAUTHORIZED)));
        }
        let courier = self.courier.clone();
        let looked = self
            .api
            .answer(move |app| {
                let work = work::of(app, &courier)?;
                let tag = reply::tag_of(&work)?;
                let now = app.clock.now();
                let next = work.offers.first().map(|offer| offer.expires_at.0 - now.0);
                let json = serde_json::to_string(&WorkNow { server_time: now, work });
                Ok((json.map_err(Problem::internal)?, tag, next))
            })
            .await;
        self.look_at = Instant::now() + LOOKS_AGAIN;
        let (json, tag, next_us) = looked.ok()?;
        self.look_at = Instant::now() + LOOKS_EVERY;
        if let Some(us) = next_us.and_then(|us| u64::try_from(us).ok()) {
            self.look_at = self.look_at.min(Instant::now() + Duration::from_micros(us + 1_000));
        }
        if self.told.as_ref() == Some(&tag) {
            return None;
        }
        self.told = Some(tag.clone());
        Some(Tidings::now(Self::NAME, &tag, json))
    }
}

impl Feed for WorkFeed {
    async fn next(&mut self) -> Option<Tidings> {
        loop {
            if self.api.is_draining() {
                return None;
            }
            if Instant::now() >= self.look_at
                && let Some(tidings) = self.look().await
            {
                self.silent_since = Instant::now();
                return Some(tidings);
            }
            if self.silent_since.elapsed() >= SILENCE {
                self.silent_since = Instant::now();
                return Some(Tidings::Silence(None));
            }
            let until = self.look_at.min(Instant::now() + WAITS);
            tokio::select! {
                () = self.listening.changed() => self.look_at = Instant::now(),
                () = tokio::time::sleep_until(until) => {}
            }
        }
    }
}
