//! How long it is remembered who left which cell.

use crate::app::App;
use doorstep_domain::time::{Micros, SECOND_US};
use std::collections::VecDeque;

/// Versions of the map and when they were, so that who left a cell is remembered for long enough
/// and no longer.
#[derive(Debug, Default)]
pub(super) struct Past(VecDeque<(Micros, u64)>);

/// How long it is remembered who left a cell: whoever watches may be away for that long.
const REMEMBERED_US: i64 = 60 * SECOND_US;

/// How often that is looked at; each time every cell is.
const FORGOTTEN_EVERY_US: i64 = 10 * SECOND_US;

impl Past {
    /// Lets the map forget what is old enough; looks now and then only.
    pub(super) fn forget(&mut self, app: &App) {
        let now = app.clock.now();
        let since = |at: Micros| now.0.saturating_sub(at.0);
        if self.0.back().is_some_and(|(at, _)| since(*at) < FORGOTTEN_EVERY_US) {
            return;
        }
        self.0.push_back((now, app.live.version()));
        let mut gone = None;
        while let Some((_, version)) = self.0.pop_front_if(|(at, _)| since(*at) >= REMEMBERED_US) {
            gone = Some(version);
        }
        if let Some(version) = gone {
            app.live.forget_departures(version);
        }
    }
}
