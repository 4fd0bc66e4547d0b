//! Whoever must read every announcement of a lane, through restarts: where they stand is kept in
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
use doorstep_store::{LaneId, Store, StoreError, Tx};

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
    /// Of a reader who stands at `from` in a lane and will at `to`.
    pub(crate) fn new(reader: &'static str, lane: LaneId, from: i64, to: i64) -> Mark {
        Mark { reader, lane, from, to }
    }

    /// Moves the reader on, or back where the lane has gone back.
    ///
    /// Errors: [`StoreError::Fenced`] where another process was faster.
    pub(crate) fn advance(&self, tx: &mut dyn Tx, now: Micros) -> Result<(), StoreError> {
        let moved = if self.to < self.from { cursor::set_back } else { cursor::advance };
        moved(tx, id(&self.lane, self.reader), self.step(now))
    }

    /// The same for several lanes.
    pub(crate) fn advance_all(
        marks: &[Mark],
        tx: &mut dyn Tx,
        now: Micros,
    ) -> Result<(), StoreError> {
        let (back, on): (Vec<_>, Vec<_>) = marks.iter().partition(|mark| mark.to < mark.from);
        back.into_iter().try_for_each(|mark: &Mark| mark.advance(tx, now))?;
        let on: Vec<_> = on
            .into_iter()
            .map(|mark: &Mark| (id(&mark.lane, mark.reader), mark.step(now)))
            .collect();
        cursor::advance_all(tx, &on)
    }

    fn step(&self, now: Micros) -> Advance {
        Advance {
            expected_offset: self.from,
            next_offset: self.to,
            newest_event_time_us: None,
            now_us: now.0,
        }
    }
}

/// Announcements looked at in one go, to be forgotten.
const FORGOTTEN_AT_ONCE: u32 = 10_000;

/// Forgets announcements of a lane that every reader has read, which is up to `read_to`, and that
/// were made before an instant; answers how many.
pub(crate) fn forget(
    store: &Store,
    lane: &LaneId,
    read_to: i64,
    before: Micros,
) -> Result<u64, AppError> {
    let mut forgotten = 0;
    loop {
        let some = forget_some(store, lane, read_to, before)?;
        forgotten += some;
        if some < u64::from(FORGOTTEN_AT_ONCE) {
            return Ok(forgotten);
        }
    }
}

fn forget_some(
    store: &Store,
    lane: &LaneId,
    read_to: i64,
    before: Micros,
) -> Result<u64, AppError> {
    let rows = store.read(|tx| outbox::read_heads(tx, lane, FORGOTTEN_AT_ONCE))?;
    let old = |row: &&(i64, i64)| row.0 <= read_to && row.1 <= before.0;
    match rows.iter().take_while(old).last().map(|row| row.0) {
        None => Ok(0),
        Some(up_to) => {
            store.lane(lane, move |tx| outbox::forget(tx, up_to).map_err(AppError::from))
        }
    }
}

fn id<'a>(lane: &'a LaneId, reader: &'a str) -> CursorId<'a> {
    CursorId { consumer: reader, topic: lane.as_str(), partition: 0 }
}
