//! The accountant: reads its partition of `events`, applies it, commits offset and effects as one.

use crate::accounting::{self, Applied, Batch, apply::letters_of};
use crate::app::{App, market_lane};
use crate::dead_letters;
use crate::error::AppError;
use crate::tracking::states::Touched;
use crate::wire::EVENTS;
use doorstep_domain::market::Market;
use doorstep_domain::{id::MarketId, time::Micros};
use doorstep_log::Entry;
use doorstep_store::cursor::{self, Advance, Cursor, CursorId};
use doorstep_store::{LaneId, LaneTx, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The consumer's name in the store.
pub const ACCOUNTANT: &str = "accountant";

/// Records read at once. A commit writes each page it touched once, so larger is faster: a million
/// events took 17.1 s at 8,192, 11.7 s at 16,384 and 11.2 s at 32,768, where a batch holds the
/// store's one writer for twice as long and memory grows by another 40 MiB.
const RECORDS_AT_ONCE: usize = 16_384;

/// Bytes read at once, whatever the records' size.
const BYTES_AT_ONCE: usize = 8 << 20;

/// What the accountant has counted since this process began.
#[derive(Debug, Default)]
pub struct Counts {
    /// Facts that were new.
    pub accepted: AtomicU64,
    /// Facts that were known already.
    pub duplicate: AtomicU64,
    /// Of the accepted, those about a day that was closed.
    pub late: AtomicU64,
    /// What could not be taken.
    pub dead_lettered: AtomicU64,
    /// Adjustments made for closed days.
    pub adjustments: AtomicU64,
    /// Conflicts raised.
    pub conflicts: AtomicU64,
}

impl Counts {
    fn add(&self, applied: &Applied, letters: usize) {
        self.accepted.fetch_add(applied.accepted, Relaxed);
        self.duplicate.fetch_add(applied.duplicate, Relaxed);
        self.late.fetch_add(applied.late, Relaxed);
        self.dead_lettered.fetch_add(letters as u64, Relaxed);
        self.adjustments.fetch_add(applied.adjustments, Relaxed);
        self.conflicts.fetch_add(applied.conflicts, Relaxed);
        metrics::counter!("doorstep_events_accepted_total").increment(applied.accepted);
        metrics::counter!("doorstep_events_duplicate_total").increment(applied.duplicate);
        metrics::counter!("doorstep_pay_late_events_total").increment(applied.late);
        metrics::counter!("doorstep_events_dead_lettered_total").increment(letters as u64);
        metrics::counter!("doorstep_pay_late_volume_minor_units_total")
            .increment(applied.late_volume_minor);
        metrics::counter!("doorstep_conflicts_raised_total").increment(applied.conflicts);
        metrics::gauge!("doorstep_accountant_hottest_key_facts")
            .set(applied.hottest_key_facts as f64);
    }
}

/// Reads and applies the next run of a partition; answers how many records that was.
pub fn step(app: &App, partition: u32) -> Result<u64, AppError> {
    let id = CursorId { consumer: ACCOUNTANT, topic: EVENTS, partition };
    let cursor: Cursor = app.store.read(|tx| cursor::load(tx, id))?;
    let from = u64::try_from(cursor.next_offset).unwrap_or(0);
    let entries = app.log.read(EVENTS, partition, from, RECORDS_AT_ONCE, BYTES_AT_ONCE)?;
    let Some(last) = entries.last() else {
        return Ok(0);
    };
    let (next, now) = (last.offset + 1, app.clock.now());
    let batch = accounting::read(partition, &entries, &app.markets, now);
    let letters = batch.letters.len();
    dead_letters::append(&app.log, batch.letters.clone(), now)?;
    let advance = Advance {
        expected_offset: cursor.next_offset,
        next_offset: i64::try_from(next).unwrap_or(i64::MAX),
        newest_event_time_us: batch.newest.map(|newest| newest.0),
        now_us: now.0,
    };
    let touched = app.tracked.states.are_wanted().then(|| Touched::by(&batch));
    let refused = commit(app, partition, entries, batch, advance, now)?;
    app.counts.add(&refused, letters + refused.letters.len());
    if let Some(touched) = touched {
        app.tracked.follow(app, &touched);
    }
    metrics::gauge!("doorstep_consumer_lag_records", "consumer" => ACCOUNTANT,
        "partition" => partition.to_string())
    .set(app.log.bounds(EVENTS, partition)?.end.saturating_sub(next) as f64);
    Ok(next - from)
}

/// Applies a batch in the lanes of its partition and of its markets.
fn commit(
    app: &App,
    partition: u32,
    entries: Vec<Entry>,
    batch: Batch,
    advance: Advance,
    now: Micros,
) -> Result<Applied, AppError> {
    let mut lanes = vec![LaneId::new(format!("accountant/{partition:03}"))?];
    let mut markets: BTreeMap<MarketId, Market> = BTreeMap::new();
    for id in batch.markets() {
        lanes.push(market_lane(id)?);
        markets.insert(id.clone(), app.market(id.as_str())?.clone());
    }
    let work = Arc::new((entries, batch, markets));
    let log = app.log.clone();
    app.store.lanes(&lanes, move |tx: &mut LaneTx<'_>| {
        let (entries, batch, markets) = &*work;
        let id = CursorId { consumer: ACCOUNTANT, topic: EVENTS, partition };
        cursor::advance(tx, id, advance)?;
        let applied = accounting::apply(tx, markets, &batch.told, now)?;
        // Durable before the offset is: a letter written twice is still one letter.
        let letters = letters_of(&applied.letters, &batch.told, entries, now);
        dead_letters::append(&log, letters, now)?;
        Ok::<_, AppError>(applied)
    })
}

/// How many records of each partition are not yet applied.
pub fn lag(app: &App) -> Result<Vec<u64>, AppError> {
    let mut lags = Vec::new();
    for partition in 0..app.log.partitions(EVENTS)? {
        let end = app.log.bounds(EVENTS, partition)?.end;
        lags.push(end.saturating_sub(next_offset(app, partition)?));
    }
    Ok(lags)
}

/// The offset up to which a partition has been applied, by whichever process.
fn next_offset(app: &App, partition: u32) -> Result<u64, AppError> {
    let id = CursorId { consumer: ACCOUNTANT, topic: EVENTS, partition };
    let cursor: Cursor = app.store.read(|tx| cursor::load(tx, id))?;
    Ok(u64::try_from(cursor.next_offset).unwrap_or(0))
}

/// Applies all that the log holds now; `progress` hears how many records each step of ours took.
pub fn catch_up(app: &App, progress: &(dyn Fn(u64) + Sync)) -> Result<(), AppError> {
    let partitions = app.log.partitions(EVENTS)?;
    let run = |partition: u32| -> Result<(), AppError> {
        let end = app.log.bounds(EVENTS, partition)?.end;
        while next_offset(app, partition)? < end {
            match step(app, partition) {
                Ok(taken) => progress(taken),
                // Another consumer was faster: what it did is read anew.
                Err(AppError::Store(StoreError::Fenced { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let runs: Vec<_> =
            (0..partitions).map(|partition| scope.spawn(move || run(partition))).collect();
        let stopped = || AppError::machine("the accountant", "stopped");
        runs.into_iter().try_for_each(|run| run.join().unwrap_or_else(|_| Err(stopped())))
    })
}
