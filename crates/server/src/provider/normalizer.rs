//! The normalizer: reads its partition of messages, by the adapters of those who sent them, and
//! lets what they tell join the timelines. Cursor and effects are one transaction: each message
//! counts once, whenever it stops.

use super::apply::{Told, apply};
use super::envelope::Envelope;
use super::{decide, lane, metric};
use crate::app::App;
use crate::dead_letters::{self, About, Letter};
use crate::error::AppError;
use crate::wire::PROVIDER_EVENTS;
use doorstep_domain::event::{Rejection, RejectionCode};
use doorstep_domain::provider::{Reading, Source};
use doorstep_domain::time::Micros;
use doorstep_log::Entry;
use doorstep_store::cursor::{self, Advance, Cursor, CursorId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The consumer's name in the store.
pub const NORMALIZER: &str = "normalizer";

/// Messages read at once: a commit writes each timeline it touches once.
const RECORDS_AT_ONCE: usize = 4_096;

/// Bytes read at once, whatever the messages' size.
const BYTES_AT_ONCE: usize = 16 << 20;

/// A run of one partition, read.
#[derive(Debug, Default)]
struct Batch {
    /// What was told, by provider and its name of the delivery.
    told: BTreeMap<(String, Box<str>), Vec<Told>>,
    /// What could not be read.
    letters: Vec<Letter>,
    /// Messages of which no timeline is made, by provider.
    ignored: BTreeMap<String, u64>,
}

/// Reads and applies the next run of a partition; answers how many messages that was.
///
/// Errors: [`doorstep_store::StoreError::Fenced`] where another process was faster.
pub fn step(app: &App, partition: u32) -> Result<u64, AppError> {
    let id = CursorId { consumer: NORMALIZER, topic: PROVIDER_EVENTS, partition };
    let cursor: Cursor = app.store.read(|tx| cursor::load(tx, id))?;
    let from = u64::try_from(cursor.next_offset).unwrap_or(0);
    let entries = app.log.read(PROVIDER_EVENTS, partition, from, RECORDS_AT_ONCE, BYTES_AT_ONCE)?;
    let Some(last) = entries.last() else {
        return Ok(0);
    };
    let (next, now) = (last.offset + 1, app.clock.now());
    let Batch { told, letters, ignored } = read(app, partition, &entries, now);
    // Durable before the offset is: a letter written twice is still one letter.
    let refused = letters.len();
    dead_letters::append_about(&app.log, About::Providers, letters, now)?;
    let advance = Advance {
        expected_offset: cursor.next_offset,
        next_offset: i64::try_from(next).unwrap_or(i64::MAX),
        newest_event_time_us: None,
        now_us: now.0,
    };
    let told = Arc::new(told);
    let applied = app.store.lane(&lane()?, move |tx| {
        cursor::advance(tx, id, advance)?;
        apply(tx, &told, now)
    })?;
    metric::applied(&applied, &ignored, refused);
    metric::lag(partition, app.log.bounds(PROVIDER_EVENTS, partition)?.end.saturating_sub(next));
    Ok(next - from)
}

/// Reads everything that waits, in every partition; how many messages that was.
pub fn catch_up(app: &App) -> Result<u64, AppError> {
    let mut read = 0;
    for partition in 0..app.log.partitions(PROVIDER_EVENTS)? {
        loop {
            match step(app, partition)? {
                0 => break,
                count => read += count,
            }
        }
    }
    Ok(read)
}

/// How many messages of each partition are not yet read.
pub fn lag(app: &App) -> Result<u64, AppError> {
    let mut lag = 0;
    for partition in 0..app.log.partitions(PROVIDER_EVENTS)? {
        let id = CursorId { consumer: NORMALIZER, topic: PROVIDER_EVENTS, partition };
        let next = app.store.read(|tx| cursor::load(tx, id))?.next_offset;
        let end = app.log.bounds(PROVIDER_EVENTS, partition)?.end;
        lag += end.saturating_sub(u64::try_from(next).unwrap_or(0));
    }
    Ok(lag)
}

fn read(app: &App, partition: u32, entries: &[Entry], now: Micros) -> Batch {
    let mut batch = Batch::default();
    for entry in entries {
        let origin = (PROVIDER_EVENTS.to_owned(), partition, entry.offset);
        let (envelope, body) = match Envelope::open(&entry.value) {
            Ok(opened) => opened,
            Err(error) => {
                let rejection = Rejection::new(RejectionCode::Malformed, "", error.to_string());
                let letter = Letter::refused(&entry.value, &rejection, now, Some(origin));
                batch.letters.push(letter);
                continue;
            }
        };
        match reading(app, &envelope, body) {
            Ok(Reading::Ignored(_)) => {
                *batch.ignored.entry(envelope.provider).or_default() += 1;
            }
            Ok(Reading::Told(told)) => {
                for told in told {
                    let key = (envelope.provider.clone(), told.reference);
                    let told = Told { ours: told.ours, event: told.event };
                    batch.told.entry(key).or_default().push(told);
                }
            }
            Err(rejection) => {
                let provider = &envelope.provider;
                let letter = Letter::of_provider(body, &rejection, now, provider, Some(origin));
                batch.letters.push(letter);
            }
        }
    }
    batch
}

/// What a message says. Errors: nothing can be made of it as it is.
pub(super) fn reading(app: &App, envelope: &Envelope, body: &[u8]) -> Result<Reading, Rejection> {
    let provider = app.providers.find(&envelope.provider).map_err(|_| {
        let reason = format!("{:?} is not a configured provider", envelope.provider);
        Rejection::new(RejectionCode::UnknownType, "", reason)
    })?;
    let malformed = |reason: String| Rejection::new(RejectionCode::Malformed, "", reason);
    if envelope.is_decision {
        let told = decide::read(body).map_err(|error| malformed(format!("a decision: {error}")))?;
        return Ok(Reading::Told(vec![told]));
    }
    let payload =
        serde_json::from_slice(body).map_err(|error| malformed(format!("is not JSON: {error}")))?;
    let source = Source {
        provider: &provider.name,
        origin: envelope.origin(),
        received_at: envelope.received_at,
    };
    provider.adapter.read(source, &payload).map_err(|error| malformed(error.to_string()))
}
