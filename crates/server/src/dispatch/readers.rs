//! Whoever must read every announcement of a market, through restarts: where they stand is kept in
//! the store, and moves in the transaction of what they made of it.
//!
//! Unlike a cursor of the log, which names what is read next, this one names what was read last:
//! announcements count from 1.

use super::dispatch_lane;
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use doorstep_store::cursor::{self, Advance, CursorId};
use doorstep_store::outbox::{self, Announced};
use doorstep_store::{LaneId, StoreError, Tx};

/// What a reader has before them.
#[derive(Debug)]
pub(crate) struct Unread {
    /// The announcements, oldest first.
    pub rows: Vec<Announced>,
    /// Where they stand after these.
    pub mark: Mark,
}

/// Where a reader stands, and will.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    reader: &'static str,
    lane: LaneId,
    from: i64,
    to: i64,
}

/// The announcements of a market that a reader has not read, at most `most`.
pub(crate) fn unread(
    app: &App,
    market: &MarketId,
    reader: &'static str,
    most: u32,
) -> Result<Unread, AppError> {
    unread_of(app, dispatch_lane(market)?, reader, most)
}

/// As [`unread`], of any lane.
pub(crate) fn unread_of(
    app: &App,
    lane: LaneId,
    reader: &'static str,
    most: u32,
) -> Result<Unread, AppError> {
    let (from, rows) = app.store.read(|tx| {
        let from = read_to(tx, &lane, reader)?;
        Ok::<_, StoreError>((from, outbox::read(tx, &lane, from, most)?))
    })?;
    let to = rows.last().map_or(from, |last| last.seq);
    Ok(Unread { rows, mark: Mark { reader, lane, from, to } })
}

/// The last announcement of a lane that a reader has read; 0 before the first.
pub(crate) fn read_to(tx: &mut dyn Tx, lane: &LaneId, reader: &str) -> Result<i64, StoreError> {
    Ok(cursor::load(tx, id(lane, reader))?.next_offset)
}

impl Mark {
    /// Moves the reader on. Errors: [`StoreError::Fenced`] where another process was faster.
    pub(crate) fn advance(&self, tx: &mut dyn Tx, now: Micros) -> Result<(), StoreError> {
        let advance = Advance {
            expected_offset: self.from,
            next_offset: self.to,
            newest_event_time_us: None,
            now_us: now.0,
        };
        cursor::advance(tx, id(&self.lane, self.reader), advance)
    }
}

fn id<'a>(lane: &'a LaneId, reader: &'a str) -> CursorId<'a> {
    CursorId { consumer: reader, topic: lane.as_str(), partition: 0 }
}
