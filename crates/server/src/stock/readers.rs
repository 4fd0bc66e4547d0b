//! Whoever must read every announcement of a market's stock lanes, through restarts. Where they
//! stand is kept in the common store, with what they make of it.

use crate::app::App;
use crate::dispatch::readers::{self, Mark};
use crate::error::AppError;
use doorstep_domain::id::MarketId;
use doorstep_store::outbox::{self, Announced};

/// Announcements of a lane read in one go.
const ROWS_AT_ONCE: u32 = 256;

/// What a market's lanes have announced that a reader has not read, lane by lane, with where they
/// stand after it.
pub(crate) fn unread(
    app: &App,
    market: &MarketId,
    reader: &'static str,
) -> Result<Vec<(Mark, Vec<Announced>)>, AppError> {
    let prefix = format!("stock/{market}/");
    let store = app.stock.store_of(app, market);
    let heads = store.read(|tx| outbox::heads(tx, &prefix))?;
    let read: Vec<i64> = app.store.read(|tx| {
        heads.iter().map(|(lane, _)| readers::read_to(tx, lane, reader)).collect::<Result<_, _>>()
    })?;
    let behind = heads.into_iter().zip(read).filter(|((_, last_seq), read)| last_seq > read);
    store.read(|tx| {
        behind
            .map(|((lane, _), from)| {
                let rows = outbox::read(tx, &lane, from, ROWS_AT_ONCE)?;
                let to = rows.last().map_or(from, |row| row.seq);
                Ok((Mark::new(reader, lane, from, to), rows))
            })
            .collect()
    })
}
