//! The customer's link over HTTP: no key, the link is one.

use super::super::Api;
use super::super::extract::Named;
use super::super::openapi::{IfNoneMatch, Reading, Revalidating};
use super::super::problem::Problem;
use super::super::reply;
use super::super::streets::drawn;
use super::super::watch::entered;
use super::feed::{self, End, Feed, Tidings};
use super::gone;
use crate::app::App;
use crate::dispatch::tracked::{self, Tracked, TrackedView};
use crate::streets::gzip;
use crate::tracking::watch::Entered;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use doorstep_domain::time::Micros;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use utoipa::ToSchema;

/// How often a stream looks; it reads where something has changed.
const EVERY: Duration = Duration::from_secs(1);

/// How often it reads all the same: estimates run, links expire.
const READS_EVERY: Duration = Duration::from_secs(15);

/// After how long without anything new a sign of life is sent.
const SILENCE: Duration = Duration::from_secs(10);

/// A delivery for whoever waits for it, and what time it is here.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct TrackedNow {
    /// RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    server_time: Micros,
    #[serde(flatten)]
    tracked: TrackedView,
}

/// A delivery by its customer's link.
///
/// Where the courier is while they carry it, nothing before and after. 410 `link_expired` two hours
/// after the end.
#[utoipa::path(
    get, path = "/v1/track/{link}", operation_id = "track_delivery",
    tag = "dispatch", security(()),
    params(("link" = String, Path, description = "`DELIVERY.TOKEN`"), IfNoneMatch),
    responses(
        (status = 200, description = "As it is now", body = TrackedNow),
        (status = 410, description = "The link opens no more"),
        Revalidating,
    )
)]
pub(in super::super) async fn show(
    State(api): State<Api>,
    Named(link): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let shown = api.answer(move |app| {
        let tracked = tracked::by_link(app, &link)?.view;
        let tag = reply::tag_of(&tracked)?;
        reply::tagged_as(&headers, &tag, &TrackedNow { server_time: app.clock.now(), tracked })
    });
    shown.await.map_err(gone)
}

/// A delivery by its customer's link, as server-sent events `tracking`: as it is now, and again
/// within a second of a change. `end` is the last one, when the link expires.
#[utoipa::path(
    get, path = "/v1/track/{link}/events", operation_id = "watch_tracked_delivery",
    tag = "dispatch", security(()),
    params(("link" = String, Path, description = "`DELIVERY.TOKEN`")),
    responses(
        (status = 200, description = "Events", body = String,
         content_type = "text/event-stream"),
        (status = 410, description = "The link opens no more"),
        Reading,
    )
)]
pub(in super::super) async fn events(
    State(api): State<Api>,
    Named(link): Named<String>,
) -> Result<Response, Problem> {
    let entered = entered(&api)?;
    let known = link.clone();
    let tracked = api.run(move |app| tracked::by_link(app, &known)).await.map_err(gone)?;
    let now = Instant::now();
    Ok(feed::events(TrackingFeed {
        api,
        link,
        _entered: entered,
        marks: Marks {
            courier: tracked.courier,
            delivery: tracked.delivery,
            noticed: 0,
            version: 0,
        },
        told: None,
        read_at: now,
        silent_since: now,
    }))
}

/// The streets around a delivery by its customer's link, as GeoJSON: class and name, six decimals.
///
/// Those of which something lies within a kilometre of the box around its two ends; an empty
/// collection where none are known.
#[utoipa::path(
    get, path = "/v1/track/{link}/streets", operation_id = "show_streets_of_tracked_delivery",
    tag = "dispatch", security(()),
    params(("link" = String, Path, description = "`DELIVERY.TOKEN`"), IfNoneMatch),
    responses(
        (status = 200, description = "A feature collection", content_type = "application/geo+json",
         body = serde_json::Value),
        (status = 410, description = "The link opens no more"),
        Revalidating,
    )
)]
pub(in super::super) async fn streets(
    State(api): State<Api>,
    Named(link): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let shown = api.answer(move |app| {
        let (layer, around) = tracked::streets_by_link(app, &link)?;
        let (least, most) = (around.south_west, around.north_east);
        let edges = [least.lng_e7, least.lat_e7, most.lng_e7, most.lat_e7];
        // What is within a box of a layer is known by the two: it need not be written to be named.
        let tag = reply::tag_of(&(&layer.tag, edges))?;
        drawn(&headers, &tag, |is_packed| {
            let json = layer.within(around);
            if is_packed { Ok(gzip(&json)?) } else { Ok(json) }
        })
    });
    shown.await.map_err(gone)
}

struct TrackingFeed {
    api: Api,
    link: String,
    /// Counts among those who watch.
    _entered: Entered,
    marks: Marks,
    told: Option<String>,
    read_at: Instant,
    silent_since: Instant,
}

/// By what it is seen, without reading, that something has changed.
struct Marks {
    delivery: String,
    courier: Option<String>,
    noticed: u64,
    version: u64,
}

impl Marks {
    fn version(&self, app: &Arc<App>) -> u64 {
        let seen = self.courier.as_ref().and_then(|courier| app.live.position(courier));
        seen.map_or(0, |seen| seen.version)
    }

    fn have_changed(&self, app: &Arc<App>) -> bool {
        self.version(app) != self.version
            || app.tracked.notices.is_touched_since(&self.delivery, self.noticed)
    }
}

impl TrackingFeed {
    /// What events of it are called.
    const NAME: &'static str = "tracking";

    async fn look(&mut self) -> Option<Tidings> {
        self.read_at = Instant::now() + READS_EVERY;
        let app = Arc::clone(&self.api.app);
        let noticed = app.tracked.notices.now();
        self.marks.version = self.marks.version(&app);
        let link = self.link.clone();
        let read = self.api.answer(move |app| {
            let Tracked { courier, view, .. } = tracked::by_link(app, &link)?;
            let tag = reply::tag_of(&view)?;
            let now = TrackedNow { server_time: app.clock.now(), tracked: view };
            Ok((serde_json::to_string(&now).map_err(Problem::internal)?, tag, courier))
        });
        match read.await {
            Ok((json, tag, courier)) => {
                self.marks.noticed = noticed;
                self.marks.courier = courier;
                if self.told.as_ref() == Some(&tag) {
                    return None;
                }
                self.told = Some(tag.clone());
                Some(Tidings::now(Self::NAME, &tag, json))
            }
            Err(problem) if problem.code() == tracked::LINK_EXPIRED => {
                Some(Tidings::Over(End::of(tracked::LINK_EXPIRED)))
            }
            // Where the store is not there, or all hands are busy, the next look reads.
            Err(_) => {
                self.read_at = Instant::now() + EVERY;
                None
            }
        }
    }
}

impl Feed for TrackingFeed {
    async fn next(&mut self) -> Option<Tidings> {
        loop {
            if self.api.is_draining() {
                return None;
            }
            let due = self.told.is_none() || Instant::now() >= self.read_at;
            if (due || self.marks.have_changed(&self.api.app))
                && let Some(tidings) = self.look().await
            {
                self.silent_since = Instant::now();
                return Some(tidings);
            }
            if self.silent_since.elapsed() >= SILENCE {
                self.silent_since = Instant::now();
                return Some(Tidings::Silence(None));
            }
            tokio::time::sleep(EVERY).await;
        }
    }
}
