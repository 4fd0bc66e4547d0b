//! What others pull here: records of the log as they were told to this node.

use super::TOPICS;
use crate::app::App;
use crate::error::AppError;
use crate::keys::hex;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep_domain::time::Micros;
use doorstep_log::{Entry, LogError};
use doorstep_store::follow;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::ops::Range;
use std::sync::PoisonError;
use utoipa::ToSchema;

/// Bytes of keys and values in one page, but one record in any case.
const PAGE_BYTES_MAX: usize = 4 << 20;

/// Runs of pulled records passed over in one page.
const RUNS_MAX: u32 = 256;

/// Bytes of a digest: two records of one place are told apart by it, nothing else.
const DIGEST_BYTES: usize = 16;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition, from 0.
    pub partition: u32,
    /// From which offset on.
    pub from: u64,
    /// Most records.
    pub most: usize,
    /// Whether what this node pulled from others is wanted too.
    pub pulled: bool,
}

/// Records of one partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogPage {
    /// How many partitions the topic has.
    pub partitions: u32,
    /// Names the record before the first that was asked for; none where there is none. Whoever was
    /// told another name for it before follows another log.
    pub previous: Option<String>,
    /// The records, without those that this node pulled from others.
    pub data: Vec<LogRecord>,
    /// Where to go on.
    pub next: u64,
    /// Names the record before that.
    pub last: Option<String>,
    /// The offset that the next record will get here.
    pub end: u64,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogRecord {
    /// Its offset here.
    pub offset: u64,
    /// When it was appended here, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub appended_at: Micros,
    /// Its key, in base64.
    pub key: String,
    /// What it carries, in base64.
    pub value: String,
}

/// A page of what this node was told.
///
/// Errors: [`AppError::NotFound`] of a topic that is not exchanged, or a partition there is not.
pub fn give(app: &App, wanted: Wanted<'_>) -> Result<LogPage, AppError> {
    let Wanted { topic, partition, from, .. } = wanted;
    if !TOPICS.contains(&topic) {
        return Err(AppError::NotFound { what: "topic", id: topic.to_owned() });
    }
    let partitions = app.log.partitions(topic)?;
    if partition >= partitions {
        return Err(AppError::NotFound { what: "partition", id: partition.to_string() });
    }
    // What is appended and not yet noted as pulled is not to be seen.
    let decided = app.following.undecided.read().unwrap_or_else(PoisonError::into_inner);
    let end = app.log.bounds(topic, partition)?.end;
    let runs = match wanted.pulled {
        true => Vec::new(),
        false => runs(app, topic, partition, from)?,
    };
    drop(decided);
    let (data, next) = read(app, wanted, &runs, end)?;
    Ok(LogPage {
        partitions,
        previous: digest_before(app, (topic, partition), from)?,
        data,
        next,
        last: digest_before(app, (topic, partition), next)?,
        end,
    })
}

/// The runs that are not given, in their order.
fn runs(app: &App, topic: &str, partition: u32, from: u64) -> Result<Vec<Range<u64>>, AppError> {
    let after = i64::try_from(from).unwrap_or(i64::MAX);
    let noted = app.store.read(|tx| follow::noted(tx, topic, partition, after, RUNS_MAX))?;
    let offset = |offset| u64::try_from(offset).unwrap_or(0);
    Ok(noted.into_iter().map(|run| offset(run.start)..offset(run.end)).collect())
}

/// Reads from one run to the next until the page is full, and answers where to go on.
fn read(
    app: &App,
    wanted: Wanted<'_>,
    runs: &[Range<u64>],
    end: u64,
) -> Result<(Vec<LogRecord>, u64), AppError> {
    let Wanted { topic, partition, from, most, .. } = wanted;
    let (mut data, mut next, mut bytes) = (Vec::new(), from, 0);
    // Behind as many runs as were looked up nobody knows what is to be passed over.
    let known_to = match runs.last() {
        Some(last) if runs.len() == RUNS_MAX as usize => last.end.min(end),
        _ => end,
    };
    for run in runs.iter().cloned().chain(std::iter::once(known_to..known_to)) {
        while next < run.start.min(known_to) && data.len() < most && bytes < PAGE_BYTES_MAX {
            let room = (run.start.min(known_to) - next).min((most - data.len()) as u64);
            let room = usize::try_from(room).unwrap_or(usize::MAX);
            let entries = app.log.read(topic, partition, next, room, PAGE_BYTES_MAX - bytes)?;
            let Some(last) = entries.last() else {
                return Ok((data, next));
            };
            next = last.offset + 1;
            bytes += entries.iter().map(|entry| entry.key.len() + entry.value.len()).sum::<usize>();
            data.extend(entries.iter().map(record));
        }
        if next < run.start {
            return Ok((data, next));
        }
        next = next.max(run.end.min(known_to));
    }
    Ok((data, next))
}

fn record(entry: &Entry) -> LogRecord {
    LogRecord {
        offset: entry.offset,
        appended_at: Micros(entry.appended_at_us),
        key: STANDARD.encode(&entry.key),
        value: STANDARD.encode(&entry.value),
    }
}

/// Names the record before an offset, where there is one.
fn digest_before(
    app: &App,
    (topic, partition): (&str, u32),
    offset: u64,
) -> Result<Option<String>, AppError> {
    let Some(before) = offset.checked_sub(1) else {
        return Ok(None);
    };
    match app.log.read(topic, partition, before, 1, 0) {
        Ok(entries) => Ok(entries.first().map(digest)),
        Err(LogError::Ahead { .. } | LogError::Forgotten { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn digest(entry: &Entry) -> String {
    let mut hash = Sha256::new();
    hash.update((entry.key.len() as u64).to_le_bytes());
    hash.update(&entry.key);
    hash.update(&entry.value);
    hex(&hash.finalize()[..DIGEST_BYTES])
}
