//! Changes of deliveries as they happen, for operators and merchants: server-sent events, or a
//! WebSocket.

use super::super::Api;
use super::super::access::{UNAUTHORIZED, bearer};
use super::super::extract::Asked;
use super::super::openapi::Reading;
use super::super::problem::Problem;
use super::super::watch::entered;
use super::feed::{self, End, Event, Feed, Tidings};
use crate::dispatch::changes::{self, Change, Changes, Listening, Page, Past, Recent};
use crate::keys::{Principal, Secret};
use crate::notifications::heard::kinds as known_kinds;
use crate::tracking::watch::Entered;
use axum::Extension;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use doorstep_domain::id::{MarketId, MerchantId};
use serde::Deserialize;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use utoipa::IntoParams;

/// How often the reader looks by itself: another process may have announced something.
const READS_EVERY: Duration = Duration::from_millis(200);

/// How long the reader lets announcements come together.
const PACE: Duration = Duration::from_millis(10);

/// How often a stream looks whether its key still opens anything, and whether the server stops.
const LOOKS_EVERY: Duration = Duration::from_secs(5);
const WAITS: Duration = Duration::from_secs(1);

/// How soon a stream asks the store again that was not there, or was busy.
const AGAIN: Duration = Duration::from_millis(200);

/// A place before every other.
const UNKNOWN: i64 = -1;

/// After how long without anything new a sign of life is sent.
const SILENCE: Duration = Duration::from_secs(10);

/// Which changes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct ChangesAsked {
    /// Of this market; where there is only one, it need not be said.
    #[param(value_type = Option<String>)]
    market: Option<MarketId>,
    /// Of this merchant; a merchant's key says it by itself.
    #[param(value_type = Option<String>)]
    merchant_id: Option<MerchantId>,
    /// Such as `delivery.picked_up,delivery.delivered`; all where left out.
    types: Option<String>,
    /// The `id` of the last event seen, for those who cannot send the header `Last-Event-ID`.
    last_event_id: Option<String>,
    /// The same, over a WebSocket.
    after: Option<String>,
}

/// Changes of deliveries, as server-sent events.
///
/// Each event has the name, and the data, of the message that webhooks send. Come back with the
/// last `id`, to whichever process, and the rest is told. `reset` says that it is not known any
/// more: look at `/v1/deliveries` for what was missed. `end` is the last one, when the key is
/// revoked, or where the client is too slow.
#[utoipa::path(
    get, path = "/v1/deliveries/events", operation_id = "watch_deliveries",
    tag = "dispatch",
    params(
        ChangesAsked,
        ("Last-Event-ID" = Option<String>, Header, description = "The last event seen"),
    ),
    responses(
        (status = 200, description = "Events without end", body = String,
         content_type = "text/event-stream"),
        Reading,
    )
)]
pub(in super::super) async fn events(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Asked(asked): Asked<ChangesAsked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Ok(feed::events(ChangesFeed::open(api, &principal, asked, &headers).await?))
}

/// Changes of deliveries over a WebSocket: each message as webhooks send it, with its `id`.
///
/// `reset` and `alive` are messages of these types. Come back with `after` and the last `id`. A
/// client that is too slow is dropped with the close code 1013.
#[utoipa::path(
    get, path = "/v1/deliveries/socket", operation_id = "watch_deliveries_over_socket",
    tag = "dispatch",
    params(ChangesAsked),
    responses((status = 101, description = "A WebSocket"), Reading)
)]
pub(in super::super) async fn socket(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Asked(asked): Asked<ChangesAsked>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let feed = ChangesFeed::open(api, &principal, asked, &headers).await?;
    feed::over_socket(upgrade, feed)
}

struct ChangesFeed {
    api: Api,
    /// None for whoever opened the data directory.
    secret: Option<Secret>,
    market: MarketId,
    merchant: Option<String>,
    /// All where it is empty.
    kinds: Vec<String>,
    listening: Listening,
    /// Counts among those who watch.
    _entered: Entered,
    /// Everything up to this was looked at.
    place: i64,
    /// Whether the place could be taken up from what memory had.
    has_joined: bool,
    /// What comes next.
    ready: VecDeque<Arc<Change>>,
    look_at: Instant,
    silent_since: Instant,
}

/// What there is to go on with.
enum More {
    Some,
    Nothing,
    Unknown,
    Gone(i64),
    TooSlow,
}

impl ChangesFeed {
    async fn open(
        api: Api,
        principal: &Principal,
        asked: ChangesAsked,
        headers: &HeaderMap,
    ) -> Result<Self, Problem> {
        let market = market(&api, asked.market)?;
        let merchant = merchant(principal, asked.merchant_id)?;
        let kinds = kinds(asked.types.as_deref().unwrap_or_default())?;
        let entered = entered(&api)?;
        let (listening, must_be_read) = Changes::of(&api.app, &market)?.listen();
        if must_be_read {
            tokio::spawn(read(api.clone(), market.clone()));
        }
        let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
        let last = last.or(asked.last_event_id.as_deref()).or(asked.after.as_deref());
        let of = market.clone();
        let newest = api.run(move |app| changes::newest(app, &of)).await?;
        let place = match last {
            // What is no number of this store is of another: nothing of it is known.
            Some(last) => last.parse().ok().filter(|last| *last <= newest).unwrap_or(UNKNOWN),
            None => newest,
        };
        let (now, secret) = (Instant::now(), bearer(headers));
        Ok(ChangesFeed {
            api,
            secret,
            market,
            merchant: merchant.map(String::from),
            kinds,
            listening,
            _entered: entered,
            place,
            has_joined: false,
            ready: VecDeque::new(),
            look_at: now + LOOKS_EVERY,
            silent_since: now,
        })
    }

    fn wants(&self, change: &Change) -> bool {
        self.merchant.as_ref().is_none_or(|merchant| *merchant == change.merchant)
            && (self.kinds.is_empty() || self.kinds.contains(&change.kind))
    }

    /// Goes on from the place: in memory, or in the store where memory does not go back so far.
    async fn more(&mut self) -> More {
        match self.listening.recent(self.place) {
            Recent::Page(page) => {
                self.has_joined = true;
                self.take(page)
            }
            Recent::TooOld if self.has_joined => More::TooSlow,
            Recent::TooOld | Recent::NotYet => {
                let (market, place) = (self.market.clone(), self.place);
                match self.api.run(move |app| changes::past(app, &market, place)).await {
                    Ok(Past::Page(page)) => self.take(page),
                    Ok(Past::Gone(oldest)) => More::Gone(oldest),
                    // The store is not there, or all hands are busy.
                    Err(_) => More::Unknown,
                }
            }
        }
    }

    fn take(&mut self, page: Page) -> More {
        let has_moved = page.to != self.place;
        self.place = page.to;
        let wanted: Vec<_> = page.changes.into_iter().filter(|change| self.wants(change)).collect();
        self.ready.extend(wanted);
        if has_moved { More::Some } else { More::Nothing }
    }

    fn told(&mut self, name: &str, id: i64, json: String) -> Option<Tidings> {
        self.silent_since = Instant::now();
        let name = name.to_owned().into();
        Some(Tidings::Event(Event { name, id: id.to_string(), json }))
    }
}

impl Feed for ChangesFeed {
    const IS_NUMBERED: bool = true;

    async fn next(&mut self) -> Option<Tidings> {
        loop {
            if self.api.is_draining() {
                return None;
            }
            if Instant::now() >= self.look_at {
                if self.api.is_revoked(self.secret.as_ref()).await {
                    return Some(Tidings::Over(End::of(UNAUTHORIZED)));
                }
                self.look_at = Instant::now() + LOOKS_EVERY;
            }
            if let Some(change) = self.ready.pop_front() {
                return self.told(&change.kind, change.seq, change.body.clone());
            }
            let rest = match self.more().await {
                More::Some => continue,
                More::Nothing => WAITS,
                More::Unknown => AGAIN,
                More::TooSlow => return Some(Tidings::Over(End::too_slow())),
                More::Gone(oldest) => {
                    self.place = oldest;
                    return self.told("reset", oldest, RESET.to_owned());
                }
            };
            if self.silent_since.elapsed() >= SILENCE {
                self.silent_since = Instant::now();
                return Some(Tidings::Silence(Some(self.place.to_string())));
            }
            tokio::select! {
                () = self.listening.changed() => {}
                () = tokio::time::sleep(rest) => {}
            }
        }
    }
}

/// The message that something was missed.
const RESET: &str = r#"{"type":"reset","data":{"reason":"history_gone"}}"#;

/// The one reader of a market in this process, while anybody listens.
async fn read(api: Api, market: MarketId) {
    let Ok(changes) = Changes::of(&api.app, &market) else {
        return;
    };
    while changes.is_wanted() && !api.is_draining() {
        let of = market.clone();
        match api.patiently(move |app| changes::read(app, &of)).await {
            Ok(true) => {}
            Ok(false) => {
                tokio::time::sleep(PACE).await;
                changes.rung(READS_EVERY).await;
            }
            Err(problem) => {
                tracing::error!(%market, code = problem.code(), "streams are told nothing");
                tokio::time::sleep(WAITS).await;
            }
        }
    }
}

/// The market that is meant. Errors: 400 where there are several and none is said.
fn market(api: &Api, asked: Option<MarketId>) -> Result<MarketId, Problem> {
    let mut all = api.app.markets.keys();
    match (asked, all.next(), all.next()) {
        (Some(asked), ..) => {
            api.app.market(asked.as_str())?;
            Ok(asked)
        }
        (None, Some(only), None) => Ok(only.clone()),
        (None, ..) => Err(Problem::field("market", "is missing: there is more than one")),
    }
}

/// Whose changes are told: merchants are told their own.
fn merchant(
    principal: &Principal,
    asked: Option<MerchantId>,
) -> Result<Option<MerchantId>, Problem> {
    match (&principal.merchant, asked) {
        (Some(own), Some(asked)) if *own != asked => {
            Err(Problem::field("merchant_id", "is not the merchant whose key this is"))
        }
        (Some(own), _) => Ok(Some(own.clone())),
        (None, asked) => Ok(asked),
    }
}

/// The types that are asked for. Errors: 400 where one of them is none.
fn kinds(asked: &str) -> Result<Vec<String>, Problem> {
    let kinds = asked.split(',').map(str::trim).filter(|kind| !kind.is_empty());
    let known = known_kinds();
    let kind = |kind: &str| match known.contains(kind) {
        true => Ok(kind.to_owned()),
        false => {
            let known: Vec<String> = known.iter().cloned().collect();
            let reason = format!("{kind:?} is not known: {} are", known.join(", "));
            Err(Problem::field("types", reason))
        }
    };
    kinds.map(kind).collect()
}
