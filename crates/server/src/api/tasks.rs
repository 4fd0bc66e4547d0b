//! Durable tasks: listed, shown, retried, discarded.

use super::Api;
use super::extract::{Asked, Named};
use super::once::{Once, OnceKey};
use super::openapi::{Claiming, Reading};
use super::problem::Problem;
use super::reply::{Page, page_entries};
use crate::keys::Principal;
use crate::tasks::{self, TaskShown, TaskView};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use doorstep_store::task::{self, Filter};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which tasks.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TasksAsked {
    /// `waiting`, `running`, `done` or `parked`; any where it is left out.
    state: Option<String>,
    /// `webhook`, `mail`, `sms`, `push`, `provider.book` or `provider.cancel`.
    kind: Option<String>,
    /// A subscription, or a channel of a market such as `mail/sf`.
    owner: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Most tasks wanted.
    limit: Option<usize>,
}

/// Tasks, the newest first.
#[utoipa::path(
    get, path = "/v1/tasks", operation_id = "list_tasks",
    tag = "tasks",
    params(TasksAsked),
    responses((status = 200, description = "A page", body = Page<TaskView>), Reading)
)]
pub(super) async fn list(
    State(api): State<Api>,
    Asked(asked): Asked<TasksAsked>,
) -> Result<Response, Problem> {
    let most = page_entries(asked.limit, &api.limits)?;
    // Pages are far smaller than 32 bits.
    let one_more = u32::try_from(most + 1).unwrap_or(u32::MAX);
    let state = asked.state.as_deref().map(str::parse::<task::State>).transpose();
    let state = state.map_err(|reason| Problem::field("state", reason))?;
    api.json(move |app| {
        let (kind, owner) = (asked.kind.unwrap_or_default(), asked.owner.unwrap_or_default());
        let filter = Filter { state, kind: &kind, owner: &owner };
        let found = tasks::list(app, filter, &asked.cursor.unwrap_or_default(), one_more)?;
        Ok(Page::of(found, most, |task| task.task_id.clone()))
    })
    .await
}

/// A task with what it needs and every attempt.
#[utoipa::path(
    get, path = "/v1/tasks/{task_id}", operation_id = "show_task",
    tag = "tasks",
    params(("task_id" = String, Path, description = "Which")),
    responses((status = 200, description = "The task", body = TaskShown), Reading)
)]
pub(super) async fn show(
    State(api): State<Api>,
    Named(task_id): Named<String>,
) -> Result<Response, Problem> {
    api.json(move |app| tasks::show(app, &task_id)).await
}

/// Tries a task anew, now, as often as at first; one that was done is done again.
#[utoipa::path(
    post, path = "/v1/tasks/{task_id}/retry", operation_id = "retry_task",
    tag = "tasks",
    params(("task_id" = String, Path, description = "Which"), OnceKey),
    responses((status = 200, description = "It waits", body = TaskView), Claiming)
)]
pub(super) async fn retry(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(task_id): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let once = Once::of(&headers, &principal, "tasks.retry", &[task_id.as_bytes()])?;
    api.once(once, StatusCode::OK, move |app| tasks::retry(app, &task_id, &principal.name)).await
}

/// Gives a task up that waits or is parked.
#[utoipa::path(
    post, path = "/v1/tasks/{task_id}/discard", operation_id = "discard_task",
    tag = "tasks",
    params(("task_id" = String, Path, description = "Which"), OnceKey),
    responses((status = 200, description = "Given up", body = TaskView), Claiming)
)]
pub(super) async fn discard(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(task_id): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let once = Once::of(&headers, &principal, "tasks.discard", &[task_id.as_bytes()])?;
    api.once(once, StatusCode::OK, move |app| tasks::discard(app, &task_id, &principal.name)).await
}
