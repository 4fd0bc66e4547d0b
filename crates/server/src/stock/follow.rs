//! The index follows what the stock lanes announce: this process's own, and those of others.
//!
//! A step asks each store for the numbers of its lanes, reads what is behind, and notes the time at
//! which nothing was. What was forgotten before it was read is made good by loading everything.

mod load;

use super::feed::{Feed, Lane};
use super::{search, told};
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::id::MarketId;
use doorstep_store::outbox::{self, Announced, Unread};
use doorstep_store::{LaneId, Store, StoreError};
use std::collections::HashMap;
use std::sync::PoisonError;

/// Announcements of one lane that are read at once; each is an order or a few thousand rows.
const READ_AT_ONCE: i64 = 4_096;

/// What the stock lanes of all markets begin with.
const LANES: &str = "stock/";

/// Follows everything once; answers how much was announced. A store that is not there holds up no
/// other: its error is answered after the others have been followed.
pub fn step(app: &App) -> Result<usize, AppError> {
    let mut outcome = app.stock.catalogue.follow().map(|()| 0);
    for feed in &app.stock.feeds {
        let step = follow(app, feed);
        outcome = match (outcome, step) {
            (Ok(so_far), Ok(count)) => Ok(so_far + count),
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
    }
    app.stock.followed.notify_waiters();
    if app.stock.catalogue.is_loaded() {
        search::sort_names(app);
    }
    outcome
}

fn follow(app: &App, feed: &Feed) -> Result<usize, AppError> {
    let _following = feed.following.lock().unwrap_or_else(PoisonError::into_inner);
    if !feed.is_loaded() {
        load::load(app, feed)?;
    }
    // Taken before the store is looked at: what is read afterwards is not older.
    let now = app.clock.now();
    let (heads, is_newest) = heads(feed)?;
    let mut behind: Vec<(&Lane, i64)> = Vec::new();
    for lane in feed.lanes() {
        let head = heads.get(&lane.id).copied().unwrap_or(0);
        if head < lane.applied() && is_newest {
            if must_load_anew(feed, lane, head)? {
                feed.set_loaded(false);
                return Ok(1);
            }
        } else if head > lane.applied() {
            behind.push((lane, head));
        } else if is_newest {
            lane.was_at_its_end(now);
        }
    }
    let mut told = read(feed, &behind)?;
    let mut count = 0;
    for (place, (lane, head)) in behind.into_iter().enumerate() {
        let told = std::mem::take(&mut told[place]);
        let Some(read) = take(app, &feed.rows, lane, &told)? else {
            feed.set_loaded(false);
            tracing::warn!(lane = %lane.id, "announcements were forgotten; stock is loaded anew");
            return Ok(count + 1);
        };
        if is_newest && lane.applied() >= head {
            lane.was_at_its_end(now);
        }
        count += read;
    }
    Ok(count)
}

/// What lanes have announced that was not taken, lane by lane.
fn read(feed: &Feed, behind: &[(&Lane, i64)]) -> Result<Vec<Vec<Announced>>, AppError> {
    let wanted: Vec<(&LaneId, i64, i64)> = behind
        .iter()
        .map(|(lane, _)| (&lane.id, lane.applied(), lane.applied() + READ_AT_ONCE))
        .collect();
    let mut told = vec![Vec::new(); behind.len()];
    feed.rows.read(|tx| outbox::read_lanes(tx, &wanted, &mut |at, row| told[at].push(row)))?;
    Ok(told)
}

/// A store has gone back behind what was taken of it, as one does that was restored: everything is
/// loaded anew, unless its copy has not gone back with it; then nothing is known of the lane.
fn must_load_anew(feed: &Feed, lane: &Lane, head: i64) -> Result<bool, AppError> {
    lane.is_lost();
    let copied: Result<i64, StoreError> = feed.rows.read(|tx| outbox::last_seq(tx, &lane.id));
    if copied? > head {
        tracing::error!(lane = %lane.id, head, "the store has gone back, and its copy has not");
        return Ok(false);
    }
    tracing::error!(lane = %lane.id, head, "the store has gone back; stock is loaded anew");
    Ok(true)
}

/// The numbers of the lanes, and whether these are the newest there are. Where the store is not
/// there but a copy of it is, the copy is followed, and nothing is said of how old it is.
fn heads(feed: &Feed) -> Result<(HashMap<LaneId, i64>, bool), AppError> {
    let read = |store: &Store| store.read(|tx| outbox::heads(tx, LANES));
    match read(&feed.store) {
        Ok(heads) => Ok((numbers(heads), true)),
        Err(error) => match read(&feed.rows) {
            Ok(heads) => Ok((numbers(heads), false)),
            Err(_) => Err(error.into()),
        },
    }
}

fn numbers(heads: Vec<Unread>) -> HashMap<LaneId, i64> {
    heads.into_iter().map(|head| (head.lane, head.last_seq)).collect()
}

/// Takes what a lane has announced; answers how much that was, `None` where some of it was
/// forgotten.
fn take(
    app: &App,
    rows: &Store,
    lane: &Lane,
    told: &[Announced],
) -> Result<Option<usize>, AppError> {
    let from = lane.applied();
    let Some(last) = told.last() else {
        // A copy may be behind; the store itself has forgotten them.
        let forgotten: Result<bool, StoreError> =
            rows.read(|tx| Ok(outbox::last_seq(tx, &lane.id)? > from));
        return Ok((!forgotten?).then_some(0));
    };
    if told[0].seq != from + 1 {
        return Ok(None);
    }
    app.stock.index.set(told.iter().flat_map(|told| told::decode(&told.payload)));
    lane.apply(last.seq);
    Ok(Some(told.len()))
}

/// Whether the index has come to an announcement of one of a market's lanes.
pub(super) fn has_come_to(app: &App, (market, bucket): (&MarketId, i64), seq: i64) -> bool {
    let feed = app.stock.feed(market).filter(|feed| feed.is_loaded());
    feed.and_then(|feed| feed.lane(market, bucket)).is_some_and(|lane| lane.applied() >= seq)
}
