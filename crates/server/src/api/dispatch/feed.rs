//! Feeds: one thing as it is, told whenever it has changed, as server-sent events (WHATWG HTML
//! §9.2) or over a WebSocket.

use super::super::access::UNAUTHORIZED;
use super::super::problem::Problem;
use super::super::sse;
use super::super::watch::socket;
use axum::body::Bytes;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use std::borrow::Cow;
use std::future::Future;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, timeout};

/// How long one message may take to be sent.
const SENDING_MAX: Duration = Duration::from_secs(30);

/// How long a client that takes nothing is waited for once more, to be told why it is dropped.
const DROPPING_MAX: Duration = Duration::from_secs(5);

/// Close code of a connection that should come again (RFC 6455, registered 1013).
const AGAIN: u16 = close_code::AGAIN;

/// What a feed has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tidings {
    /// Something to tell.
    Event(Event),
    /// Nothing for a while; what to come back with, where that has moved on meanwhile.
    Silence(Option<String>),
    /// Nothing will ever come again on this connection.
    Over(End),
}

/// Something to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    /// What it is called.
    pub(super) name: Cow<'static, str>,
    /// What to come back with.
    pub(super) id: String,
    /// An object, on one line.
    pub(super) json: String,
}

/// Why a connection is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    /// As the code of a problem.
    code: &'static str,
    /// As a WebSocket is closed.
    close: (u16, &'static str),
}

impl End {
    /// For good: there is nothing more, or not for this key.
    pub(super) fn of(code: &'static str) -> End {
        let close = match code {
            UNAUTHORIZED => (close_code::POLICY, "the key was revoked"),
            _ => (close_code::AWAY, "there is nothing more"),
        };
        End { code, close }
    }

    /// The client is too slow. It may come again with the last id it has.
    pub(super) fn too_slow() -> End {
        End { code: "too_slow", close: (AGAIN, "too slow: come again with the last id") }
    }

    fn json(self) -> String {
        format!("{{\"code\":\"{}\"}}", self.code)
    }
}

impl Tidings {
    /// The thing as it is now, by the `ETag` of that state.
    pub(super) fn now(name: &'static str, tag: &str, json: String) -> Tidings {
        let id = tag.trim_matches('"').to_owned();
        Tidings::Event(Event { name: Cow::Borrowed(name), id, json })
    }
}

/// Something that changes and says so.
pub(super) trait Feed: Send + Sized + 'static {
    /// Whether messages over a WebSocket say the ids of events, and signs of life with them.
    const IS_NUMBERED: bool = false;

    /// Waits for what there is to say next; `None` where the server stops. It may be dropped while
    /// it waits.
    fn next(&mut self) -> impl Future<Output = Option<Tidings>> + Send;
}

/// Server-sent events of a feed, without end.
pub(super) fn events<F: Feed>(feed: F) -> Response {
    sse::answer(told(feed, format!("retry: {}\n\n", sse::RETRY_MS)))
}

struct Feeding<F>(F);

impl<F: Feed> sse::Source for Feeding<F> {
    fn tell(self) -> impl Future<Output = sse::Told<Self>> + Send {
        told(self.0, String::new())
    }
}

/// The next event; without a feed it is the last one.
async fn told<F: Feed>(mut feed: F, mut text: String) -> sse::Told<Feeding<F>> {
    match feed.next().await? {
        Tidings::Event(Event { name, id, json }) => {
            text.push_str(&format!("event: {name}\nid: {id}\ndata: {json}\n\n"));
        }
        Tidings::Silence(id) => {
            text.push_str(": alive\n");
            text.extend(id.map(|id| format!("id: {id}\n")));
            text.push('\n');
        }
        Tidings::Over(end) => {
            text.push_str(&format!("event: end\ndata: {}\n\n", end.json()));
            return Some((None, text.into()));
        }
    }
    Some((Some(Feeding(feed)), text.into()))
}

/// A WebSocket of a feed: a JSON message for each change. Errors: 400 where none is asked for.
pub(super) fn over_socket<F: Feed>(
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    feed: F,
) -> Result<Response, Problem> {
    let upgrade = socket::configured(socket::asked(upgrade)?);
    Ok(upgrade.on_upgrade(move |socket| Box::pin(serve(socket, feed))))
}

async fn serve<F: Feed>(mut socket: WebSocket, mut feed: F) {
    let mut pings = tokio::time::interval(socket::PING_EVERY);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut unanswered = 0;
    let (code, reason) = loop {
        let message = tokio::select! {
            tidings = feed.next() => match tidings {
                None => break (close_code::AWAY, "the server is stopping"),
                Some(Tidings::Over(end)) => {
                    let _ = timeout(DROPPING_MAX, socket.send(Message::text(end.json()))).await;
                    break end.close;
                }
                Some(Tidings::Event(event)) => Message::text(message::<F>(event)),
                Some(Tidings::Silence(Some(id))) if F::IS_NUMBERED => {
                    Message::text(format!("{{\"id\":\"{id}\",\"type\":\"alive\"}}"))
                }
                Some(Tidings::Silence(_)) => continue,
            },
            said = socket.recv() => match said {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                    unanswered = 0;
                    continue;
                }
                Some(Ok(Message::Text(_) | Message::Binary(_))) => {
                    break (close_code::POLICY, "nothing is read here");
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
            _ = pings.tick() => {
                if unanswered >= 2 {
                    break (close_code::POLICY, "two pings were not answered");
                }
                unanswered += 1;
                Message::Ping(Bytes::new())
            }
        };
        match timeout(SENDING_MAX, socket.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return,
            Err(_) => break End::too_slow().close,
        }
    };
    let close = CloseFrame { code, reason: reason.into() };
    // The client may be gone already.
    let _ = timeout(DROPPING_MAX, socket.send(Message::Close(Some(close)))).await;
}

/// An event as a WebSocket says it: the object, beginning with the id where those are said.
fn message<F: Feed>(event: Event) -> String {
    match event.json.strip_prefix('{') {
        Some(members) if F::IS_NUMBERED => format!("{{\"id\":\"{}\",{members}", event.id),
        _ => event.json,
    }
}
