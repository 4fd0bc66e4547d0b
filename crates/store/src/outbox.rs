//! What lanes announced, for whoever tells others: webhooks, watchers, the log.

use crate::{LaneId, LaneTx, StoreError, Tx, TxExt};

/// An announcement. Rows are written with [`LaneTx::announce`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// Its number in the lane, without gaps, from 1.
    pub seq: i64,
    /// What happened, such as `delivery.accepted`.
    pub kind: String,
    /// To whom or what it happened.
    pub subject: String,
    /// The rest, in the announcer's encoding.
    pub payload: Vec<u8>,
    /// When it was announced, in microseconds UTC.
    pub announced_at_us: i64,
}

/// A lane whose outbox is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The lane.
    pub lane: LaneId,
    /// Everything up to this number has been forgotten.
    pub forgotten_seq: i64,
    /// The newest row.
    pub last_seq: i64,
}

/// The rows of a lane after `after_seq`, oldest first, at most `limit`.
pub fn read(
    tx: &mut dyn Tx,
    lane: &LaneId,
    after_seq: i64,
    limit: u32,
) -> Result<Vec<Announced>, StoreError> {
    tx.query_all(
        "select seq, kind, subject, payload, announced_at_us from outbox \
         where lane_id = $1 and seq > $2 order by seq limit $3",
        &[lane.as_str().into(), after_seq.into(), limit.into()],
        |row| {
            Ok(Announced {
                seq: row.int(0)?,
                kind: row.text(1)?.to_owned(),
                subject: row.text(2)?.to_owned(),
                payload: row.bytes(3)?.to_owned(),
                announced_at_us: row.int(4)?,
            })
        },
    )
}

/// Number and instant (microseconds UTC) of a lane's oldest rows, at most `limit`.
pub fn read_heads(
    tx: &mut dyn Tx,
    lane: &LaneId,
    limit: u32,
) -> Result<Vec<(i64, i64)>, StoreError> {
    tx.query_all(
        "select seq, announced_at_us from outbox where lane_id = $1 order by seq limit $2",
        &[lane.as_str().into(), limit.into()],
        |row| Ok((row.int(0)?, row.int(1)?)),
    )
}

/// The number of a lane's newest row, forgotten or not; 0 before the first.
pub fn last_seq(tx: &mut dyn Tx, lane: &LaneId) -> Result<i64, StoreError> {
    let sql = "select last_seq from lane where lane_id = $1";
    let last = tx.query_optional(sql, &[lane.as_str().into()], |row| row.int(0))?;
    Ok(last.unwrap_or(0))
}

/// What of a lane can still be read: everything up to the first number has been forgotten, the
/// second is the newest; both 0 before the first announcement.
pub fn bounds(tx: &mut dyn Tx, lane: &LaneId) -> Result<(i64, i64), StoreError> {
    let sql = "select forgotten_seq, last_seq from lane where lane_id = $1";
    let found =
        tx.query_optional(sql, &[lane.as_str().into()], |row| Ok((row.int(0)?, row.int(1)?)))?;
    Ok(found.unwrap_or_default())
}

/// The lanes with rows that have not been forgotten, by name, at most `limit`.
pub fn unread(tx: &mut dyn Tx, limit: u32) -> Result<Vec<Unread>, StoreError> {
    tx.query_all(
        "select lane_id, forgotten_seq, last_seq from lane where forgotten_seq < last_seq \
         order by lane_id limit $1",
        &[limit.into()],
        |row| {
            Ok(Unread {
                lane: LaneId::new(row.text(0)?)?,
                forgotten_seq: row.int(1)?,
                last_seq: row.int(2)?,
            })
        },
    )
}

/// Deletes the rows of the command's own lane up to and with `up_to`, everybody having read them;
/// answers how many there were. A number the lane has not committed yet is refused.
pub fn forget(tx: &mut LaneTx<'_>, up_to: i64) -> Result<u64, StoreError> {
    let lane = tx.lane();
    let params = [lane.as_str().into(), up_to.into()];
    let (forgotten, last) = tx.query_one(
        "select forgotten_seq, last_seq from lane where lane_id = $1",
        &params[..1],
        |row| Ok((row.int(0)?, row.int(1)?)),
    )?;
    if up_to > last {
        return Err(StoreError::invalid(format!("lane {lane} has only come to {last}")));
    }
    if up_to <= forgotten {
        return Ok(0);
    }
    tx.execute("update lane set forgotten_seq = $2 where lane_id = $1", &params)?;
    tx.execute("delete from outbox where lane_id = $1 and seq <= $2", &params)
}
