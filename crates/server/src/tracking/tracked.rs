//! What this process knows of the live side besides positions.

use super::notices::Notices;
use super::progress::Progress;
use super::states::{States, Touched};
use super::watch::Watchers;
use crate::app::App;

/// Progress of the tracker, couriers' states, touched deliveries, and who watches.
#[derive(Debug, Default)]
pub struct Tracked {
    /// How far the tracker is.
    pub progress: Progress,
    /// What couriers are doing.
    pub states: States,
    /// Deliveries that the accountant has touched.
    pub notices: Notices,
    /// Who watches.
    pub watchers: Watchers,
}

impl Tracked {
    /// Lets the map follow what the accountant has committed. It is derived: where that fails the
    /// events are counted all the same, and the next one about a courier sets them right.
    pub fn follow(&self, app: &App, touched: &Touched) {
        if let Err(error) = self.states.follow(app, touched, &self.notices) {
            tracing::error!(%error, "the map does not know what these events say");
        }
    }
}
