//! What streams tell of a market: the changes of its deliveries, each written once for everybody
//! who listens.
//!
//! While anybody listens, one reader for each market and process takes what the lane has announced
//! into memory, and those who listen take it from there. Whoever comes back from before that reads
//! the store until they have caught up. A place in the stream is the lane's own number: it is the
//! same after a restart, and in every process on the same store.

use super::{Desk, dispatch_lane};
use crate::app::App;
use crate::error::AppError;
use crate::notifications::heard::Heard;
use doorstep_domain::id::MarketId;
use doorstep_store::outbox::{self, Announced};
use doorstep_store::{LaneId, StoreError};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// Bytes of messages held of a market, some 25,000 changes: whoever falls behind by more is too
/// slow.
const HELD_BYTES_MAX: usize = 16 << 20;

/// Announcements the reader takes in one go.
const READ_AT_ONCE: u32 = 1_024;

/// Announcements taken in one go by whoever catches up.
const CAUGHT_UP_AT_ONCE: u32 = 256;

/// Changes handed to a listener in one go.
const HANDED_AT_ONCE: usize = 256;

/// A delivery came to another state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The number of its announcement.
    pub seq: i64,
    /// Such as `delivery.picked_up`.
    pub kind: String,
    /// Whose goods.
    pub merchant: String,
    /// The message that tells it, as webhooks send it.
    pub body: String,
}

/// Changes in their order, and the last announcement that was looked at for them.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// The oldest first.
    pub changes: Vec<Arc<Change>>,
    /// Where to go on.
    pub to: i64,
}

/// What the store has after a place.
#[derive(Debug, PartialEq, Eq)]
pub enum Past {
    /// This.
    Page(Page),
    /// Not everything: it was forgotten, or the place is of another store. The oldest that is left
    /// comes after this number.
    Gone(i64),
}

/// What memory has after a place.
#[derive(Debug, PartialEq, Eq)]
pub enum Recent {
    /// This.
    Page(Page),
    /// The reader has not begun.
    NotYet,
    /// Not everything: the place is too long ago.
    TooOld,
}

/// What a process knows of one market's changes, and who listens.
#[derive(Debug, Default)]
pub struct Changes {
    held: Mutex<Held>,
    bell: Notify,
    /// The last announcement that was read.
    read_to: watch::Sender<i64>,
}

#[derive(Debug, Default)]
struct Held {
    listeners: usize,
    is_read: bool,
    window: Option<Window>,
}

/// Every change after one announcement, up to and with another.
#[derive(Debug, Default)]
struct Window {
    after: i64,
    to: i64,
    changes: VecDeque<Arc<Change>>,
    bytes: usize,
}

/// Somebody who listens, until this is dropped.
#[derive(Debug)]
pub struct Listening {
    changes: Arc<Changes>,
    read_to: watch::Receiver<i64>,
}

impl Changes {
    /// Those of a market.
    pub fn of(app: &App, market: &MarketId) -> Result<Arc<Changes>, AppError> {
        Ok(Arc::clone(&app.dispatch.desk(market)?.changes))
    }

    /// Wakes the reader: something was announced.
    pub(super) fn ring(&self) {
        self.bell.notify_one();
    }

    /// Begins to listen; also answers whether the caller must now start the reader.
    pub fn listen(self: &Arc<Changes>) -> (Listening, bool) {
        let mut held = self.held();
        held.listeners += 1;
        let must_be_read = !std::mem::replace(&mut held.is_read, true);
        let read_to = self.read_to.subscribe();
        (Listening { changes: Arc::clone(self), read_to }, must_be_read)
    }

    /// Whether the reader goes on: where nobody listens any more it is over, and so is what was
    /// held.
    pub fn is_wanted(&self) -> bool {
        let mut held = self.held();
        if held.listeners == 0 {
            (held.is_read, held.window) = (false, None);
        }
        held.is_read
    }

    /// Waits until something was announced in this process, or the time is over.
    pub async fn rung(&self, most: Duration) {
        // Either way the reader looks next.
        let _ = tokio::time::timeout(most, self.bell.notified()).await;
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listening {
    /// What memory has after a place.
    pub fn recent(&self, after: i64) -> Recent {
        match &self.changes.held().window {
            None => Recent::NotYet,
            Some(window) => window.after(after),
        }
    }

    /// Waits until more was read.
    pub async fn changed(&mut self) {
        // The sender is in `changes`, which is held here: it is not gone.
        let _ = self.read_to.changed().await;
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.changes.held().listeners -= 1;
    }
}

impl Window {
    fn after(&self, after: i64) -> Recent {
        if after < self.after {
            return Recent::TooOld;
        }
        let first = self.changes.partition_point(|change| change.seq <= after);
        let changes: Vec<_> =
            self.changes.range(first..).take(HANDED_AT_ONCE).map(Arc::clone).collect();
        let is_all = changes.len() < HANDED_AT_ONCE;
        let to = match changes.last() {
            Some(last) if !is_all => last.seq,
            _ => self.to.max(after),
        };
        Recent::Page(Page { changes, to })
    }

    /// Takes what comes after `from`; a gap before it makes it begin anew.
    fn take(&mut self, from: i64, page: Page) {
        if from != self.to {
            *self = Window { after: from, ..Window::default() };
        }
        self.to = page.to;
        self.bytes += page.changes.iter().map(|change| change.body.len()).sum::<usize>();
        self.changes.extend(page.changes);
        while self.bytes > HELD_BYTES_MAX
            && let Some(oldest) = self.changes.pop_front()
        {
            self.after = oldest.seq;
            self.bytes -= oldest.body.len();
        }
    }
}

/// The reader's step: takes what was announced since into memory, from now on where it begins.
/// Answers whether there may be more.
pub fn read(app: &App, market: &MarketId) -> Result<bool, AppError> {
    let (desk, lane): (&Desk, LaneId) = (app.dispatch.desk(market)?, dispatch_lane(market)?);
    let held_to = desk.changes.held().window.as_ref().map(|window| window.to);
    let (from, rows) = app.store.read(|tx| {
        let from = match held_to {
            Some(to) => to,
            None => outbox::bounds(tx, &lane)?.1,
        };
        Ok::<_, StoreError>((from, outbox::read(tx, &lane, from, READ_AT_ONCE)?))
    })?;
    // What was forgotten before it was heard leaves a gap.
    let from = rows.first().map_or(from, |first| first.seq - 1);
    let (page, may_be_more) = (page(app, &rows, from)?, rows.len() == READ_AT_ONCE as usize);
    let to = page.to;
    let begun = Window { after: from, to: from, ..Window::default() };
    desk.changes.held().window.get_or_insert(begun).take(from, page);
    desk.changes.read_to.send_if_modified(|told| std::mem::replace(told, to) != to);
    Ok(may_be_more)
}

/// The changes that the store has after a place.
pub fn past(app: &App, market: &MarketId, after: i64) -> Result<Past, AppError> {
    let lane = dispatch_lane(market)?;
    let (bounds, rows) = app.store.read(|tx| {
        let bounds = outbox::bounds(tx, &lane)?;
        Ok::<_, StoreError>((bounds, outbox::read(tx, &lane, after, CAUGHT_UP_AT_ONCE)?))
    })?;
    let (forgotten, last) = bounds;
    if !(forgotten..=last).contains(&after) {
        return Ok(Past::Gone(forgotten));
    }
    Ok(Past::Page(page(app, &rows, after)?))
}

/// The number of a market's newest announcement.
pub fn newest(app: &App, market: &MarketId) -> Result<i64, AppError> {
    let lane = dispatch_lane(market)?;
    app.store.read(|tx| Ok(outbox::bounds(tx, &lane)?.1))
}

fn page(app: &App, rows: &[Announced], from: i64) -> Result<Page, AppError> {
    let mut changes = Vec::new();
    for (row, told) in rows.iter().filter_map(|row| Some((row, Heard::of(row)?))) {
        let (seq, kind, merchant) = (row.seq, told.kind(), told.merchant().to_owned());
        changes.push(Arc::new(Change { seq, kind, merchant, body: told.body(app)? }));
    }
    Ok(Page { changes, to: rows.last().map_or(from, |last| last.seq) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(numbers: &[i64], to: i64) -> Page {
        let (kind, merchant) = (String::new(), String::new());
        let body = "x".repeat(32 << 10);
        let change = Change { seq: 0, kind, merchant, body };
        let numbered = |seq: &i64| Arc::new(Change { seq: *seq, ..change.clone() });
        Page { changes: numbers.iter().map(numbered).collect(), to }
    }

    /// E3: what is held is what comes after a place, or the word that it is not.
    #[test]
    fn a_window_hands_on_what_comes_after_a_place() {
        let mut window = Window { after: 4, to: 4, ..Window::default() };
        window.take(4, page(&[5, 7], 9));
        let cases = [
            (3, Recent::TooOld),
            (4, Recent::Page(page(&[5, 7], 9))),
            (5, Recent::Page(page(&[7], 9))),
            (8, Recent::Page(page(&[], 9))),
            (11, Recent::Page(page(&[], 11))),
        ];
        for (after, expected) in cases {
            assert_eq!(window.after(after), expected, "{after}");
        }
        window.take(12, page(&[14], 14));
        assert_eq!(window.after(9), Recent::TooOld, "between them something was forgotten");
        assert_eq!(window.after(12), Recent::Page(page(&[14], 14)));
    }

    /// E3: no more is held than that, and it is handed on in pieces.
    #[test]
    fn a_window_is_bounded() {
        let mut window = Window::default();
        for number in 1..=522 {
            window.take(number - 1, page(&[number], number));
        }
        assert_eq!(window.after(9), Recent::TooOld);
        let first: Vec<i64> = (11..11 + HANDED_AT_ONCE as i64).collect();
        assert_eq!(window.after(10), Recent::Page(page(&first, 10 + HANDED_AT_ONCE as i64)));
        assert_eq!(window.after(520), Recent::Page(page(&[521, 522], 522)));
    }
}
