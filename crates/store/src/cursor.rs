//! How far each consumer has read. A cursor is advanced in the transaction of what the reading
//! changed, so that a crash neither loses a record nor counts it twice.

use crate::lane::keepable;
use crate::sql::{filled, places};
use crate::{StoreError, Tx, TxExt, Value};
use std::collections::HashMap;

/// Which cursor: a consumer's on a partition of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CursorId<'a> {
    /// Who reads, such as `accountant`.
    pub consumer: &'a str,
    /// The topic.
    pub topic: &'a str,
    /// The partition, from 0.
    pub partition: u32,
}

/// Where a consumer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// The offset it reads next.
    pub next_offset: i64,
    /// The newest event time it has read, in microseconds UTC.
    pub newest_event_time_us: Option<i64>,
    /// When it last advanced, in microseconds UTC; none before the first time.
    pub updated_at_us: Option<i64>,
}

/// A step of a consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advance {
    /// Where the consumer began: what [`load`] told it.
    pub expected_offset: i64,
    /// The offset it reads next.
    pub next_offset: i64,
    /// The newest event time among what it read; an older one than known changes nothing.
    pub newest_event_time_us: Option<i64>,
    /// Now, in microseconds UTC.
    pub now_us: i64,
}

/// Where the consumer stands; offset 0 when it has never read.
pub fn load(tx: &mut dyn Tx, id: CursorId<'_>) -> Result<Cursor, StoreError> {
    let found = tx.query_optional(
        "select next_offset, newest_event_time_us, updated_at_us from cursor \
         where consumer = $1 and topic = $2 and partition = $3",
        &[id.consumer.into(), id.topic.into(), id.partition.into()],
        |row| {
            Ok(Cursor {
                next_offset: row.int(0)?,
                newest_event_time_us: row.optional_int(1)?,
                updated_at_us: Some(row.int(2)?),
            })
        },
    )?;
    Ok(found.unwrap_or_default())
}

/// Moves a cursor, or fails with [`StoreError::Fenced`] when another consumer has moved it since
/// it was loaded: of two that race, exactly one commits.
pub fn advance(tx: &mut dyn Tx, id: CursorId<'_>, step: Advance) -> Result<(), StoreError> {
    keepable("consumer", id.consumer)?;
    keepable("topic", id.topic)?;
    if step.expected_offset < 0 || step.next_offset < step.expected_offset {
        return Err(StoreError::invalid("a cursor only moves forward"));
    }
    // Advancing a cursor that is not there begins it; one that is there must be where expected.
    let begun = if step.expected_offset == 0 { begin(tx, id, step)? } else { 0 };
    if begun == 0 && advance_existing(tx, id, step)? == 0 {
        return Err(fenced(id, step));
    }
    Ok(())
}

/// Where a consumer stands in the first partitions of topics, as [`load`] tells it, by topic; those
/// it has never read are absent.
pub fn load_all(
    tx: &mut dyn Tx,
    consumer: &str,
    topics: &[&str],
) -> Result<HashMap<String, i64>, StoreError> {
    let mut found = HashMap::with_capacity(topics.len());
    for some in topics.chunks(TOPICS_AT_ONCE) {
        let sql = format!(
            "select topic, next_offset from cursor
             where consumer = $1 and partition = 0 and topic in ({})",
            places(2, some.len())
        );
        let mut params = vec![Value::Text(consumer)];
        params.extend(filled(some));
        tx.query(&sql, &params, &mut |row| {
            found.insert(row.text(0)?.to_owned(), row.int(1)?);
            Ok(())
        })?;
    }
    Ok(found)
}

/// Topics looked up by one statement.
const TOPICS_AT_ONCE: usize = 64;

/// Moves several cursors as [`advance`] does, where each has begun: of all that race, whoever
/// commits first has moved theirs. No newer event time is told.
pub fn advance_all(tx: &mut dyn Tx, moved: &[(CursorId<'_>, Advance)]) -> Result<(), StoreError> {
    let is_beginning = |(_, step): &&(CursorId<'_>, Advance)| step.expected_offset == 0;
    for (id, step) in moved.iter().filter(is_beginning) {
        advance(tx, *id, *step)?;
    }
    let begun: Vec<_> = moved.iter().filter(|step| !is_beginning(step)).collect();
    if begun.iter().any(|(_, step)| step.next_offset < step.expected_offset) {
        return Err(StoreError::invalid("a cursor only moves forward"));
    }
    let rows = begun.iter().map(|(id, step)| {
        let partition = Value::Int(id.partition.into());
        let [next, now, expected] =
            [step.next_offset, step.now_us, step.expected_offset].map(Value::Int);
        [id.consumer.into(), id.topic.into(), partition, next, now, expected]
    });
    let count = tx.update_many(
        "update cursor set next_offset = given.column4, updated_at_us = given.column5",
        ["text", "text", "bigint", "bigint", "bigint", "bigint"],
        rows,
        "where cursor.consumer = given.column1 and cursor.topic = given.column2
             and cursor.partition = given.column3 and cursor.next_offset = given.column6",
    )?;
    match begun.first() {
        Some((id, step)) if count != begun.len() as u64 => Err(fenced(*id, *step)),
        _ => Ok(()),
    }
}

/// Sets a cursor back to where it was before, for what it reads has gone back too. Errors:
/// [`StoreError::Fenced`] as of [`advance`].
pub fn set_back(tx: &mut dyn Tx, id: CursorId<'_>, step: Advance) -> Result<(), StoreError> {
    if !(0..step.expected_offset).contains(&step.next_offset) {
        return Err(StoreError::invalid("a cursor is only set back"));
    }
    match advance_existing(tx, id, step)? {
        0 => Err(fenced(id, step)),
        _ => Ok(()),
    }
}

fn fenced(id: CursorId<'_>, step: Advance) -> StoreError {
    StoreError::Fenced {
        consumer: id.consumer.to_owned(),
        topic: id.topic.to_owned(),
        partition: id.partition.into(),
        expected: step.expected_offset,
    }
}

fn begin(tx: &mut dyn Tx, id: CursorId<'_>, step: Advance) -> Result<u64, StoreError> {
    tx.execute(
        "insert into cursor \
           (consumer, topic, partition, next_offset, newest_event_time_us, updated_at_us) \
         values ($1, $2, $3, $4, $5, $6) \
         on conflict (consumer, topic, partition) do nothing",
        &[
            id.consumer.into(),
            id.topic.into(),
            id.partition.into(),
            step.next_offset.into(),
            step.newest_event_time_us.into(),
            step.now_us.into(),
        ],
    )
}

fn advance_existing(tx: &mut dyn Tx, id: CursorId<'_>, step: Advance) -> Result<u64, StoreError> {
    tx.execute(
        "update cursor set next_offset = $4, updated_at_us = $6, \
           newest_event_time_us = case \
             when newest_event_time_us >= $5 then newest_event_time_us \
             else coalesce($5, newest_event_time_us) end \
         where consumer = $1 and topic = $2 and partition = $3 and next_offset = $7",
        &[
            id.consumer.into(),
            id.topic.into(),
            id.partition.into(),
            step.next_offset.into(),
            step.newest_event_time_us.into(),
            step.now_us.into(),
            step.expected_offset.into(),
        ],
    )
}
