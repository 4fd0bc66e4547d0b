//! The tracker: reads blocks of pings and applies them to the live map, newest wins (A3). It
//! commits nothing per block (A10): now and then positions and offsets go to the store together.

pub mod turns;

mod applying;
mod past;

use super::metric;
use super::snapshot::{self, Snapshots, Taken};
use super::watch::seconds_since;
use crate::app::App;
use crate::dead_letters::{About, Letter, append_about};
use crate::error::AppError;
use crate::wire::PINGS;
use applying::apply;
use doorstep_domain::event::{Rejection, RejectionCode};
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use doorstep_log::Entry;
use past::Past;
use std::time::Duration;
use turns::{Block, Budget, Served, Turns, Unreadable};

pub use snapshot::TRACKER;

/// Bytes of a partition read in one step: what waits is found quickly, whoever sent it, since
/// reading is many times faster than applying.
const BYTES_AT_ONCE: usize = 4 << 20;

/// Blocks read in one step from a partition: small ones must not make a long run either.
const BLOCKS_AT_ONCE: usize = 4_096;

/// Follows `pings` into the live map. One per process.
pub struct Tracker {
    /// By partition the offset read next.
    next: Vec<u64>,
    /// By partition where the log ended at the start: what lies before was counted, and had its
    /// age, when it came.
    told_before: Vec<u64>,
    turns: Turns,
    snapshots: Snapshots,
    snapshot_taken_at: Micros,
    /// Blocks that could not be read, until they are dead letters.
    unreadable: Vec<Unreadable>,
    past: Past,
}

impl Tracker {
    /// Loads the last snapshot and stands where its offsets are.
    ///
    /// Where the log does not go back that far, or not as far as that, it begins at what there is.
    pub fn restored(app: &App, budget: Budget) -> Result<Tracker, AppError> {
        metric::describe();
        let snapshots = snapshot::restore(app)?;
        let (mut next, mut told_before) = (Vec::new(), Vec::new());
        for (partition, committed) in (0..).zip(snapshots.committed()) {
            let bounds = app.log.bounds(PINGS, partition)?;
            next.push((*committed).clamp(bounds.start, bounds.end));
            told_before.push(bounds.end);
        }
        let snapshot_taken_at = app.clock.now();
        Ok(Tracker {
            next,
            told_before,
            turns: Turns::new(budget),
            snapshots,
            snapshot_taken_at,
            unreadable: Vec::new(),
            past: Past::default(),
        })
    }

    /// Reads what there is, up to a bound, and serves every market once. Answers whether there
    /// was anything to do.
    ///
    /// Errors: an engine's; whatever could be read has been served all the same.
    pub fn step(&mut self, app: &App) -> Result<bool, AppError> {
        let read = self.read(app);
        let busy = !self.turns.is_empty();
        let caught_up = self.has_caught_up();
        let Tracker { turns, unreadable, told_before, .. } = self;
        turns.turn(&mut |market, served| {
            let counts = match &served {
                Served::Block(block) => block.offset >= told_before[block.partition as usize],
                Served::Newest(_) => caught_up,
            };
            unreadable.extend(apply(app, market, served, counts).err());
        });
        dead_letters(app, unreadable)?;
        self.unreadable.clear();
        self.past.forget(app);
        self.tell(app)?;
        Ok(busy || read? > 0)
    }

    /// Waits until the log has grown, or the time is over.
    pub fn wait(&self, app: &App, timeout: Duration) {
        app.log.wait(PINGS, &self.next, timeout);
    }

    /// Takes a snapshot where the last one is old enough.
    pub fn snapshot_if_due(&mut self, app: &App) -> Result<(), AppError> {
        let age_us = app.clock.now().0.saturating_sub(self.snapshot_taken_at.0);
        if age_us >= app.config.tracking.snapshot_every.0 {
            self.snapshot(app)?;
        }
        Ok(())
    }

    /// Writes down what has changed since the last snapshot, and how far the log is applied.
    pub fn snapshot(&mut self, app: &App) -> Result<Taken, AppError> {
        // What is behind the offsets must be on the map or among the dead letters.
        dead_letters(app, &self.unreadable)?;
        self.unreadable.clear();
        self.snapshot_taken_at = app.clock.now();
        let applied =
            |(partition, next): (u32, &u64)| self.turns.first_waiting(partition).unwrap_or(*next);
        let applied: Vec<u64> = (0..).zip(&self.next).map(applied).collect();
        let taken = self.snapshots.take(app, &applied)?;
        tracing::debug!(taken.buckets, taken.bytes, "positions written down");
        Ok(taken)
    }

    /// Lets what the log holds wait for its turn; answers how many blocks that was. A partition
    /// that cannot be read does not keep the others.
    fn read(&mut self, app: &App) -> Result<u64, AppError> {
        let (mut read, mut failed) = (0, None);
        for (partition, next) in (0..).zip(&mut self.next) {
            let entries = match app.log.read(PINGS, partition, *next, BLOCKS_AT_ONCE, BYTES_AT_ONCE)
            {
                Ok(entries) => entries,
                Err(error) => {
                    failed = Some(error);
                    continue;
                }
            };
            for entry in entries {
                *next = entry.offset + 1;
                read += 1;
                match block(partition, entry) {
                    Ok((market, block)) => self.unreadable.extend(self.turns.push(market, block)),
                    Err(broken) => self.unreadable.push(broken),
                }
            }
        }
        failed.map_or(Ok(read), |error| Err(error.into()))
    }

    /// Whether nothing waits any more that was in the log at the start.
    fn has_caught_up(&self) -> bool {
        (0..).zip(self.next.iter().zip(&self.told_before)).all(|(partition, (next, end))| {
            self.turns.first_waiting(partition).unwrap_or(*next) >= *end
        })
    }

    fn tell(&self, app: &App) -> Result<(), AppError> {
        let progress = &app.tracked.progress;
        let mut lag = 0;
        for (partition, next) in (0..).zip(&self.next) {
            let unread = app.log.bounds(PINGS, partition)?.end.saturating_sub(*next);
            metrics::gauge!("doorstep_consumer_lag_records", "consumer" => TRACKER,
                "partition" => partition.to_string())
            .set(unread as f64);
            lag += unread;
        }
        progress.lags(lag + self.turns.blocks() as u64);
        if let Some(newest) = progress.newest_at() {
            metrics::gauge!(metric::NEWEST_AGE).set(seconds_since(app.clock.now(), newest));
        }
        Ok(())
    }
}

/// Applies all that the log holds now; for whoever has no thread for it.
pub fn catch_up(app: &App, tracker: &mut Tracker) -> Result<(), AppError> {
    while tracker.step(app)? {}
    Ok(())
}

fn block(partition: u32, entry: Entry) -> Result<(MarketId, Block), Unreadable> {
    let block = Block {
        partition,
        offset: entry.offset,
        appended_at: Micros(entry.appended_at_us),
        bytes: entry.value,
    };
    let market = std::str::from_utf8(&entry.key).map_err(|error| error.to_string());
    let market = market.and_then(|text| text.parse::<MarketId>().map_err(|e| e.to_string()));
    match market {
        Ok(market) => Ok((market, block)),
        Err(why) => Err(Unreadable { block, reason: format!("its key is no market: {why}") }),
    }
}

/// Keeps blocks that cannot be read where a person finds them, with where they stand (A5).
fn dead_letters(app: &App, unreadable: &[Unreadable]) -> Result<(), AppError> {
    let now = app.clock.now();
    let letter = |Unreadable { block, reason }: &Unreadable| {
        tracing::error!(block.partition, block.offset, reason, "a block of pings is unreadable");
        let rejection = Rejection::new(RejectionCode::Malformed, "", reason.as_str());
        let origin = Some((PINGS.to_owned(), block.partition, block.offset));
        Letter::refused(&block.bytes, &rejection, now, origin)
    };
    let letters = unreadable.iter().map(letter).collect();
    Ok(append_about(&app.log, About::Pings, letters, now)?)
}
