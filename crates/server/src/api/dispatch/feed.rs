//! Feeds: one thing as it is, told whenever it has changed, as server-sent events (WHATWG HTML
//! §9.2) or over a WebSocket.

use super::super::watch::{self, socket};
use axum::body::{Body, Bytes};
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use http_body::Frame;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
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
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    let next: Next<F> = Box::pin(told(feed, format!("retry: {}\n\n", watch::RETRY_MS)));
    (headers, Body::new(Events { next })).into_response()
}

type Next<F> = Pin<Box<dyn Future<Output = Option<(Option<F>, Bytes)>> + Send>>;

struct Events<F: Feed> {
    next: Next<F>,
}

impl<F: Feed> http_body::Body for Events<F> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.next.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Ready(Some((feed, text))) => {
                self.next = match feed {
                    Some(feed) => Box::pin(told(feed, String::new())),
                    None => Box::pin(std::future::ready(None)),
                };
                Poll::Ready(Some(Ok(Frame::data(text))))
            }
        }
    }
}

/// The next event; without a feed it is the last one.
async fn told<F: Feed>(mut feed: F, mut text: String) -> Option<(Option<F>, Bytes)> {
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
    Some((Some(feed), text.into()))
}

/// A WebSocket of a feed: a JSON message for each change.
pub(super) fn over_socket<F: Feed>(upgrade: WebSocketUpgrade, feed: F) -> Response {
    socket::configured(upgrade).on_upgrade(move |socket| Box::pin(serve(socket, feed)))
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
