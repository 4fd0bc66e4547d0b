//! Whoever must read every announcement of a market's stock lanes, through restarts. Where they
//! stand is kept with what they make of it, in the common store.

use crate::app::App;
use crate::dispatch::readers::{self, Mark};
use crate::error::AppError;
use doorstep_domain::id::MarketId;
use doorstep_store::outbox::{self, Announced, Unread};
use doorstep_store::{LaneId, cursor};
use std::collections::HashMap;

/// How long announcements are kept once everybody has read them, in microseconds: an index that
/// has not followed for so long is loaded anew.
const KEPT_US: i64 = 10 * 60 * 1_000_000;

/// What a reader has not read, lane by lane, at most so many announcements of each. The marks are
/// advanced in the transaction of what is made of them.
pub(crate) fn unread(
    app: &App,
    market: &MarketId,
    reader: &'static str,
    most: u32,
) -> Result<Vec<(Mark, Vec<Announced>)>, AppError> {
    let behind = heads(app, market, reader)?.into_iter();
    let behind: Vec<Head> = behind.filter(|head| head.last_seq > head.read_to).collect();
    let wanted: Vec<(&LaneId, i64, i64)> = behind
        .iter()
        .map(|head| {
            let after = head.read_to.max(head.forgotten_seq);
            (&head.lane, after, after + i64::from(most))
        })
        .collect();
    let mut rows: Vec<Vec<Announced>> = vec![Vec::new(); behind.len()];
    app.stock
        .store_of(app, market)
        .read(|tx| outbox::read_lanes(tx, &wanted, &mut |place, row| rows[place].push(row)))?;
    Ok(behind.into_iter().zip(rows).map(|(head, rows)| (head.mark(reader, &rows), rows)).collect())
}

/// Whether a reader has read everything that a market's lanes have announced.
pub(crate) fn is_read(
    app: &App,
    market: &MarketId,
    reader: &'static str,
) -> Result<bool, AppError> {
    Ok(heads(app, market, reader)?.iter().all(|head| head.last_seq <= head.read_to))
}

/// Forgets what a market's lanes have announced and all of these have read, after a while; answers
/// how many announcements there were.
pub(crate) fn forget(app: &App, market: &MarketId, readers: &[&str]) -> Result<u64, AppError> {
    let before = app.clock.now().plus(-KEPT_US);
    let store = app.stock.store_of(app, market);
    let mut least: Vec<Head> = Vec::new();
    for reader in readers {
        let heads = heads(app, market, reader)?;
        match least.is_empty() {
            true => least = heads,
            // A lane that has come meanwhile is seen the next time.
            false => least.iter_mut().zip(heads).for_each(|(least, head)| {
                let is_same = least.lane == head.lane;
                least.read_to = if is_same { least.read_to.min(head.read_to) } else { 0 };
            }),
        }
    }
    let mut forgotten = 0;
    for head in least {
        forgotten += readers::forget(store, &head.lane, head.read_to, before)?;
    }
    Ok(forgotten)
}

/// A lane, with the numbers of its newest announcement and of the last one that a reader has read.
struct Head {
    lane: LaneId,
    /// What up to here was announced is forgotten.
    forgotten_seq: i64,
    last_seq: i64,
    /// 0 where the store has gone back behind the reader: nobody knows what of it they have read,
    /// and what is made of it bears its name, so that it is made once.
    read_to: i64,
    /// What is noted of the reader.
    stands_at: i64,
}

impl Head {
    /// Where a reader stands who has read these rows.
    fn mark(self, reader: &'static str, rows: &[Announced]) -> Mark {
        let Head { lane, last_seq, read_to, stands_at, .. } = self;
        let last = rows.last().map(|row| row.seq);
        if stands_at > read_to {
            tracing::error!(%lane, stands_at, "the store has gone back; it is read again");
            // Where nothing is left to be read again, it is read from here on.
            return Mark::new(reader, lane, stands_at, last.unwrap_or(last_seq));
        }
        Mark::new(reader, lane, read_to, last.unwrap_or(read_to))
    }
}

/// A market's stock lanes, by name.
fn heads(app: &App, market: &MarketId, reader: &str) -> Result<Vec<Head>, AppError> {
    let prefix = format!("stock/{market}/");
    let newest = || app.stock.store_of(app, market).read(|tx| outbox::heads(tx, &prefix));
    let mut lanes = newest()?;
    let topics: Vec<&str> = lanes.iter().map(|head| head.lane.as_str()).collect();
    let stands_at = app.store.read(|tx| cursor::load_all(tx, reader, &topics))?;
    let stands_at = |lane: &LaneId| stands_at.get(lane.as_str()).copied().unwrap_or(0);
    if lanes.iter().any(|head| stands_at(&head.lane) > head.last_seq) {
        // Somebody else may have read on in between: what they have read is there by now.
        let again: HashMap<LaneId, i64> =
            newest()?.into_iter().map(|head| (head.lane, head.last_seq)).collect();
        for head in &mut lanes {
            head.last_seq = again.get(&head.lane).copied().unwrap_or(head.last_seq);
        }
    }
    let head = |Unread { lane, forgotten_seq, last_seq }| {
        let stands_at = stands_at(&lane);
        let read_to = if stands_at > last_seq { 0 } else { stands_at };
        Head { lane, forgotten_seq, last_seq, read_to, stands_at }
    };
    Ok(lanes.into_iter().map(head).collect())
}
