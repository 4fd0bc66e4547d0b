//! The archiver's step: one range of one partition, written, then noted as done.
//!
//! The range is decided by the log and by what was begun, never by the moment: whoever is killed
//! between writing and noting writes the same files again, and finds them there.

use super::gather::{Gathered, gather};
use crate::app::App;
use crate::error::AppError;
use crate::tracking::metric;
use crate::wire::{EVENTS, PINGS, PROVIDER_EVENTS};
use doorstep_archive::{Form, Hour, Offsets, Place};
use doorstep_store::LaneId;
use doorstep_store::cursor::{self, Advance, CursorId};

/// The consumer's name in the store.
pub const ARCHIVER: &str = "archiver";

/// What is archived.
pub const ARCHIVED_TOPICS: [&str; 3] = [PINGS, EVENTS, PROVIDER_EVENTS];

/// How long after its end an hour is closed, in microseconds: appends that were under way have
/// ended by then. One that has not is archived with the hour after.
const CLOSED_AFTER_US: i64 = 10_000_000;

/// Archives the next range of every partition, and answers how many records that was; 0 when
/// there is nothing left to do until another hour has closed.
pub fn step(app: &App) -> Result<u64, AppError> {
    let mut archived = 0;
    for topic in ARCHIVED_TOPICS {
        for partition in 0..app.log.partitions(topic)? {
            archived += step_of(app, topic, partition)?;
        }
    }
    Ok(archived)
}

fn step_of(app: &App, topic: &'static str, partition: u32) -> Result<u64, AppError> {
    let first = next_offset(app, topic, partition)?;
    if let Some(end) = archived_and_forgotten(app, (topic, partition), first)? {
        advance(app, (topic, partition), first, end)?;
        return Ok(end - first);
    }
    let open = Hour::of(app.clock.now().plus(-CLOSED_AFTER_US));
    let Some(gathered) = gather(app, (topic, partition), first, open)? else {
        return Ok(0);
    };
    let end = gathered.end;
    let rows = write(app, (topic, partition), first, gathered)?;
    advance(app, (topic, partition), first, end)?;
    metrics::counter!(metric::ARCHIVED_RECORDS, "topic" => topic).increment(end - first);
    metrics::counter!(metric::ARCHIVED_ROWS, "topic" => topic).increment(rows);
    Ok(end - first)
}

/// Where a range ends that the log has forgotten, which it does only once it is archived. The
/// store says so before, unless it was restored from a backup: its copy is older than the log's.
fn archived_and_forgotten(
    app: &App,
    (topic, partition): (&str, u32),
    first: u64,
) -> Result<Option<u64>, AppError> {
    if first >= app.log.bounds(topic, partition)?.start {
        return Ok(None);
    }
    let places = app.archive.list(topic, None, Hour::EVER)?;
    let begins = |place: &&Place| place.partition == partition && place.offsets.first == first;
    Ok(places.iter().find(begins).map(|place| place.offsets.end))
}

/// Writes a file for each market; how many rows they have.
pub(super) fn write(
    app: &App,
    (topic, partition): (&str, u32),
    first: u64,
    gathered: Gathered,
) -> Result<u64, AppError> {
    let Gathered { hour, end, pings, records } = gathered;
    let offsets = Offsets { first, end };
    let place = |market, form| {
        let topic = topic.to_owned();
        Place { topic, partition, offsets, hour, market, form }
    };
    let mut rows = 0;
    for (market, mut draft) in pings {
        app.archive.write_pings(&place(Some(market), Form::Pings), &mut draft)?;
        rows += draft.pings() as u64;
    }
    for (market, draft) in records {
        app.archive.write_records(&place(market, Form::Records), &draft)?;
        rows += draft.records() as u64;
    }
    Ok(rows)
}

fn advance(
    app: &App,
    (topic, partition): (&'static str, u32),
    first: u64,
    end: u64,
) -> Result<(), AppError> {
    let offset = |offset: u64| i64::try_from(offset).unwrap_or(i64::MAX);
    let advance = Advance {
        expected_offset: offset(first),
        next_offset: offset(end),
        newest_event_time_us: None,
        now_us: app.clock.now().0,
    };
    let lane = LaneId::new(format!("{ARCHIVER}/{topic}/{partition:03}"))?;
    app.store.lane(&lane, move |tx| {
        let id = CursorId { consumer: ARCHIVER, topic, partition };
        cursor::advance(tx, id, advance).map_err(AppError::from)
    })
}

/// The offset up to which a partition is archived.
pub fn next_offset(app: &App, topic: &str, partition: u32) -> Result<u64, AppError> {
    let id = CursorId { consumer: ARCHIVER, topic, partition };
    let next = app.store.read(|tx| cursor::load(tx, id))?.next_offset;
    Ok(u64::try_from(next).unwrap_or(0))
}
