//! What is pulled from others: page by page into our own log, and noted as theirs.

use super::giving::LogPage;
use super::{Source, TOPICS, metric};
use crate::app::App;
use crate::calls::{Answer, Request};
use crate::error::AppError;
use crate::provider::envelope::Envelope;
use crate::wire::{EVENTS, PROVIDER_EVENTS};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep_domain::event;
use doorstep_domain::id::MarketId;
use doorstep_log::{Appended, Record};
use doorstep_store::follow::{self, LANE, Place, PlaceId};
use doorstep_store::{LaneId, StoreError};
use std::sync::PoisonError;

/// Records asked for at once.
const RECORDS_AT_ONCE: usize = 1_000;

/// Pulls one page of each partition of each topic; answers how many records that was, those that
/// are not taken included. What is pulled is durable; whether it is new is found out behind the
/// log.
///
/// Errors: [`AppError::Machine`] where the node does not answer, or not as it should; what was
/// pulled before stays.
pub fn step(app: &App, source: &Source) -> Result<u64, AppError> {
    let stepped = pages(app, source);
    source.notes(stepped.as_ref().err().map(ToString::to_string));
    let (behind, answered) = app.store.read(|tx| follow::standing(tx, &source.name()))?;
    metric::stands(&source.url, behind, answered);
    if let Ok(records) = stepped {
        metric::pulled(&source.url, records);
    }
    stepped
}

fn pages(app: &App, source: &Source) -> Result<u64, AppError> {
    let mut pulled = 0;
    for topic in TOPICS {
        let (mut partition, mut partitions) = (0, 1);
        while partition < partitions {
            let Some(page) = pull(app, source, topic, partition)? else {
                break;
            };
            partitions = page.0;
            pulled += page.1;
            partition += 1;
        }
    }
    Ok(pulled)
}

/// Pulls the next page of a partition: how many partitions there are, and how far it moved; none
/// where the other node knows no such topic.
fn pull(
    app: &App,
    source: &Source,
    topic: &str,
    partition: u32,
) -> Result<Option<(u32, u64)>, AppError> {
    let (name, markets) = (source.name(), markets(app));
    let id = PlaceId { source: &name, topic, partition };
    let before = app.store.read(|tx| follow::load(tx, id))?;
    // Of a market that was not known here before nothing was taken: all is pulled again.
    let kept = before.clone().filter(|place| place.markets == markets).unwrap_or_default();
    let from = u64::try_from(kept.next_offset).unwrap_or(0);
    let Some(page) = ask(source, topic, partition, from)? else {
        return Ok(None);
    };
    let is_the_same = page.previous.as_deref().unwrap_or_default() == kept.digest;
    let (page, from) = if is_the_same {
        (page, from)
    } else {
        tracing::warn!(url = source.url, topic, partition, from, "another log: from its beginning");
        let Some(page) = ask(source, topic, partition, 0)? else {
            return Ok(None);
        };
        (page, 0)
    };
    if page.next < from || page.end < page.next {
        return Err(failed(source, "the offsets of a page make no sense"));
    }
    let (partitions, moved) = (page.partitions, page.next - from);
    take(app, source, (id, before), page, markets)?;
    Ok(Some((partitions, moved)))
}

/// Asks for a page.
fn ask(
    source: &Source,
    topic: &str,
    partition: u32,
    from: u64,
) -> Result<Option<LogPage>, AppError> {
    let pulled = if source.everything { "&pulled=true" } else { "" };
    let url = format!(
        "{}/v1/log/{topic}/{partition}?from={from}&limit={RECORDS_AT_ONCE}{pulled}",
        source.url
    );
    let request = Request::get(url).header("authorization", &source.authorization);
    let read = |answer: &Answer| match answer.status {
        404 => Ok(None),
        _ => answer.json::<LogPage>().map(Some),
    };
    source.guard.call(&request, read).map_err(|error| failed(source, error))
}

/// Appends what a page brought, and then notes it as pulled and the place as moved, in one
/// transaction. The log is no part of that: first the page is durable, then the place moves, so
/// that nothing is passed over. Whoever stops between the two, or is slower than another process,
/// has appended the page twice and may give the first one on: facts merge.
fn take(
    app: &App,
    source: &Source,
    (id, before): (PlaceId<'_>, Option<Place>),
    page: LogPage,
    markets: String,
) -> Result<(), AppError> {
    let (records, now) = (records(app, source, id.topic, &page)?, app.clock.now());
    let offset = |offset| i64::try_from(offset).unwrap_or(i64::MAX);
    let place = Place {
        next_offset: offset(page.next),
        digest: page.last.unwrap_or_default(),
        end_offset: offset(page.end),
        markets,
        answered_at_us: now.0,
    };
    let (name, topic, partition) = (id.source.to_owned(), id.topic.to_owned(), id.partition);
    let undecided = app.following.undecided.write().unwrap_or_else(PoisonError::into_inner);
    let appended = match records.is_empty() {
        true => Vec::new(),
        false => app.log.append(&topic, records, now.0)?,
    };
    let noted: Result<(), StoreError> = app.store.lane(&LaneId::new(LANE)?, move |tx| {
        for Appended { partition, first_offset, records } in &appended {
            let run = offset(*first_offset)..offset(first_offset + records);
            follow::note(tx, &topic, *partition, run)?;
        }
        let id = PlaceId { source: &name, topic: &topic, partition };
        follow::move_on(tx, id, before.as_ref(), &place).map(drop)
    });
    drop(undecided);
    Ok(noted?)
}

/// The records of a page. Of markets and providers that are not known here nothing is taken.
fn records(
    app: &App,
    source: &Source,
    topic: &str,
    page: &LogPage,
) -> Result<Vec<Record>, AppError> {
    let decode = |text: &str| {
        STANDARD.decode(text).map_err(|error| failed(source, format!("a record: {error}")))
    };
    let mut records = Vec::with_capacity(page.data.len());
    for record in &page.data {
        let (key, value) = (decode(&record.key)?, decode(&record.value)?);
        if !is_foreign(app, topic, &value) {
            records.push(Record { key, value });
        }
    }
    Ok(records)
}

/// Whether a record is about a market, or of a provider, that this node does not know.
fn is_foreign(app: &App, topic: &str, value: &[u8]) -> bool {
    match topic {
        EVENTS => event::parse(value).is_ok_and(|event| !app.markets.contains_key(&event.market)),
        PROVIDER_EVENTS => Envelope::open(value)
            .is_ok_and(|(envelope, _)| app.providers.find(&envelope.provider).is_err()),
        _ => false,
    }
}

/// The markets of this node, by name, and its providers.
fn markets(app: &App) -> String {
    let markets = app.markets.keys().map(MarketId::as_str);
    markets.chain(app.config.providers.keys().map(String::as_str)).collect::<Vec<_>>().join(" ")
}

fn failed(source: &Source, error: impl ToString) -> AppError {
    AppError::machine(format!("following {}", source.url), error)
}
