//! The threads that keep up with what is announced: what can be had, and the items and prices in
//! stores of markets' own.

use super::{REST, Running, Stop};
use crate::app::App;
use crate::error::AppError;
use crate::orders::is_common;
use crate::stock::{copies, follow};
use doorstep_store::StoreError;
use std::sync::Arc;
use std::time::Duration;

/// How long it waits where nothing rings: another process may have moved some.
const FOLLOW_REST: Duration = Duration::from_millis(200);

/// How long announcements come together: each look is a transaction.
const FOLLOW_PACE: Duration = Duration::from_millis(10);

/// How often it is looked whether another process has changed items or prices: here they are copied
/// as they change.
const COPY_REST: Duration = Duration::from_millis(500);

impl Running {
    /// Starts whoever follows stock.
    pub(super) fn follow_stock(&mut self, app: &Arc<App>) -> Result<(), AppError> {
        app.stock.is_to_be_followed();
        self.spawn(app, "shelf".to_owned(), follow_lanes)?;
        if app.markets.keys().all(|market| is_common(app, market)) {
            return Ok(());
        }
        self.spawn(app, "catalogue-copier".to_owned(), copy)
    }
}

fn copy(app: &App, stop: &Stop) {
    while !stop.is_said() {
        match copies::step(app) {
            Ok(0) => stop.rest(COPY_REST),
            Ok(_) => {}
            // Another process was faster: where the copy stands is read anew.
            Err(AppError::Store(StoreError::Fenced { .. })) => {}
            Err(error) => {
                tracing::error!(%error, "who copies items and prices rests");
                stop.rest(REST);
            }
        }
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
