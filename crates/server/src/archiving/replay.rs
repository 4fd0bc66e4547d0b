//! Replay: archived records are fed back into the log, as they were carried.

use super::listing::{refuse_unknown, topics};
use crate::app::App;
use crate::error::AppError;
use crate::wire::PINGS;
use doorstep_archive::{Hour, Kept, Place};
use doorstep_domain::id::MarketId;
use doorstep_domain::time::{Micros, Span};
use doorstep_domain::tracking::batch;
use doorstep_log::Record;
use doorstep_log::limits::BATCH_BYTES_MAX;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Bytes appended in one go: the log answers when all of it is durable.
const BYTES_AT_ONCE: usize = 4 * BATCH_BYTES_MAX;

/// What is to be fed back.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayAsked {
    /// `pings`, `events` or `provider-events`.
    pub topic: String,
    /// What was appended from then on, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub from: Micros,
    /// Up to, but not including, then.
    #[schema(value_type = String, format = DateTime)]
    pub to: Micros,
    /// Only this market's.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub market: Option<MarketId>,
}

/// What was fed back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Replayed {
    /// Files read.
    pub files: u64,
    /// Records appended.
    pub records: u64,
    /// Pings in them, where they are blocks of pings.
    pub pings: u64,
    /// Bytes of keys and values.
    pub bytes: u64,
}

/// Appends archived records again, in the order of each partition. Facts merge: what was there is
/// counted once, and a position that is older than the newest moves nobody.
///
/// Errors: a topic that is not archived; a market that is nowhere; `from` is not before `to`; a
/// damaged file. What was appended before an error stays; replaying it again does no harm.
pub fn replay(app: &App, asked: &ReplayAsked) -> Result<Replayed, AppError> {
    let span = Span::new(asked.from, asked.to);
    if span.is_empty() {
        return Err(AppError::invalid("/from", "is not before `to`"));
    }
    let mut replayed = Replayed::default();
    // Those that overtook one another at the turn of an hour lie in the hour after.
    let hours = (Hour::of(span.start), Hour::of(span.end).next().next());
    for topic in topics(Some(&asked.topic))? {
        let places = app.archive.list(topic, asked.market.as_ref(), hours)?;
        let ranges = places.chunk_by(|one, other| {
            (one.partition, one.offsets) == (other.partition, other.offsets)
        });
        for range in ranges {
            feed(app, topic, range, span, &mut replayed)?;
        }
    }
    if replayed.files == 0 {
        refuse_unknown(app, asked.market.as_ref())?;
    }
    Ok(replayed)
}

/// Feeds back one range: the files of its markets, merged into the order of the log.
fn feed(
    app: &App,
    topic: &str,
    range: &[Place],
    span: Span,
    replayed: &mut Replayed,
) -> Result<(), AppError> {
    let mut records: Vec<Kept> = Vec::new();
    for place in range {
        let of_place = app.archive.records(place)?;
        records.extend(of_place.into_iter().filter(|record| span.contains(record.appended_at)));
        replayed.files += 1;
    }
    records.sort_unstable_by_key(|record| record.offset);
    let mut waiting = Vec::new();
    let mut bytes = 0;
    for Kept { key, value, .. } in records {
        replayed.records += 1;
        replayed.bytes += (key.len() + value.len()) as u64;
        bytes += key.len() + value.len();
        waiting.push(Record { key, value });
        if bytes >= BYTES_AT_ONCE {
            bytes = 0;
            replayed.pings += append(app, topic, std::mem::take(&mut waiting))?;
        }
    }
    replayed.pings += append(app, topic, waiting)?;
    Ok(())
}

/// Appends records of a topic; how many pings were in them.
fn append(app: &App, topic: &str, records: Vec<Record>) -> Result<u64, AppError> {
    let now = app.clock.now().0;
    if topic != PINGS {
        app.log.append(topic, records, now)?;
        return Ok(0);
    }
    let mut pings = 0;
    let mut parts: BTreeMap<u32, Vec<Record>> = BTreeMap::new();
    for record in records {
        pings += part(app, record, &mut parts)?;
    }
    for (partition, records) in parts {
        app.log.append_to(PINGS, partition, records, now)?;
    }
    Ok(pings)
}

/// Puts a block where its couriers belong, which is one partition unless their number has changed
/// since; how many pings it has. What cannot be read goes nowhere: nobody could read it there.
fn part(
    app: &App,
    record: Record,
    parts: &mut BTreeMap<u32, Vec<Record>>,
) -> Result<u64, AppError> {
    let mut pings = 0;
    let mut blocks: BTreeMap<u32, batch::Writer> = BTreeMap::new();
    let named = batch::read(&record.value).into_iter().flatten().filter_map(Result::ok);
    for (courier, ping) in named {
        let partition = app.log.partition_of(PINGS, courier.as_bytes())?;
        blocks.entry(partition).or_default().push(courier, &ping);
        pings += 1;
    }
    for (partition, block) in blocks {
        let record = Record { key: record.key.clone(), value: block.finish() };
        parts.entry(partition).or_default().push(record);
    }
    Ok(pings)
}
