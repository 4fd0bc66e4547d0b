//! The threads that tell others: the notifier, the runners of tasks, and who forgets what was done.

use super::{REST, Running, Stop};
use crate::app::App;
use crate::error::AppError;
use crate::notifications;
use doorstep_store::StoreError;
use doorstep_store::task::Pool;
use std::sync::Arc;
use std::time::Duration;

/// How long the notifier, and a runner without a task, rest before they look again.
const NOTIFIER_REST: Duration = Duration::from_millis(200);

/// How often tasks that were done long ago are looked for.
const KEEPER_REST: Duration = Duration::from_secs(60);

impl Running {
    /// Starts whoever tells others.
    pub(super) fn tell(&mut self, app: &Arc<App>) -> Result<(), AppError> {
        let freed = notifications::take_over(app)?;
        if freed > 0 {
            tracing::info!(freed, "tasks were in the hands of whoever was here before");
        }
        self.spawn(app, "notifier".to_owned(), notify)?;
        self.spawn(app, "task-keeper".to_owned(), keep_tasks)?;
        for number in 0..app.config.notifications.workers {
            let name = format!("{}/runner-{number}", std::process::id());
            self.spawn(app, format!("runner-{number}"), move |app, stop| {
                run_tasks(app, Pool::Telling, &name, stop);
            })?;
        }
        Ok(())
    }
}

/// Makes tasks of what was announced.
fn notify(app: &App, stop: &Stop) {
    while !stop.is_said() {
        let mut heard = 0;
        for market in app.markets.keys() {
            match notifications::step(app, market) {
                Ok(rows) => heard += rows,
                // Another notifier was faster: where it stands is read anew.
                Err(AppError::Store(StoreError::Fenced { .. })) => {}
                Err(error) => tracing::error!(%market, %error, "the notifier rests"),
            }
        }
        if heard == 0 {
            stop.rest(NOTIFIER_REST);
        }
    }
}

pub(super) fn run_tasks(app: &App, pool: Pool, name: &str, stop: &Stop) {
    while !stop.is_said() {
        match notifications::run_next(app, pool, name) {
            Ok(true) => {}
            Ok(false) => stop.rest(NOTIFIER_REST),
            Err(error) => {
                tracing::error!(%error, "a runner rests");
                stop.rest(REST);
            }
        }
    }
}

fn keep_tasks(app: &App, stop: &Stop) {
    while !stop.is_said() {
        match notifications::keep(app) {
            Ok(0) => stop.rest(KEEPER_REST),
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, "old tasks are not forgotten");
                stop.rest(KEEPER_REST);
            }
        }
    }
}
