//! What a watcher is told, as server-sent events.

use super::super::access::UNAUTHORIZED;
use super::super::sse::{RETRY_MS, Source, Told};
use super::watcher::{Look, Watcher, sent};
use crate::tracking::watch::News;
use std::fmt::Write;

impl Source for Watcher {
    fn tell(self) -> impl Future<Output = Told<Watcher>> + Send {
        later(self)
    }
}

/// From the first look on; whoever comes `back` is told where that cannot be from where they left.
pub(super) async fn first(mut watcher: Watcher, back: bool) -> Told<Watcher> {
    let mut text = format!("retry: {RETRY_MS}\n\n");
    match watcher.next().await {
        Look::News(mut news) => {
            // Whoever comes for the first time has nothing to forget.
            news.reset = news.reset.filter(|_| back);
            push(&mut text, &news);
        }
        Look::Silence(news) => push(&mut text, &news),
        Look::Revoked => return Some((None, revoked(text).into())),
        Look::Stopping => return None,
    }
    sent(text.len());
    Some((Some(watcher), text.into()))
}

async fn later(mut watcher: Watcher) -> Told<Watcher> {
    let mut text = String::new();
    match watcher.next().await {
        Look::News(news) => push(&mut text, &news),
        Look::Silence(news) => {
            text.push_str(": alive\n");
            push(&mut text, &news);
        }
        Look::Revoked => return Some((None, revoked(text).into())),
        Look::Stopping => return None,
    }
    sent(text.len());
    Some((Some(watcher), text.into()))
}

/// The last event: the key opens nothing more.
fn revoked(mut text: String) -> String {
    // Writing to a string does not fail.
    let _ = write!(text, "event: end\ndata: {{\"code\":\"{UNAUTHORIZED}\"}}\n\n");
    text
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
