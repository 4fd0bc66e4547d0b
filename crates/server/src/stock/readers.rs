//! Whoever must read every announcement of a market's stock lanes, through restarts. Where they
//! stand is kept in the common store, with what they make of it.

use crate::app::App;
use crate::dispatch::readers::{self, Mark};
use crate::error::AppError;
use doorstep_domain::id::MarketId;
use doorstep_store::outbox::{self, Announced};
use doorstep_store::{LaneId, StoreError};

/// Announcements of a lane read in one go.
const ROWS_AT_ONCE: u32 = 256;

/// How long announcements are kept once everybody has read them, in microseconds: what another
/// process's memory has not heard by then it loads anew.
const KEPT_US: i64 = 10 * 60 * 1_000_000;

/// What a market's lanes have announced that a reader has not read, lane by lane, with where they
/// stand after it.
pub(crate) fn unread(
    app: &App,
    market: &MarketId,
    reader: &'static str,
) -> Result<Vec<(Mark, Vec<Announced>)>, AppError> {
    let heads = heads(app, market, &[reader])?;
    let behind = heads.into_iter().filter(|(_, last_seq, from)| last_seq > from);
    app.stock.store_of(app, market).read(|tx| {
        behind
            .map(|(lane, _, from)| {
                let rows = outbox::read(tx, &lane, from, ROWS_AT_ONCE)?;
                let to = rows.last().map_or(from, |row| row.seq);
                Ok((Mark::new(reader, lane, from, to), rows))
            })
            .collect()
    })
}

/// Forgets what a market's lanes have announced and all of these have read, after a while; answers
/// how many announcements there were.
pub(crate) fn forget(app: &App, market: &MarketId, names: &[&str]) -> Result<u64, AppError> {
    let (store, before) = (app.stock.store_of(app, market), app.clock.now().plus(-KEPT_US));
    let mut forgotten = 0;
    for (lane, last_seq, read_to) in heads(app, market, names)? {
        forgotten += readers::forget(store, &lane, read_to.min(last_seq), before)?;
    }
    Ok(forgotten)
}

/// A market's lanes, each with the numbers of its newest announcement and of the last that all of
/// these have read.
fn heads(
    app: &App,
    market: &MarketId,
    names: &[&str],
) -> Result<Vec<(LaneId, i64, i64)>, AppError> {
    let prefix = format!("stock/{market}/");
    let heads = app.stock.store_of(app, market).read(|tx| outbox::heads(tx, &prefix))?;
    let read = app.store.read(|tx| {
        let read = |(lane, last_seq)| {
            let mut read_to = i64::MAX;
            for reader in names {
                read_to = read_to.min(readers::read_to(tx, &lane, reader)?);
            }
            Ok::<_, StoreError>((lane, last_seq, read_to))
        };
        heads.into_iter().map(read).collect::<Result<Vec<_>, _>>()
    })?;
    Ok(read)
}
