//! Other nodes that this one follows: how far their logs were pulled, and what stands in our own
//! log because of it.

use crate::{StoreError, Tx, TxExt};
use std::ops::Range;

/// The lane in which both change.
pub const LANE: &str = "follow";

/// A partition of another node's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaceId<'a> {
    /// Which node, by its URL.
    pub source: &'a str,
    /// The topic.
    pub topic: &'a str,
    /// The partition, from 0.
    pub partition: u32,
}

/// How far it was pulled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The offset that is pulled next.
    pub next_offset: i64,
    /// Names the record before it; empty where there is none.
    pub digest: String,
    /// Where the other node's partition ended when it answered last.
    pub end_offset: i64,
    /// The markets whose facts were taken, by name, parted by spaces.
    pub markets: String,
    /// When it answered last, in microseconds UTC.
    pub answered_at_us: i64,
}

/// How far a partition was pulled; none before the first time.
pub fn load(tx: &mut dyn Tx, id: PlaceId<'_>) -> Result<Option<Place>, StoreError> {
    tx.query_optional(
        "select next_offset, digest, end_offset, markets, answered_at_us from followed \
         where source = $1 and topic = $2 and partition = $3",
        &[id.source.into(), id.topic.into(), id.partition.into()],
        |row| {
            Ok(Place {
                next_offset: row.int(0)?,
                digest: row.text(1)?.to_owned(),
                end_offset: row.int(2)?,
                markets: row.text(3)?.to_owned(),
                answered_at_us: row.int(4)?,
            })
        },
    )
}

/// Keeps how far a partition was pulled.
fn save(tx: &mut dyn Tx, id: PlaceId<'_>, place: &Place) -> Result<(), StoreError> {
    tx.execute(
        "insert into followed (source, topic, partition, next_offset, digest, end_offset, \
           markets, answered_at_us) \
         values ($1, $2, $3, $4, $5, $6, $7, $8) \
         on conflict (source, topic, partition) do update set \
           next_offset = excluded.next_offset, digest = excluded.digest, \
           end_offset = excluded.end_offset, markets = excluded.markets, \
           answered_at_us = excluded.answered_at_us",
        &[
            id.source.into(),
            id.topic.into(),
            id.partition.into(),
            place.next_offset.into(),
            place.digest.as_str().into(),
            place.end_offset.into(),
            place.markets.as_str().into(),
            place.answered_at_us.into(),
        ],
    )?;
    Ok(())
}

/// Keeps how far a partition was pulled where that still is `before`; whether it was. Of two that
/// pull the same, whoever is slower does not move the place back.
pub fn move_on(
    tx: &mut dyn Tx,
    id: PlaceId<'_>,
    before: Option<&Place>,
    place: &Place,
) -> Result<bool, StoreError> {
    let is_there = load(tx, id)?.as_ref() == before;
    if is_there {
        save(tx, id, place)?;
    }
    Ok(is_there)
}

/// How a node is followed: the records that are known of and not pulled yet, and since when all of
/// its partitions have answered, in microseconds UTC; none where it never did.
pub fn standing(tx: &mut dyn Tx, source: &str) -> Result<(i64, Option<i64>), StoreError> {
    tx.query_one(
        "select cast(coalesce(sum(end_offset - next_offset), 0) as bigint), min(answered_at_us) \
         from followed where source = $1 and end_offset >= next_offset",
        &[source.into()],
        |row| Ok((row.int(0)?, row.optional_int(1)?)),
    )
}

/// Notes that a run of our own log was pulled. Runs that touch become one.
pub fn note(
    tx: &mut dyn Tx,
    topic: &str,
    partition: u32,
    offsets: Range<i64>,
) -> Result<(), StoreError> {
    let params = [topic.into(), partition.into(), offsets.start.into(), offsets.end.into()];
    let extended = tx.execute(
        "update pulled set end_offset = $4 \
         where topic = $1 and partition = $2 and end_offset = $3",
        &params,
    )?;
    if extended == 0 {
        tx.execute(
            "insert into pulled (topic, partition, first_offset, end_offset) \
             values ($1, $2, $3, $4)",
            &params,
        )?;
    }
    Ok(())
}

/// The runs of our own log that were pulled and end after an offset, in their order, at most
/// `limit`.
pub fn noted(
    tx: &mut dyn Tx,
    topic: &str,
    partition: u32,
    after: i64,
    limit: u32,
) -> Result<Vec<Range<i64>>, StoreError> {
    tx.query_all(
        "select first_offset, end_offset from pulled \
         where topic = $1 and partition = $2 and end_offset > $3 order by end_offset limit $4",
        &[topic.into(), partition.into(), after.into(), limit.into()],
        |row| Ok(row.int(0)?..row.int(1)?),
    )
}
