//! Server-sent events (WHATWG HTML §9.2), as the body of an answer that does not end.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use http_body::Frame;
use std::convert::Infallible;
use std::future::{Future, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

/// How long a browser waits before it comes back, in milliseconds.
pub(super) const RETRY_MS: u32 = 2_000;

/// Who has events to tell.
pub(super) trait Source: Sized + Send + 'static {
    /// The next events as text; without a source they are the last ones.
    fn tell(self) -> impl Future<Output = Told<Self>> + Send;
}

/// What a source tells; `None` where the stream is over.
pub(super) type Told<S> = Option<(Option<S>, Bytes)>;

/// The events of one source. Nothing is looked for before the connection takes more.
pub(super) struct Events<S> {
    /// Boxed, so that the connection's task holds a pointer while it waits.
    next: Pin<Box<dyn Future<Output = Told<S>> + Send>>,
}

/// An answer that tells `first`, and then whatever its source has.
pub(super) fn answer<S: Source>(first: impl Future<Output = Told<S>> + Send + 'static) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, Body::new(Events { next: Box::pin(first) })).into_response()
}

impl<S: Source> http_body::Body for Events<S> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.next.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Ready(Some((source, text))) => {
                self.next = match source {
                    Some(source) => Box::pin(source.tell()),
                    None => Box::pin(ready(None)),
                };
                Poll::Ready(Some(Ok(Frame::data(text))))
            }
        }
    }
}
