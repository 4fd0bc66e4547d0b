//! Days: opened by the first fact on them, closed once, for good.

use crate::{Row, StoreError, Tx, TxExt};

/// A market's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRow {
    /// Day number.
    pub day: i64,
    /// When and by whom it was closed, and the digest of what it came to.
    pub closed: Option<Closed>,
}

/// That and how a day was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// Microseconds.
    pub at_us: i64,
    /// Who.
    pub by: String,
    /// The settlement's digest.
    pub digest: String,
}

fn read(row: &Row<'_>) -> Result<DayRow, StoreError> {
    let closed = match row.optional_int(1)? {
        None => None,
        Some(at_us) => {
            Some(Closed { at_us, by: row.text(2)?.to_owned(), digest: row.text(3)?.to_owned() })
        }
    };
    Ok(DayRow { day: row.int(0)?, closed })
}

/// Makes sure that days exist.
pub fn open(tx: &mut dyn Tx, days: &[(&str, i64)]) -> Result<(), StoreError> {
    let rows = days.iter().map(|(market, day)| [(*market).into(), (*day).into()]);
    tx.insert_many("insert into day (market_id, day)", rows, "on conflict do nothing")?;
    Ok(())
}

/// One day, if anything happened on it.
pub fn load(tx: &mut dyn Tx, market: &str, day: i64) -> Result<Option<DayRow>, StoreError> {
    tx.query_optional(
        "select day, closed_at_us, closed_by, digest from day where market_id = $1 and day = $2",
        &[market.into(), day.into()],
        read,
    )
}

/// Every day of a market, in order.
pub fn all(tx: &mut dyn Tx, market: &str) -> Result<Vec<DayRow>, StoreError> {
    tx.query_all(
        "select day, closed_at_us, closed_by, digest from day where market_id = $1 order by day",
        &[market.into()],
        read,
    )
}

/// Closes a day. The caller has made sure that it is open.
pub fn close(tx: &mut dyn Tx, market: &str, day: i64, closed: &Closed) -> Result<(), StoreError> {
    tx.execute(
        "insert into day (market_id, day, closed_at_us, closed_by, digest)
         values ($1, $2, $3, $4, $5)
         on conflict (market_id, day) do update set closed_at_us = excluded.closed_at_us,
             closed_by = excluded.closed_by, digest = excluded.digest
         where day.closed_at_us is null",
        &[
            market.into(),
            day.into(),
            closed.at_us.into(),
            (&closed.by).into(),
            (&closed.digest).into(),
        ],
    )?;
    Ok(())
}

/// Puts the digest of a closed day back to what a repair has proven it to have been.
pub fn restore_digest(
    tx: &mut dyn Tx,
    market: &str,
    day: i64,
    digest: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "update day set digest = $3
         where market_id = $1 and day = $2 and closed_at_us is not null",
        &[market.into(), day.into(), digest.into()],
    )?;
    Ok(())
}

/// The first day after `day` that is not closed: where adjustments are booked.
pub fn next_open(tx: &mut dyn Tx, market: &str, day: i64) -> Result<i64, StoreError> {
    let closed = tx.query_all(
        "select day from day where market_id = $1 and day > $2 and closed_at_us is not null
         order by day",
        &[market.into(), day.into()],
        |row| row.int(0),
    )?;
    let mut next = day + 1;
    for closed in closed {
        if closed > next {
            break;
        }
        next = closed + 1;
    }
    Ok(next)
}
