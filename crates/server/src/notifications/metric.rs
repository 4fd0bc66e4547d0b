//! The figures of tasks.

use crate::app::App;
use crate::error::AppError;
use doorstep_store::task::{self, State};
use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

const TASKS: &str = "doorstep_tasks";
const OLDEST: &str = "doorstep_task_oldest_age_seconds";
const ATTEMPTS: &str = "doorstep_task_attempts_total";

/// Says what the figures are.
pub(crate) fn describe() {
    describe_gauge!(TASKS, Unit::Count, "Tasks that are not done, by state");
    describe_gauge!(OLDEST, Unit::Seconds, "How long ago the oldest task of a state was made");
    describe_counter!(ATTEMPTS, Unit::Count, "Attempts of tasks, by kind and how they went");
}

/// An attempt was made.
pub(super) fn attempted(kind: &str, outcome: &'static str) {
    counter!(ATTEMPTS, "kind" => kind.to_owned(), "outcome" => outcome).increment(1);
}

/// What is only known by looking.
pub(crate) fn begin(app: &App) -> Result<(), AppError> {
    let depths = app.store.read(|tx| task::depths(tx).map_err(AppError::from))?;
    let now = app.clock.now();
    for state in State::ALL.into_iter().filter(|state| *state != State::Done) {
        let depth = depths.iter().find(|depth| depth.state == state);
        let age_us = depth.map_or(0, |depth| now.0 - depth.oldest_us);
        let tasks = depth.map_or(0, |depth| depth.tasks);
        gauge!(TASKS, "state" => state.as_str()).set(tasks as f64);
        gauge!(OLDEST, "state" => state.as_str()).set(age_us as f64 / 1e6);
    }
    Ok(())
}
