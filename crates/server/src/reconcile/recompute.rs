//! A day's facts, read from the log into a scratch store by the accountant's own code.

use super::is_by_presence;
use crate::accounting::{self, Told};
use crate::app::{App, market_lane};
use crate::error::AppError;
use crate::pay::PricedDay;
use crate::wire::EVENTS;
use crate::workers::accountant::ACCOUNTANT;
use doorstep_domain::event::{self, EventBody, Step};
use doorstep_domain::id::MarketId;
use doorstep_domain::limits::INTERVAL_US_MAX;
use doorstep_domain::market::Market;
use doorstep_domain::time::Span;
use doorstep_log::Entry;
use doorstep_store::cursor::{self, CursorId};
use doorstep_store::{Store, Tx, conflict, interval};
use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use tempfile::TempDir;

/// Records and bytes read at once, as by the accountant.
const RECORDS_AT_ONCE: usize = 8_192;
const BYTES_AT_ONCE: usize = 8 << 20;

/// Scratch directories begin with this and the process's number.
const SCRATCH_PREFIX: &str = "reconcile-";

/// Conflicts copied at once.
const CONFLICTS_AT_ONCE: i64 = 1_024;

/// What the log says, in a store of its own that is gone when this is dropped.
pub(super) struct Scratch {
    store: Store,
    /// Records that were not read, because the accountant has not yet.
    pub(super) lag_records: u64,
    _directory: TempDir,
}

impl Scratch {
    pub(super) fn read<T>(
        &self,
        query: impl FnOnce(&mut dyn Tx) -> Result<T, AppError>,
    ) -> Result<T, AppError> {
        self.store.read(query)
    }
}

/// The deliveries whose facts are wanted, by hash: eight bytes each, and a collision only means
/// that one delivery more is recomputed.
#[derive(Default)]
struct Wanted(HashSet<u64>);

impl Wanted {
    fn add(&mut self, delivery: &[u8]) {
        self.0.insert(hash(delivery));
    }

    fn holds(&self, delivery: &[u8]) -> bool {
        self.0.contains(&hash(delivery))
    }
}

fn hash(delivery: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    delivery.hash(&mut hasher);
    hasher.finish()
}

/// Reads the log up to where the accountant stands in `main`: once to learn which deliveries may
/// touch the day, and once to let their facts join.
pub(super) fn recompute(
    app: &App,
    main: &mut dyn Tx,
    priced: &PricedDay<'_>,
) -> Result<Scratch, AppError> {
    let directory = scratch_directory(&app.data_dir)
        .map_err(|error| AppError::machine("making a scratch directory", error))?;
    let url = format!("sqlite:{}", directory.path().join("scratch.sqlite").display());
    let (ends, lag_records) = ends(app, main)?;
    let scratch = Scratch { store: Store::open(&url)?, lag_records, _directory: directory };
    let wanted = wanted(app, main, priced, &ends)?;
    copy_decisions(main, &scratch.store, priced.market)?;
    let markets = BTreeMap::from([(priced.market.id.clone(), priced.market.clone())]);
    each_batch(app, &ends, |partition, entries| {
        let told = told(app, (partition, entries), &markets, priced, &wanted);
        apply(app, &scratch.store, &markets, told)
    })?;
    Ok(scratch)
}

/// A directory that goes when it is dropped. Those of processes that could not drop theirs are
/// removed: whoever is here holds the data directory alone.
fn scratch_directory(data_dir: &Path) -> std::io::Result<TempDir> {
    let own = format!("{SCRATCH_PREFIX}{}-", std::process::id());
    for entry in std::fs::read_dir(data_dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(SCRATCH_PREFIX) && !name.starts_with(&own) {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    tempfile::Builder::new().prefix(&own).tempdir_in(data_dir)
}

/// Up to where each partition was read by the accountant, and what is left.
fn ends(app: &App, main: &mut dyn Tx) -> Result<(Vec<u64>, u64), AppError> {
    let (mut ends, mut lag_records) = (Vec::new(), 0);
    for partition in 0..app.log.partitions(EVENTS)? {
        let id = CursorId { consumer: ACCOUNTANT, topic: EVENTS, partition };
        let end = u64::try_from(cursor::load(main, id)?.next_offset).unwrap_or(0);
        lag_records += app.log.bounds(EVENTS, partition)?.end.saturating_sub(end);
        ends.push(end);
    }
    Ok((ends, lag_records))
}

/// Deliveries that the log or the store says may touch the day. An interval is at most
/// [`INTERVAL_US_MAX`] long, so what was delivered later than that after the day does not.
fn wanted(
    app: &App,
    main: &mut dyn Tx,
    priced: &PricedDay<'_>,
    ends: &[u64],
) -> Result<Wanted, AppError> {
    let mut wanted = Wanted::default();
    let market = &priced.market.id;
    interval::of_day(main, market.as_str(), priced.day.number(), &mut |row| {
        wanted.add(row.delivery.as_bytes());
        Ok(())
    })?;
    let day = priced.rates.span();
    let reach = Span::new(day.start, day.end.plus(INTERVAL_US_MAX));
    each_batch(app, ends, |_, entries| {
        for entry in &entries {
            if wanted.holds(&entry.key) {
                continue;
            }
            let Ok(event) = event::parse(&entry.value) else {
                continue;
            };
            if let EventBody::Delivery { delivery, step: Step::Delivered(_) } = &event.body
                && event.market == *market
                && reach.contains(event.at)
            {
                wanted.add(delivery.as_str().as_bytes());
            }
        }
        Ok(())
    })?;
    Ok(wanted)
}

/// The wanted facts of a batch; where time online is paid, also who was online around the day.
fn told(
    app: &App,
    (partition, mut entries): (u32, Vec<Entry>),
    markets: &BTreeMap<MarketId, Market>,
    priced: &PricedDay<'_>,
    wanted: &Wanted,
) -> Vec<Told> {
    let by_presence = is_by_presence(priced);
    // Records are keyed by delivery, or by courier where a courier came or went.
    entries.retain(|entry| by_presence || wanted.holds(&entry.key));
    let mut batch = accounting::read(partition, &entries, markets, app.clock.now());
    let day = priced.rates.span();
    let around = Span::new(day.start.plus(-INTERVAL_US_MAX), day.end.plus(INTERVAL_US_MAX));
    batch.told.retain(|told| match &told.event.body {
        EventBody::Delivery { delivery, .. } => wanted.holds(delivery.as_str().as_bytes()),
        EventBody::Presence { .. } => by_presence && around.contains(told.event.at),
    });
    batch.told
}

fn apply(
    app: &App,
    scratch: &Store,
    markets: &BTreeMap<MarketId, Market>,
    told: Vec<Told>,
) -> Result<(), AppError> {
    let Some(market) = markets.keys().next().filter(|_| !told.is_empty()) else {
        return Ok(());
    };
    let (lane, markets, now) = (market_lane(market)?, markets.clone(), app.clock.now());
    scratch.lane(&lane, move |tx| {
        accounting::apply(tx, &markets, &told, now)?;
        Ok(())
    })
}

/// Takes over what the log cannot know: what was decided about conflicts.
fn copy_decisions(main: &mut dyn Tx, scratch: &Store, market: &Market) -> Result<(), AppError> {
    let mut after = String::new();
    loop {
        let page = (market.id.as_str(), after.as_str());
        let rows = conflict::list(main, market.id.as_str(), "", page, CONFLICTS_AT_ONCE)?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after.clone_from(&last.delivery);
        let decided: Vec<_> = rows.into_iter().filter(|row| row.decision.is_some()).collect();
        scratch.lane(&market_lane(&market.id)?, move |tx| {
            decided.iter().try_for_each(|row| conflict::save(tx, row)).map_err(AppError::from)
        })?;
    }
}

/// Hands over the records of every partition up to its end.
fn each_batch(
    app: &App,
    ends: &[u64],
    mut each: impl FnMut(u32, Vec<Entry>) -> Result<(), AppError>,
) -> Result<(), AppError> {
    for (partition, end) in (0..).zip(ends) {
        let mut next = app.log.bounds(EVENTS, partition)?.start;
        while next < *end {
            let mut entries =
                app.log.read(EVENTS, partition, next, RECORDS_AT_ONCE, BYTES_AT_ONCE)?;
            entries.retain(|entry| entry.offset < *end);
            let Some(last) = entries.last() else { break };
            next = last.offset + 1;
            each(partition, entries)?;
        }
    }
    Ok(())
}
