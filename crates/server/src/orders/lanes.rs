//! Whoever must read every announcement of a market's stock lanes, through restarts. Where they
//! stand is kept with what they make of it, in the common store.

use crate::app::App;
use crate::dispatch::readers::{self, Mark};
use crate::error::AppError;
use doorstep_domain::id::MarketId;
use doorstep_store::outbox::{self, Announced};
use doorstep_store::{LaneId, StoreError};
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
    let behind = behind.filter(|head| head.last_seq > head.read_to);
    app.stock.store_of(app, market).read(|tx| {
        behind
            .map(|Head { lane, read_to, stands_at, .. }| {
                let rows = outbox::read(tx, &lane, read_to, most)?;
                let last = rows.last().map(|row| row.seq);
                if stands_at > read_to {
                    tracing::error!(%lane, stands_at, "the store has gone back; it is read again");
                    // Where nothing is left to be read again, it is read from here on.
                    let to = last.map_or_else(|| outbox::last_seq(tx, &lane), Ok)?;
                    return Ok((Mark::new(reader, lane, stands_at, to), rows));
                }
                Ok((Mark::new(reader, lane, read_to, last.unwrap_or(read_to)), rows))
            })
            .collect()
    })
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
    last_seq: i64,
    /// 0 where the store has gone back behind the reader: nobody knows what of it they have read,
    /// and what is made of it bears its name, so that it is made once.
    read_to: i64,
    /// What is noted of the reader.
    stands_at: i64,
}

/// A market's stock lanes, by name.
fn heads(app: &App, market: &MarketId, reader: &str) -> Result<Vec<Head>, AppError> {
    let prefix = format!("stock/{market}/");
    let newest = || app.stock.store_of(app, market).read(|tx| outbox::heads(tx, &prefix));
    let mut lanes = newest()?;
    let stands_at = app.store.read(|tx| {
        let stands_at = lanes.iter().map(|(lane, _)| readers::read_to(tx, lane, reader));
        stands_at.collect::<Result<Vec<_>, StoreError>>()
    })?;
    if lanes.iter().zip(&stands_at).any(|((_, last_seq), stands_at)| stands_at > last_seq) {
        // Somebody else may have read on in between: what they have read is there by now.
        let again: HashMap<LaneId, i64> = newest()?.into_iter().collect();
        for (lane, last_seq) in &mut lanes {
            *last_seq = again.get(lane).copied().unwrap_or(*last_seq);
        }
    }
    let head = |((lane, last_seq), stands_at): ((LaneId, i64), i64)| {
        let read_to = if stands_at > last_seq { 0 } else { stands_at };
        Head { lane, last_seq, read_to, stands_at }
    };
    Ok(lanes.into_iter().zip(stands_at).map(head).collect())
}
