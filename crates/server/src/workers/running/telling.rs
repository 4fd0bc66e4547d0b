//! The threads that tell others: the notifier, the runners of tasks, and who forgets what was done.

use super::{REST, Running, Stop};
use crate::app::App;
use crate::error::AppError;
use crate::notifications;
use doorstep_store::StoreError;
use doorstep_store::task::Pool;
use std::sync::Arc;
use std::time::Duration;

/// How long the notifier, and a runner without a task, rest where nothing calls them: another
/// process may have announced something, or made a task.
pub(super) const NOTIFIER_REST: Duration = Duration::from_millis(200);

/// Runners beyond so many look rarely by themselves: they are for when there is much to do.
const RUNNERS_THAT_LOOK: usize = 4;

/// How rarely.
const SPARE_REST: Duration = Duration::from_millis(500);

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
            let rest = if number < RUNNERS_THAT_LOOK { NOTIFIER_REST } else { SPARE_REST };
            self.spawn(app, format!("runner-{number}"), move |app, stop| {
                run_tasks(app, Pool::Telling, (&name, rest), stop);
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
            app.dispatch.wait_to_tell(NOTIFIER_REST);
        }
    }
}

/// Tries tasks until it is told to stop; `name` is who does, and how long they rest without any.
pub(super) fn run_tasks(app: &App, pool: Pool, (name, rest): (&str, Duration), stop: &Stop) {
    while !stop.is_said() {
        match notifications::run_while(app, pool, name, || !stop.is_said()) {
            Ok(0) => drop(app.notifications.made(pool).wait(rest)),
            Ok(_) => {}
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
