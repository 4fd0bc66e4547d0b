//! What the tracker leaves for its next start: positions that changed, and how far the log was
//! read. A start loads them and reads the log from there (C12); reading a ping twice changes
//! nothing.

use crate::app::App;
use crate::error::AppError;
use crate::wire::PINGS;
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::{Ping, batch};
use doorstep_store::cursor::{self, Advance, CursorId};
use doorstep_store::position::{self, BucketRow};
use doorstep_store::{LaneId, StoreError};
use std::collections::BTreeMap;
use std::ops::Range;

/// The consumer's name in the store.
pub const TRACKER: &str = "tracker";

/// Buckets of each market's couriers. A bucket is written whole, so that more of them means less
/// that is written for one courier who moved; sixty-four of a million couriers are 600 KiB each.
const BUCKETS: u64 = 64;

/// Buckets of all markets written in one transaction: an eighth of the couriers, about five
/// megabytes of a million. The store's one writer serves others between two.
const BUCKETS_AT_ONCE: usize = 8;

/// By market its changed buckets, a bit each.
type Changed = BTreeMap<MarketId, u64>;

/// What the last snapshot has seen.
#[derive(Debug, Default)]
pub struct Snapshots {
    version: u64,
    /// By partition the offset that the store has.
    committed: Vec<u64>,
}

/// What a snapshot has written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// Buckets that had changed.
    pub buckets: u64,
    /// Bytes of them.
    pub bytes: u64,
}

/// Loads the last snapshot into the live map and answers by partition where to read on.
pub fn restore(app: &App) -> Result<Snapshots, AppError> {
    let partitions = app.log.partitions(PINGS)?;
    // The offsets first: positions may be newer than they are, never older.
    let committed = app.store.read(|tx| {
        let offset = |partition| {
            let cursor = cursor::load(tx, cursor_of(partition))?;
            Ok(u64::try_from(cursor.next_offset).unwrap_or(0))
        };
        (0..partitions).map(offset).collect::<Result<Vec<u64>, AppError>>()
    })?;
    app.store.read(|tx| position::each(tx, &mut |market, pings| load(app, market, pings)))?;
    Ok(Snapshots { version: app.live.version(), committed })
}

fn load(app: &App, market: &str, pings: &[u8]) -> Result<(), StoreError> {
    let invalid = |error: &dyn std::fmt::Display| StoreError::Invalid {
        detail: format!("snapshot of the positions of {market}: {error}"),
    };
    let market: MarketId = market.parse().map_err(|error| invalid(&error))?;
    let pings = batch::read(pings).map_err(|error| invalid(&error))?;
    app.live.apply(&market, pings.map_while(Result::ok));
    Ok(())
}

/// The last known position of a courier in the store: what is served where the live map has none.
pub fn last_known(
    app: &App,
    market: &MarketId,
    courier: &str,
) -> Result<Option<(Ping, Micros)>, AppError> {
    let number = i64::try_from(bucket_of(courier)).unwrap_or(0);
    let row = app.store.read(|tx| position::load(tx, market.as_str(), number))?;
    let Some(row) = row else {
        return Ok(None);
    };
    let broken = |error| AppError::machine("the snapshot of positions", error);
    for ping in batch::read(&row.pings).map_err(broken)? {
        let (name, ping) = ping.map_err(broken)?;
        if name == courier {
            return Ok(Some((ping, Micros(row.taken_at_us))));
        }
    }
    Ok(None)
}

impl Snapshots {
    /// By partition the offset that the store has.
    pub fn committed(&self) -> &[u64] {
        &self.committed
    }

    /// Writes what has changed since the last time, and then how far each partition was applied:
    /// everything below `applied` is in the live map.
    pub fn take(&mut self, app: &App, applied: &[u64]) -> Result<Taken, AppError> {
        let mut changed: Changed = BTreeMap::new();
        let version = app.live.snapshot_since(self.version, &mut |market, courier, _| {
            let bit = 1 << bucket_of(courier);
            match changed.get_mut(market) {
                Some(buckets) => *buckets |= bit,
                None => drop(changed.insert(market.clone(), bit)),
            }
        });
        let mut taken = Taken::default();
        for first in (0..BUCKETS).step_by(BUCKETS_AT_ONCE) {
            let rows = rows(app, &changed, first..first + BUCKETS_AT_ONCE as u64);
            taken.buckets += rows.len() as u64;
            taken.bytes += rows.iter().map(|row| row.pings.len() as u64).sum::<u64>();
            if !rows.is_empty() {
                app.store.lane(&lane()?, move |tx| position::save(tx, &rows))?;
            }
        }
        self.commit(app, applied)?;
        self.version = version;
        Ok(taken)
    }

    fn commit(&mut self, app: &App, applied: &[u64]) -> Result<(), AppError> {
        let now_us = app.clock.now().0;
        let signed = |offset: u64| i64::try_from(offset).unwrap_or(i64::MAX);
        let steps: Vec<(u32, Advance)> = (0..)
            .zip(self.committed.iter().zip(applied))
            .filter(|(_, (committed, applied))| committed < applied)
            .map(|(partition, (committed, applied))| {
                let (expected_offset, next_offset) = (signed(*committed), signed(*applied));
                let newest_event_time_us = None;
                (partition, Advance { expected_offset, next_offset, newest_event_time_us, now_us })
            })
            .collect();
        if steps.is_empty() {
            return Ok(());
        }
        app.store.lane(&lane()?, move |tx| {
            for (partition, step) in &steps {
                cursor::advance(tx, cursor_of(*partition), *step)?;
            }
            Ok::<_, AppError>(())
        })?;
        self.committed = applied.to_vec();
        Ok(())
    }
}

/// The changed buckets of a range, whole.
fn rows(app: &App, changed: &Changed, some: Range<u64>) -> Vec<BucketRow> {
    let mut writers: BTreeMap<&MarketId, BTreeMap<u64, batch::Writer>> = BTreeMap::new();
    for (market, buckets) in changed {
        let concerned = some.clone().filter(|bucket| buckets & (1 << bucket) != 0);
        let fresh: BTreeMap<_, _> =
            concerned.map(|bucket| (bucket, batch::Writer::new())).collect();
        if !fresh.is_empty() {
            writers.insert(market, fresh);
        }
    }
    if writers.is_empty() {
        return Vec::new();
    }
    app.live.snapshot_since(0, &mut |market, courier, ping| {
        let writer = writers.get_mut(market).and_then(|of| of.get_mut(&bucket_of(courier)));
        if let Some(writer) = writer {
            writer.push(courier, ping);
        }
    });
    let taken_at_us = app.clock.now().0;
    let mut rows = Vec::new();
    for (market, writers) in writers {
        rows.extend(writers.into_iter().map(|(bucket, writer)| BucketRow {
            market: market.as_str().to_owned(),
            bucket: i64::try_from(bucket).unwrap_or(0),
            taken_at_us,
            pings: writer.finish(),
        }));
    }
    rows
}

/// FNV-1a, the same in every release: buckets are found again by it.
fn bucket_of(courier: &str) -> u64 {
    let hash = courier.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    hash % BUCKETS
}

fn cursor_of(partition: u32) -> CursorId<'static> {
    CursorId { consumer: TRACKER, topic: PINGS, partition }
}

fn lane() -> Result<LaneId, AppError> {
    Ok(LaneId::new(TRACKER)?)
}
