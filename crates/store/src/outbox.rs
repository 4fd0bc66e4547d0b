//! What lanes announced, for whoever tells others: webhooks, watchers, the log.

use crate::sql::values;
use crate::{LaneId, LaneTx, Row, StoreError, Tx, TxExt, Value};

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

/// What can be read of a lane.
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
        announced,
    )
}

fn announced(row: &Row<'_>) -> Result<Announced, StoreError> {
    Ok(Announced {
        seq: row.int(0)?,
        kind: row.text(1)?.to_owned(),
        subject: row.text(2)?.to_owned(),
        payload: row.bytes(3)?.to_owned(),
        announced_at_us: row.int(4)?,
    })
}

/// Hands over the rows of several lanes, of each those after a number up to another, by lane as
/// they are named here and oldest first; with each row comes its lane's place.
pub fn read_lanes(
    tx: &mut dyn Tx,
    lanes: &[(&LaneId, i64, i64)],
    take: &mut dyn FnMut(usize, Announced),
) -> Result<(), StoreError> {
    for (nth, some) in lanes.chunks(LANES_AT_ONCE).enumerate() {
        let mut params: Vec<Value<'_>> = Vec::with_capacity(4 * LANES_AT_ONCE);
        // What is missing to a power of two asks for nothing.
        for place in 0..some.len().next_power_of_two() {
            let (lane, after, up_to) = some.get(place).copied().unwrap_or((some[0].0, 0, 0));
            let place = i64::try_from(place).unwrap_or(i64::MAX);
            params.push(lane.as_str().into());
            params.extend([after, up_to, place].map(Value::Int));
        }
        // With a cross join SQLite goes by the lanes, and never through all of the outbox.
        let sql = format!(
            "select seq, kind, subject, payload, announced_at_us, wanted.column4
             from ({}) as wanted cross join outbox
             where outbox.lane_id = wanted.column1 and outbox.seq > wanted.column2
                 and outbox.seq <= wanted.column3
             order by wanted.column4, outbox.seq",
            values(1, params.len() / 4, &["text", "bigint", "bigint", "bigint"])
        );
        tx.query(&sql, &params, &mut |row| {
            let place = usize::try_from(row.int(5)?).unwrap_or(usize::MAX);
            take(nth * LANES_AT_ONCE + place, announced(row)?);
            Ok(())
        })?;
    }
    Ok(())
}

/// Lanes read by one statement.
const LANES_AT_ONCE: usize = 64;

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

/// The lanes whose names begin with `prefix`, which ends with `/`, by name: what can be read.
pub fn heads(tx: &mut dyn Tx, prefix: &str) -> Result<Vec<Unread>, StoreError> {
    // The character behind a slash ends the range, so that the names' order serves.
    let end = format!("{}0", prefix.trim_end_matches('/'));
    tx.query_all(
        "select lane_id, forgotten_seq, last_seq from lane
         where lane_id >= $1 and lane_id < $2 order by lane_id",
        &[prefix.into(), (&end).into()],
        unread_lane,
    )
}

fn unread_lane(row: &Row<'_>) -> Result<Unread, StoreError> {
    let (forgotten_seq, last_seq) = (row.int(1)?, row.int(2)?);
    Ok(Unread { lane: LaneId::new(row.text(0)?)?, forgotten_seq, last_seq })
}

/// The lanes with rows that have not been forgotten, by name, at most `limit`.
pub fn unread(tx: &mut dyn Tx, limit: u32) -> Result<Vec<Unread>, StoreError> {
    tx.query_all(
        "select lane_id, forgotten_seq, last_seq from lane where forgotten_seq < last_seq \
         order by lane_id limit $1",
        &[limit.into()],
        unread_lane,
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
