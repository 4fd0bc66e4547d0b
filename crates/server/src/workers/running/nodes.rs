//! The threads that follow other nodes, one for each.

use super::{REST, Running, Stop};
use crate::app::App;
use crate::error::AppError;
use crate::follow::{self, Source};
use std::sync::Arc;

impl Running {
    /// Starts whoever follows others.
    pub(super) fn follow_nodes(&mut self, app: &Arc<App>) -> Result<(), AppError> {
        for place in 0..app.following.sources().len() {
            self.spawn(app, format!("follow-{place}"), move |app, stop| {
                if let Some(source) = app.following.sources().get(place) {
                    pull(app, source, stop);
                }
            })?;
        }
        Ok(())
    }
}

/// Pulls from a node while there is something, and looks again every second.
fn pull(app: &App, source: &Source, stop: &Stop) {
    while !stop.is_said() {
        match follow::step(app, source) {
            Ok(0) => stop.rest(REST),
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "it is asked again");
                stop.rest(REST);
            }
        }
    }
}
