//! How many watch, and that no more do than may.

use super::super::metric;
use crate::app::App;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Connections that watch now.
#[derive(Debug, Default)]
pub struct Watchers {
    open: AtomicUsize,
    /// Counts all that ever came: each looks in a phase of its own.
    came: AtomicUsize,
}

impl Watchers {
    /// How many there are.
    pub fn open(&self) -> usize {
        self.open.load(Relaxed)
    }
}

/// The right to watch, until it is dropped.
pub struct Entered {
    app: Arc<App>,
    number: usize,
}

impl Entered {
    /// Lets one more watch, unless the configuration's `watchers_max` do already.
    pub fn new(app: &Arc<App>) -> Option<Entered> {
        let watchers = &app.tracked.watchers;
        let most = app.config.tracking.watchers_max;
        watchers
            .open
            .fetch_update(Relaxed, Relaxed, |open| (open < most).then_some(open + 1))
            .ok()?;
        metrics::gauge!(metric::WATCHERS).increment(1.0);
        let number = watchers.came.fetch_add(1, Relaxed);
        Some(Entered { app: Arc::clone(app), number })
    }

    /// What is watched.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// How far into its second it looks, in microseconds: spread evenly, however many come at
    /// once, by steps of the golden ratio.
    pub fn phase_us(&self) -> u64 {
        (self.number as u64).wrapping_mul(618_034) % 1_000_000
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.app.tracked.watchers.open.fetch_sub(1, Relaxed);
        metrics::gauge!(metric::WATCHERS).decrement(1.0);
    }
}
