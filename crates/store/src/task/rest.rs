//! Owners whose tasks rest together: where one of them failed, the others would as well.

use crate::{StoreError, Tx, TxExt, Value};

/// Has an owner's tasks rest until then, in microseconds, unless they rest for longer already.
pub fn rest(tx: &mut dyn Tx, owner: &str, until_us: i64) -> Result<(), StoreError> {
    tx.execute(
        "insert into task_rest (owner, failures, until_us) values ($1, 1, $2)
         on conflict (owner) do update set until_us = excluded.until_us
         where task_rest.until_us < excluded.until_us",
        &[owner.into(), until_us.into()],
    )?;
    put_off(tx, owner, until_us)
}

/// Counts a failure of an owner and has their tasks rest for what `rest_us` makes of the failures
/// in a row, in microseconds. While they rest nothing is counted: those were under way before.
pub fn rest_after_failure(
    tx: &mut dyn Tx,
    owner: &str,
    now_us: i64,
    rest_us: impl Fn(i64) -> i64,
) -> Result<(), StoreError> {
    let before = tx.query_optional(
        "select failures, until_us from task_rest where owner = $1",
        &[owner.into()],
        |row| Ok((row.int(0)?, row.int(1)?)),
    )?;
    let (failures, rested_until_us) = before.unwrap_or((0, i64::MIN));
    if rested_until_us > now_us {
        return Ok(());
    }
    let failures = failures + 1;
    let until_us = now_us.saturating_add(rest_us(failures));
    tx.execute(
        "insert into task_rest (owner, failures, until_us) values ($1, $2, $3)
         on conflict (owner) do update set
             failures = excluded.failures, until_us = excluded.until_us",
        &[owner.into(), failures.into(), until_us.into()],
    )?;
    put_off(tx, owner, until_us)
}

/// An owner's task went well: theirs rest no longer, and failures are counted anew.
pub fn recovered(tx: &mut dyn Tx, owner: &str) -> Result<(), StoreError> {
    tx.execute("delete from task_rest where owner = $1", &[owner.into()])?;
    Ok(())
}

/// What is put off is no longer looked at by every claim.
fn put_off(tx: &mut dyn Tx, owner: &str, until_us: i64) -> Result<(), StoreError> {
    let params: [Value<'_>; 2] = [owner.into(), until_us.into()];
    tx.execute(
        "update task set due_at_us = $2
         where owner = $1 and is_next = 1 and state = 'waiting' and due_at_us < $2",
        &params,
    )?;
    Ok(())
}
