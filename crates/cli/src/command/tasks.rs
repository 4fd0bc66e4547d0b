//! `doorstep tasks`.

use super::answer;
use crate::arguments::{Place, Tasks};
use crate::failure::Failure;
use crate::output;
use crate::table::{Column, Show, card, rows, table};
use crate::transport::{Request, Transport, segment};
use std::process::ExitCode;

const TASKS: &[Column] = &[
    Column("task", "/task_id", Show::Text),
    Column("kind", "/kind", Show::Text),
    Column("owner", "/owner", Show::Text),
    Column("state", "/state", Show::Text),
    Column("attempts", "/attempts", Show::Count),
    Column("of", "/attempts_max", Show::Count),
    Column("next at", "/run_at", Show::Text),
    Column("last error", "/last_error", Show::Text),
];

const TASK: &[Column] = &[
    Column("task", "/task_id", Show::Text),
    Column("kind", "/kind", Show::Text),
    Column("owner", "/owner", Show::Text),
    Column("made for", "/dedupe_key", Show::Text),
    Column("in the order of", "/order_key", Show::Text),
    Column("state", "/state", Show::Text),
    Column("attempts", "/attempts", Show::Count),
    Column("of", "/attempts_max", Show::Count),
    Column("created at", "/created_at", Show::Text),
    Column("next at", "/run_at", Show::Text),
    Column("running at", "/lease_owner", Show::Text),
    Column("lease until", "/lease_until", Show::Text),
    Column("ended at", "/ended_at", Show::Text),
    Column("last error", "/last_error", Show::Text),
];

/// One attempt of a task or of a subscription's messages.
pub(super) const ATTEMPTS: &[Column] = &[
    Column("message", "/message_id", Show::Text),
    Column("attempt", "/attempt", Show::Count),
    Column("at", "/at", Show::Text),
    Column("took ms", "/took_ms", Show::Count),
    Column("outcome", "/outcome", Show::Text),
    Column("detail", "/detail", Show::Text),
];

/// Lists, shows, retries or discards.
pub(crate) fn run(place: &Place, asked: &Tasks) -> Result<ExitCode, Failure> {
    let of = |task_id: &str| format!("/v1/tasks/{}", segment(task_id));
    match asked {
        Tasks::List { state, kind, owner, page } => {
            let request = Request::get("/v1/tasks")
                .with("state", Some(state).filter(|state| *state != "all"))
                .with("kind", kind.as_ref())
                .with("owner", owner.as_ref())
                .with("cursor", page.cursor.as_ref())
                .with("limit", Some(page.limit));
            let listed = Transport::open(place)?.ask(request)?;
            output::more(&listed);
            if state == "parked" {
                eprintln!("doorstep: parked only; --state all for all");
            }
            answer(page.json, &listed, |listed| table(TASKS, rows(listed, "data"), None))
        }
        Tasks::Show { task_id, listing } => {
            let task = Transport::open(place)?.ask(Request::get(of(task_id)))?;
            answer(listing.json, &task, |task| {
                card(TASK, task, None) + &table(ATTEMPTS, rows(task, "history"), None)
            })
        }
        Tasks::Retry { task_id } => acted(place, format!("{}/retry", of(task_id))),
        Tasks::Discard { task_id } => acted(place, format!("{}/discard", of(task_id))),
    }
}

fn acted(place: &Place, path: String) -> Result<ExitCode, Failure> {
    let task = Transport::open(place)?.ask(Request::post(path))?;
    answer(false, &task, |task| card(TASKS, task, None))
}
