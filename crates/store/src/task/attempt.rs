//! How attempts of tasks went.

use crate::{Row, StoreError, Tx, TxExt};

/// Most bytes of a detail that are kept.
const DETAIL_BYTES_MAX: usize = 1_000;

/// How an attempt went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempted<'a> {
    /// When it began, in microseconds.
    pub began_at_us: i64,
    /// When it ended, in microseconds.
    pub ended_at_us: i64,
    /// In a word.
    pub outcome: &'a str,
    /// For a person.
    pub detail: &'a str,
}

/// An attempt that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRow {
    /// Of which task.
    pub task_id: String,
    /// Counts the task's attempts, from 1.
    pub attempt: i64,
    /// Microseconds.
    pub began_at_us: i64,
    /// Microseconds.
    pub took_us: i64,
    /// In a word.
    pub outcome: String,
    /// For a person.
    pub detail: String,
}

const COLUMNS: &str = "task_id, attempt, began_at_us, took_us, outcome, detail";

fn row_of(row: &Row<'_>) -> Result<AttemptRow, StoreError> {
    Ok(AttemptRow {
        task_id: row.text(0)?.to_owned(),
        attempt: row.int(1)?,
        began_at_us: row.int(2)?,
        took_us: row.int(3)?,
        outcome: row.text(4)?.to_owned(),
        detail: row.text(5)?.to_owned(),
    })
}

pub(super) fn add(
    tx: &mut dyn Tx,
    task_id: &str,
    attempt: i64,
    owner: &str,
    attempted: &Attempted<'_>,
) -> Result<(), StoreError> {
    let took_us = attempted.ended_at_us.saturating_sub(attempted.began_at_us).max(0);
    tx.execute(
        "insert into task_attempt (task_id, attempt, owner, began_at_us, took_us, outcome, detail)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (task_id, attempt) do nothing",
        &[
            task_id.into(),
            attempt.into(),
            owner.into(),
            attempted.began_at_us.into(),
            took_us.into(),
            attempted.outcome.into(),
            (&shortened(attempted.detail)).into(),
        ],
    )?;
    Ok(())
}

/// The attempts of a task, the first one first.
pub fn attempts(tx: &mut dyn Tx, task_id: &str) -> Result<Vec<AttemptRow>, StoreError> {
    let sql = format!("select {COLUMNS} from task_attempt where task_id = $1 order by attempt");
    tx.query_all(&sql, &[task_id.into()], row_of)
}

/// The attempts of an owner's tasks, the newest first, before this one (its begin in microseconds,
/// its task and its number), at most `limit`.
pub fn attempts_of_owner(
    tx: &mut dyn Tx,
    owner: &str,
    before: (i64, &str, i64),
    limit: u32,
) -> Result<Vec<AttemptRow>, StoreError> {
    let sql = format!(
        "select {COLUMNS} from task_attempt
         where owner = $1 and (began_at_us, task_id, attempt) < ($2, $3, $4)
         order by began_at_us desc, task_id desc, attempt desc limit $5"
    );
    let (at_us, task_id, attempt) = before;
    let params = [owner.into(), at_us.into(), task_id.into(), attempt.into(), limit.into()];
    tx.query_all(&sql, &params, row_of)
}

/// What both engines can keep of a text from outside.
fn shortened(text: &str) -> String {
    let mut kept = text.replace('\0', " ");
    kept.truncate(kept.floor_char_boundary(DETAIL_BYTES_MAX));
    kept
}
