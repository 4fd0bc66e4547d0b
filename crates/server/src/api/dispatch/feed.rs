//! Feeds: one thing as it is, told whenever it has changed, as server-sent events (WHATWG HTML
//! §9.2) or over a WebSocket.

use super::super::problem::Problem;
use super::super::sse;
use super::super::watch::socket;
use axum::body::Bytes;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use std::future::Future;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, timeout};

/// How long one message may take to be sent.
const SENDING_MAX: Duration = Duration::from_secs(30);

/// What a feed has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tidings {
    /// The thing as it is now, in JSON on one line, and a name of that state.
    Now {
        /// JSON.
        json: String,
        /// Differs where the state does.
        tag: String,
    },
    /// Nothing for a while.
    Silence,
    /// Nothing will ever come again, and why, as JSON.
    Over(String),
}

/// Something that changes and says so.
pub(super) trait Feed: Send + Sized + 'static {
    /// What events of it are called.
    const NAME: &'static str;

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
    let name = F::NAME;
    match feed.next().await? {
        Tidings::Now { json, tag } => {
            text.push_str(&format!("event: {name}\nid: {tag}\ndata: {json}\n\n"));
        }
        Tidings::Silence => text.push_str(": alive\n\n"),
        Tidings::Over(json) => {
            text.push_str(&format!("event: end\ndata: {json}\n\n"));
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
    let reason = loop {
        let message = tokio::select! {
            tidings = feed.next() => match tidings {
                None => break "the server is stopping",
                Some(Tidings::Over(json)) => {
                    let _ = timeout(SENDING_MAX, socket.send(Message::text(json))).await;
                    break "there is nothing more";
                }
                Some(Tidings::Now { json, .. }) => Message::text(json),
                Some(Tidings::Silence) => continue,
            },
            said = socket.recv() => match said {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                    unanswered = 0;
                    continue;
                }
                Some(Ok(Message::Text(_) | Message::Binary(_))) => break "nothing is read here",
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
            _ = pings.tick() => {
                if unanswered >= 2 {
                    break "two pings were not answered";
                }
                unanswered += 1;
                Message::Ping(Bytes::new())
            }
        };
        if !matches!(timeout(SENDING_MAX, socket.send(message)).await, Ok(Ok(()))) {
            return;
        }
    };
    let close = CloseFrame { code: close_code::AWAY, reason: reason.into() };
    // The client may be gone already.
    let _ = timeout(SENDING_MAX, socket.send(Message::Close(Some(close)))).await;
}
