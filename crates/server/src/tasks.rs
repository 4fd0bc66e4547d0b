//! Durable tasks, as operators see them: what waits, what is parked, and why.

use crate::app::App;
use crate::error::AppError;
use crate::notifications::subscriptions::AttemptView;
use doorstep_domain::time::Micros;
use doorstep_store::task::{self, Filter, State, TaskRow};
use doorstep_store::{LaneId, audit};
use serde::Serialize;
use utoipa::ToSchema;

/// A task.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TaskView {
    /// Its name.
    pub task_id: String,
    /// What is done: `webhook`, `mail`, `sms`, `push`, `provider.book` or `provider.cancel`.
    pub kind: String,
    /// For whom: a subscription, a channel of a market, or a provider.
    pub owner: String,
    /// `waiting`, `running`, `done` or `parked`.
    pub state: &'static str,
    /// How often it was tried.
    pub attempts: i64,
    /// How often it is tried.
    pub attempts_max: i64,
    /// When it is tried next; RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub run_at: Option<Micros>,
    /// Until when it is its runner's; RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub lease_until: Option<Micros>,
    /// Who is at it.
    pub lease_owner: Option<String>,
    /// How the last attempt failed.
    pub last_error: Option<String>,
    /// What runs one after another.
    pub order_key: Option<String>,
    /// RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Micros,
    /// When it was done or parked; RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Micros>,
}

/// A task with what it needs and how it went.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TaskShown {
    /// The task.
    #[serde(flatten)]
    pub task: TaskView,
    /// What it was made for: the same again makes no second one.
    pub dedupe_key: String,
    /// What the work needs.
    pub payload: serde_json::Value,
    /// Every attempt, the first one first.
    pub history: Vec<AttemptView>,
}

impl From<&TaskRow> for TaskView {
    fn from(row: &TaskRow) -> TaskView {
        let due = |state| (row.state == state).then_some(Micros(row.due_at_us));
        TaskView {
            task_id: row.task_id.clone(),
            kind: row.kind.clone(),
            owner: row.owner.clone(),
            state: row.state.as_str(),
            attempts: row.attempts,
            attempts_max: row.attempts_max,
            run_at: due(State::Waiting),
            lease_until: due(State::Running),
            lease_owner: row.lease_owner.clone(),
            last_error: row.last_error.clone(),
            order_key: row.order_key.clone(),
            created_at: Micros(row.created_at_us),
            ended_at: row.ended_at_us.map(Micros),
        }
    }
}

/// Tasks, the newest first, before this one; at most `limit`.
pub fn list(
    app: &App,
    filter: Filter<'_>,
    before: &str,
    limit: u32,
) -> Result<Vec<TaskView>, AppError> {
    let rows =
        app.store.read(|tx| task::list(tx, filter, before, limit).map_err(AppError::from))?;
    Ok(rows.iter().map(TaskView::from).collect())
}

/// One task. Errors: [`AppError::NotFound`].
pub fn show(app: &App, id: &str) -> Result<TaskShown, AppError> {
    app.store.read(|tx| {
        let row = task::load(tx, id)?.ok_or_else(|| unknown(id))?;
        let history = task::attempts(tx, id)?;
        let text = || String::from_utf8_lossy(&row.payload).into_owned().into();
        Ok(TaskShown {
            task: TaskView::from(&row),
            dedupe_key: row.dedupe_key.clone(),
            payload: serde_json::from_slice(&row.payload).unwrap_or_else(|_| text()),
            history: history.into_iter().map(AttemptView::from).collect(),
        })
    })
}

/// Tries a task anew, now, as often as at first. Errors: [`AppError::NotFound`];
/// [`AppError::Refused`] `task_running`.
pub fn retry(app: &App, id: &str, actor: &str) -> Result<TaskView, AppError> {
    act(app, id, actor, "task.retry")
}

/// Gives a task up. Errors: [`AppError::NotFound`]; [`AppError::Refused`] `task_running` or
/// `task_done`.
pub fn discard(app: &App, id: &str, actor: &str) -> Result<TaskView, AppError> {
    act(app, id, actor, "task.discard")
}

fn act(app: &App, id: &str, actor: &str, action: &'static str) -> Result<TaskView, AppError> {
    let (id, actor, now) = (id.to_owned(), actor.to_owned(), app.clock.now());
    app.store.lane(&LaneId::new(task::LANE)?, move |tx| {
        let before = task::load(tx, &id)?.ok_or_else(|| unknown(&id))?;
        let is_done = match action {
            "task.retry" => task::retry(tx, &id, now.0)?,
            _ => task::discard(tx, &id, now.0)?,
        };
        if !is_done {
            return Err(refused(before.state));
        }
        let after = task::load(tx, &id)?.ok_or_else(|| unknown(&id))?;
        let states = (before.state.as_str(), after.state.as_str());
        audit::add(tx, now, &actor, action, &id, states)?;
        Ok(TaskView::from(&after))
    })
}

fn refused(state: State) -> AppError {
    match state {
        State::Running => AppError::Refused {
            code: "task_running",
            reason: "somebody is at it; ask again later".to_owned(),
        },
        _ => AppError::Refused { code: "task_done", reason: "it is done already".to_owned() },
    }
}

fn unknown(id: &str) -> AppError {
    AppError::NotFound { what: "task", id: id.to_owned() }
}
