//! The thread that keeps what can be had up with what is announced.

use super::{REST, Running, Stop};
use crate::app::App;
use crate::error::AppError;
use crate::stock::follow;
use std::sync::Arc;
use std::time::Duration;

/// How long it waits where nothing rings: another process may have moved some.
const FOLLOW_REST: Duration = Duration::from_millis(200);

/// How long announcements come together: each look is a transaction.
const FOLLOW_PACE: Duration = Duration::from_millis(10);

impl Running {
    /// Starts whoever follows stock.
    pub(super) fn follow_stock(&mut self, app: &Arc<App>) -> Result<(), AppError> {
        app.stock.is_to_be_followed();
        self.spawn(app, "shelf".to_owned(), follow_lanes)
    }
}

fn follow_lanes(app: &App, stop: &Stop) {
    while !stop.is_said() {
        match follow::step(app) {
            Ok(0) => app.stock.wait(FOLLOW_REST),
            Ok(_) => stop.rest(FOLLOW_PACE),
            Err(error) => {
                tracing::error!(%error, "who follows stock rests");
                stop.rest(REST);
            }
        }
    }
}
