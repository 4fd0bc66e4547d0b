//! One connection that watches.

use super::super::Api;
use crate::app::App;
use crate::keys::Secret;
use crate::tracking::metric::WATCH_SENT;
use crate::tracking::watch::{Entered, News, Watch, deliveries};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior};

/// How often a watcher looks.
const EVERY: Duration = Duration::from_secs(1);

/// After how many looks without anything new a sign of life is sent, which says the version too:
/// whoever was told nothing for long must be able to come back with something newer.
const LOOKS_IN_SILENCE_MAX: u32 = 10;

/// After how many looks it is looked whether the key still opens anything.
const LOOKS_WITH_A_KEY: u32 = 5;

/// A connection's state: what it follows, and when it looks next.
pub(super) struct Watcher {
    api: Api,
    /// None for whoever opened the data directory.
    secret: Option<Box<Secret>>,
    entered: Entered,
    watch: Watch,
    due: Interval,
    looked: u32,
    silent: u32,
}

/// What came of a look.
pub(super) enum Look {
    /// There is something to tell.
    News(News),
    /// Nothing for a while: a sign of life is due.
    Silence(News),
    /// The key was revoked.
    Revoked,
    /// The server is stopping.
    Stopping,
}

impl Watcher {
    pub(super) fn new(api: Api, secret: Option<Secret>, entered: Entered, watch: Watch) -> Watcher {
        let mut due = tokio::time::interval(EVERY);
        // A slow connection looks later, not more often afterwards.
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let secret = secret.map(Box::new);
        Watcher { api, secret, entered, watch, due, looked: 0, silent: 0 }
    }

    pub(super) fn app(&self) -> &Arc<App> {
        self.entered.app()
    }

    pub(super) fn watch(&mut self) -> &mut Watch {
        &mut self.watch
    }

    /// Looks at once the next time: the watcher has asked for something else.
    pub(super) fn hurry(&mut self) {
        self.due.reset_immediately();
    }

    /// Waits for the next look that has something to say. It may be dropped while it waits.
    pub(super) async fn next(&mut self) -> Look {
        loop {
            self.due.tick().await;
            if self.api.is_draining() {
                return Look::Stopping;
            }
            if self.looked == 0 {
                // The first look is now, the others in the watcher's own part of the second.
                self.due.reset_after(Duration::from_micros(self.entered.phase_us()));
            }
            self.looked = self.looked.wrapping_add(1).max(1);
            if self.looked.is_multiple_of(LOOKS_WITH_A_KEY)
                && self.api.is_revoked(self.secret.as_deref()).await
            {
                return Look::Revoked;
            }
            let due = self.watch.due(self.app());
            if !due.is_empty() {
                // Where the store is not there, deliveries are read with the next look.
                let read = self.api.run(move |app| deliveries::read(app, due)).await;
                self.watch.learn(read.unwrap_or_default());
            }
            let news = self.watch.look(self.entered.app());
            if !news.is_empty() {
                self.silent = 0;
                news.measure(self.app());
                return Look::News(news);
            }
            self.silent += 1;
            if self.silent >= LOOKS_IN_SILENCE_MAX {
                self.silent = 0;
                return Look::Silence(news);
            }
        }
    }
}

/// Counts what goes out.
pub(super) fn sent(bytes: usize) {
    metrics::counter!(WATCH_SENT).increment(bytes as u64);
}

#[cfg(test)]
mod tests {
    use super::super::super::Limits;
    use super::super::super::sse::{Events, Source};
    use super::*;
    use crate::clock::SystemClock;
    use crate::config::Config;
    use crate::tracking::watch::{Asked, Followed};

    /// C7: what one watcher of a box takes while it waits, and that it is little: its state, and
    /// the future that holds it, are all there is on the heap besides the timer's entry.
    #[test]
    fn a_waiting_watcher_is_small() {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(SystemClock);
        let app = Arc::new(App::open(Config::default(), directory.path(), clock).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let api = Api::new(Arc::clone(&app), Limits::default());
            let bbox = Some("-123,37,-122,38");
            let followed = Followed::read(&Asked { bbox, ..Asked::default() }).unwrap();
            let entered = Entered::new(&app).unwrap();
            let key = Some(Secret::presented("dsk_0"));
            let watcher = Watcher::new(api, key, entered, Watch::begin(followed, 1));
            assert!(size_of::<Watcher>() <= 384, "{} bytes of state", size_of::<Watcher>());
            assert!(size_of::<Events<Watcher>>() <= 16, "a pointer in the connection's own task");
            let waits = size_of_val(&Source::tell(watcher));
            assert!(waits <= 2_048, "{waits} bytes while it waits");
        });
    }
}
