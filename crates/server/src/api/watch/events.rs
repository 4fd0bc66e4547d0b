//! Server-sent events (WHATWG HTML §9.2), as the body of an answer that does not end.

use super::RETRY_MS;
use super::watcher::{Look, Watcher, sent};
use crate::tracking::watch::News;
use axum::body::Bytes;
use http_body::Frame;
use std::convert::Infallible;
use std::fmt::Write;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The events of one watcher. Nothing is looked at before the connection takes more.
pub(super) struct Events {
    next: Next,
}

/// Boxed, so that the connection's task holds a pointer while it waits.
type Next = Pin<Box<dyn Future<Output = Option<(Watcher, Bytes)>> + Send>>;

impl Events {
    /// From the first look on; whoever comes `back` is told where that cannot be from where they
    /// left.
    pub(super) fn new(watcher: Watcher, back: bool) -> Events {
        Events { next: Box::pin(first(watcher, back)) }
    }
}

#[cfg(test)]
impl Events {
    /// Bytes of the future of a watcher that waits for its next look.
    pub(super) fn bytes_waiting(watcher: Watcher) -> usize {
        size_of_val(&later(watcher))
    }
}

impl http_body::Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.next.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Ready(Some((watcher, text))) => {
                self.next = Box::pin(later(watcher));
                Poll::Ready(Some(Ok(Frame::data(text))))
            }
        }
    }
}

async fn first(mut watcher: Watcher, back: bool) -> Option<(Watcher, Bytes)> {
    let mut text = format!("retry: {RETRY_MS}\n\n");
    match watcher.next().await {
        Look::News(mut news) => {
            // Whoever comes for the first time has nothing to forget.
            news.reset = news.reset.filter(|_| back);
            push(&mut text, &news);
        }
        Look::Silence(news) => push(&mut text, &news),
        Look::Stopping => return None,
    }
    sent(text.len());
    Some((watcher, text.into()))
}

async fn later(mut watcher: Watcher) -> Option<(Watcher, Bytes)> {
    let mut text = String::new();
    match watcher.next().await {
        Look::News(news) => push(&mut text, &news),
        Look::Silence(news) => {
            text.push_str(": alive\n");
            push(&mut text, &news);
        }
        Look::Stopping => return None,
    }
    sent(text.len());
    Some((watcher, text.into()))
}

/// The events that say it; where there are none, the id alone, which a browser remembers.
///
/// The id stands with the last of them: whoever breaks off before is told all of them again.
fn push(text: &mut String, news: &News) {
    let events = news.events();
    for event in &events {
        // Writing to a string does not fail.
        let _ = writeln!(text, "event: {}", event.name);
        if event.is_last {
            let _ = writeln!(text, "id: {}", news.id());
        }
        let _ = write!(text, "data: {{{}}}\n\n", event.members);
    }
    if events.is_empty() {
        let _ = write!(text, "id: {}\n\n", news.id());
    }
}
