//! What must happen later. Whoever finds a timer due takes it in the transaction that does its
//! work, so that the work is done once however many look.

use crate::lane::keepable;
use crate::{Row, StoreError, Tx, TxExt, Value};

/// A timer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// What it is called; setting it again replaces it.
    pub timer_id: String,
    /// When it is due, in microseconds UTC.
    pub due_at_us: i64,
    /// Whose work it is.
    pub kind: String,
    /// What that work needs, in its encoding.
    pub payload: Vec<u8>,
}

/// Sets a timer, replacing the one of the same name.
pub fn set(
    tx: &mut dyn Tx,
    timer_id: &str,
    due_at_us: i64,
    kind: &str,
    payload: &[u8],
) -> Result<(), StoreError> {
    keepable("timer", timer_id)?;
    keepable("kind", kind)?;
    tx.execute(
        "insert into timer (timer_id, due_at_us, kind, payload) values ($1, $2, $3, $4) \
         on conflict (timer_id) do update set \
           due_at_us = excluded.due_at_us, kind = excluded.kind, payload = excluded.payload",
        &[timer_id.into(), due_at_us.into(), kind.into(), payload.into()],
    )?;
    Ok(())
}

/// Cancels a timer; answers whether there was one.
pub fn cancel(tx: &mut dyn Tx, timer_id: &str) -> Result<bool, StoreError> {
    Ok(tx.execute("delete from timer where timer_id = $1", &[timer_id.into()])? > 0)
}

/// Takes a timer that was found due, to do its work in this transaction. False when another took
/// it, or when it has been set to another time since.
pub fn take(tx: &mut dyn Tx, timer_id: &str, due_at_us: i64) -> Result<bool, StoreError> {
    let taken = tx.execute(
        "delete from timer where timer_id = $1 and due_at_us = $2",
        &[timer_id.into(), due_at_us.into()],
    )?;
    Ok(taken > 0)
}

/// The timers due at `now_us`, of one kind or of all, the longest due first, at most `limit`.
pub fn due(
    tx: &mut dyn Tx,
    now_us: i64,
    kind: Option<&str>,
    limit: u32,
) -> Result<Vec<Timer>, StoreError> {
    let (now_us, limit) = (Value::Int(now_us), Value::from(limit));
    match kind {
        None => tx.query_all(
            "select timer_id, due_at_us, kind, payload from timer where due_at_us <= $1 \
             order by due_at_us, timer_id limit $2",
            &[now_us, limit],
            timer,
        ),
        Some(kind) => tx.query_all(
            "select timer_id, due_at_us, kind, payload from timer \
             where kind = $3 and due_at_us <= $1 order by due_at_us, timer_id limit $2",
            &[now_us, limit, kind.into()],
            timer,
        ),
    }
}

fn timer(row: &Row<'_>) -> Result<Timer, StoreError> {
    Ok(Timer {
        timer_id: row.text(0)?.to_owned(),
        due_at_us: row.int(1)?,
        kind: row.text(2)?.to_owned(),
        payload: row.bytes(3)?.to_owned(),
    })
}
