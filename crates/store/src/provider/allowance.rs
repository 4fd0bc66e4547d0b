//! How much of what a provider allows is spent, by all processes together.

use crate::{StoreError, Tx, TxExt};

/// How far ahead calls can be promised, in microseconds: whoever promised more had another clock.
const AHEAD_US_MAX: i64 = 60_000_000;

/// Reserves so many calls, `interval_us` apart, and answers when the first of them may be made, in
/// microseconds: now, or after those that somebody has reserved before.
pub fn reserve(
    tx: &mut dyn Tx,
    name: &str,
    (calls, interval_us): (u32, i64),
    now_us: i64,
) -> Result<i64, StoreError> {
    let length_us = interval_us.saturating_mul(calls.into());
    let end_us = tx.query_one(
        "insert into provider_allowance (name, next_at_us) values ($1, cast($2 as bigint) + $3)
         on conflict (name) do update set next_at_us = $3 + case
             when provider_allowance.next_at_us between $2 and $4
             then provider_allowance.next_at_us else cast($2 as bigint) end
         returning next_at_us",
        &[name.into(), now_us.into(), length_us.into(), now_us.saturating_add(AHEAD_US_MAX).into()],
        |row| row.int(0),
    )?;
    Ok(end_us.saturating_sub(length_us))
}
