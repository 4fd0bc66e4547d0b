//! Durable tasks: work that may fail. Somebody takes one under a lease, and what they report counts
//! only while the lease is theirs; it is tried again later, and parked after the last try.
//!
//! Everything that changes tasks runs in the lane [`LANE`]: there no two claims see the same task.

mod attempt;
mod read;
mod rest;

pub use attempt::{AttemptRow, Attempted, attempts, attempts_of_owner};
pub use read::{Depth, Filter, Pool, State, TaskRow, depths, list, load, next_due_us, read};
pub use rest::{recovered, rest, rest_after_failure};

use crate::lane::keepable;
use crate::{StoreError, Tx, TxExt};
use read::{COLUMNS, row_of};

/// The lane in which tasks are made, claimed and settled.
pub const LANE: &str = "tasks";

/// A task to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTask {
    /// Its name, unique; names sort by when they were made.
    pub task_id: String,
    /// What is to be done, such as `webhook`.
    pub kind: String,
    /// For whom: so many of theirs run at once, and they rest together.
    pub owner: String,
    /// What it was made for: the same again makes no second task.
    pub dedupe_key: String,
    /// Tasks of one order key run one after another, by `place`.
    pub order_key: Option<String>,
    /// Its place among those of its order key.
    pub place: i64,
    /// What the work needs, in its encoding.
    pub payload: Vec<u8>,
    /// When it may first be tried, in microseconds.
    pub due_at_us: i64,
    /// How often it is tried.
    pub attempts_max: i64,
    /// Now, in microseconds.
    pub created_at_us: i64,
}

/// Who takes tasks, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim<'a> {
    /// Who, for a person to read.
    pub worker: &'a str,
    /// Which tasks they take.
    pub pool: Pool,
    /// Now, in microseconds.
    pub now_us: i64,
    /// How long they are theirs, in microseconds.
    pub lease_us: i64,
    /// Most tasks taken now.
    pub limit: u32,
    /// Most tasks of one owner that run at once, in all processes together.
    pub per_owner: u32,
}

/// What became of a task that was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It is done.
    Done,
    /// There is nothing to do any more, and why.
    Dropped,
    /// It is tried again at this time, in microseconds.
    Again(i64),
    /// There was no room to try it: it is tried at this time, in microseconds, and as often as
    /// before.
    Untried(i64),
    /// It is not tried again: somebody has to look.
    Parked,
}

/// Makes a task; false where one was made for the same before, and still is kept. While its owner's
/// tasks rest it rests with them.
pub fn add(tx: &mut dyn Tx, task: &NewTask) -> Result<bool, StoreError> {
    keepable("task", &task.task_id)?;
    keepable("dedupe key", &task.dedupe_key)?;
    keepable("owner", &task.owner)?;
    let is_next = task.order_key.is_none();
    let added = tx.execute(
        "insert into task (task_id, kind, owner, dedupe_key, order_key, place, payload, state,
             is_next, due_at_us, attempts, attempts_max, fence, created_at_us)
         values ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8,
             coalesce((select until_us from task_rest where owner = $3 and until_us > $9), $9),
             0, $10, 0, $11)
         on conflict do nothing",
        &[
            (&task.task_id).into(),
            (&task.kind).into(),
            (&task.owner).into(),
            (&task.dedupe_key).into(),
            task.order_key.as_ref().into(),
            task.place.into(),
            (&task.payload).into(),
            is_next.into(),
            task.due_at_us.into(),
            task.attempts_max.into(),
            task.created_at_us.into(),
        ],
    )?;
    if added > 0 {
        put_in_order(tx, task.order_key.as_deref())?;
    }
    Ok(added > 0)
}

/// Takes tasks that are due, the longest due first, and counts an attempt of each.
///
/// One after another: each is the first by the index whose owner has room, however many wait.
pub fn claim(tx: &mut dyn Tx, claim: Claim<'_>) -> Result<Vec<TaskRow>, StoreError> {
    let sql = format!(
        "update task set state = 'running', attempts = attempts + 1, fence = fence + 1,
             lease_owner = $2, due_at_us = $3
         where task_id = (
             select task_id from task
             where is_next = 1 and state = 'waiting' and due_at_us <= $1 and {pool}
                 and owner not in (select owner from task where state = 'running'
                                   group by owner having count(*) >= $4)
                 and owner not in (select owner from task_rest where until_us > $1)
             order by due_at_us, task_id limit 1)
         returning {COLUMNS}",
        pool = claim.pool.condition()
    );
    let until_us = claim.now_us.saturating_add(claim.lease_us);
    let params =
        [claim.now_us.into(), claim.worker.into(), until_us.into(), claim.per_owner.into()];
    let mut claimed = Vec::new();
    for _ in 0..claim.limit {
        match tx.query_optional(&sql, &params, row_of)? {
            Some(task) => claimed.push(task),
            None => break,
        }
    }
    Ok(claimed)
}

/// Ends the leases whose time is over: whoever held them was lost. Their tasks may be taken again
/// at once, or are parked after the last try; answers how many there were, at most `limit`.
pub fn end_leases(tx: &mut dyn Tx, now_us: i64, limit: u32) -> Result<u64, StoreError> {
    end_leases_until(tx, now_us, (now_us, limit))
}

/// Ends every lease, at most `limit`: whoever begins is alone, so that nobody can hold one.
pub fn end_all_leases(tx: &mut dyn Tx, now_us: i64, limit: u32) -> Result<u64, StoreError> {
    end_leases_until(tx, i64::MAX, (now_us, limit))
}

fn end_leases_until(
    tx: &mut dyn Tx,
    until_us: i64,
    (now_us, limit): (i64, u32),
) -> Result<u64, StoreError> {
    let sql = format!(
        "select {COLUMNS} from task where is_next = 1 and state = 'running' and due_at_us <= $1
         order by due_at_us, task_id limit $2"
    );
    let lost = tx.query_all(&sql, &[until_us.into(), limit.into()], row_of)?;
    for task in &lost {
        let settled = match task.attempts < task.attempts_max {
            true => Settled::Again(now_us),
            false => Settled::Parked,
        };
        let worker = task.lease_owner.as_deref().unwrap_or("nobody");
        let attempted = Attempted {
            began_at_us: now_us,
            ended_at_us: now_us,
            outcome: "lost",
            detail: &format!("{worker} did not say how it went within the lease"),
        };
        settle(tx, &task.task_id, task.fence, settled, &attempted)?;
    }
    Ok(lost.len() as u64)
}

/// Notes how an attempt went. False where the lease behind `fence` has been lost meanwhile: then
/// nothing is changed, and somebody else answers for the task.
pub fn settle(
    tx: &mut dyn Tx,
    task_id: &str,
    fence: i64,
    settled: Settled,
    attempted: &Attempted<'_>,
) -> Result<bool, StoreError> {
    let (state, due_at_us) = match settled {
        Settled::Done | Settled::Dropped => ("done", None),
        Settled::Again(due_at_us) | Settled::Untried(due_at_us) => ("waiting", Some(due_at_us)),
        Settled::Parked => ("parked", None),
    };
    let is_open = due_at_us.is_some();
    let error = (settled != Settled::Done).then_some(attempted.detail);
    let was_tried = !matches!(settled, Settled::Untried(_));
    let found = tx.query_optional(
        "update task set state = $3, is_next = $4, due_at_us = coalesce($5, due_at_us),
             lease_owner = null, last_error = $6, ended_at_us = $7, attempts = attempts - $8
         where task_id = $1 and fence = $2 and state = 'running'
         returning order_key, owner",
        &[
            task_id.into(),
            fence.into(),
            state.into(),
            is_open.into(),
            due_at_us.into(),
            error.into(),
            (!is_open).then_some(attempted.ended_at_us).into(),
            i64::from(!was_tried).into(),
        ],
        |row| Ok((row.optional_text(0)?.map(str::to_owned), row.text(1)?.to_owned())),
    )?;
    let Some((order_key, owner)) = found else {
        return Ok(false);
    };
    // A task that is retried counts its attempts anew; its leases it goes on counting.
    if was_tried {
        attempt::add(tx, task_id, fence, &owner, attempted)?;
    }
    put_in_order(tx, order_key.as_deref())?;
    Ok(true)
}

/// Has a task tried anew, as often as at first, and its owner's tasks rest no longer: somebody says
/// that it is worth a try. False where it is running, or not known.
pub fn retry(tx: &mut dyn Tx, task_id: &str, now_us: i64) -> Result<bool, StoreError> {
    let found = tx.query_optional(
        "update task set state = 'waiting', due_at_us = $2, attempts = 0, ended_at_us = null,
             is_next = case when order_key is null then 1 else 0 end
         where task_id = $1 and state <> 'running' returning order_key, owner",
        &[task_id.into(), now_us.into()],
        |row| Ok((row.optional_text(0)?.map(str::to_owned), row.text(1)?.to_owned())),
    )?;
    let Some((order_key, owner)) = found else {
        return Ok(false);
    };
    recovered(tx, &owner)?;
    put_in_order(tx, order_key.as_deref())?;
    Ok(true)
}

/// Gives up a task that waits or is parked; false where it is running, done, or not known.
pub fn discard(tx: &mut dyn Tx, task_id: &str, now_us: i64) -> Result<bool, StoreError> {
    let order_key = tx.query_optional(
        "update task set state = 'done', is_next = 0, ended_at_us = $2,
             last_error = coalesce(last_error, 'discarded')
         where task_id = $1 and state in ('waiting', 'parked') returning order_key",
        &[task_id.into(), now_us.into()],
        |row| Ok(row.optional_text(0)?.map(str::to_owned)),
    )?;
    let Some(order_key) = order_key else {
        return Ok(false);
    };
    put_in_order(tx, order_key.as_deref())?;
    Ok(true)
}

/// Forgets tasks that were done before `before_us`, at most `limit`; answers how many.
pub fn forget(tx: &mut dyn Tx, before_us: i64, limit: u32) -> Result<u64, StoreError> {
    let params = [before_us.into(), limit.into()];
    let old = "select task_id from task where state = 'done' and ended_at_us < $1
               order by ended_at_us, task_id limit $2";
    tx.execute(&format!("delete from task_attempt where task_id in ({old})"), &params)?;
    tx.execute(&format!("delete from task where task_id in ({old})"), &params)
}

/// Of the open tasks of an order key the first may be taken, unless one of them runs.
fn put_in_order(tx: &mut dyn Tx, order_key: Option<&str>) -> Result<(), StoreError> {
    let Some(order_key) = order_key else {
        return Ok(());
    };
    tx.execute(
        "update task set is_next = case when task_id = (
                 select task_id from task where order_key = $1 and state = 'waiting'
                 order by place, task_id limit 1) then 1 else 0 end
         where order_key = $1 and state = 'waiting'
             and not exists (select 1 from task busy
                             where busy.order_key = $1 and busy.state = 'running')",
        &[order_key.into()],
    )?;
    // Who comes first now may have come due while the owner's tasks rest.
    tx.execute(
        "update task set due_at_us =
             (select until_us from task_rest where task_rest.owner = task.owner)
         where order_key = $1 and state = 'waiting' and is_next = 1
             and exists (select 1 from task_rest
                         where task_rest.owner = task.owner and until_us > task.due_at_us)",
        &[order_key.into()],
    )?;
    Ok(())
}
