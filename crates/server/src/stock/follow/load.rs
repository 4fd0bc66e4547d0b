//! Everything out of the store: the numbers of the lanes first, then the rows, which are as new or
//! newer. What was announced in between is taken again, and says the same or the next thing.

use super::super::feed::Feed;
use super::{LANES, numbers};
use crate::app::App;
use crate::error::AppError;
use doorstep_store::{StoreError, outbox, quantity};
use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, Ordering};

/// Centres that one query reads: some hundred thousand rows.
const CENTERS_AT_ONCE: i64 = 32;

/// Most threads that load: a store has sixteen connections for reading.
const THREADS_MAX: usize = 8;

/// Loads every quantity of a store.
pub(super) fn load(app: &App, feed: &Feed) -> Result<(), AppError> {
    feed.lanes().for_each(|lane| lane.is_lost());
    let (heads, end) = feed.rows.read(|tx| {
        Ok::<_, StoreError>((numbers(outbox::heads(tx, LANES)?), quantity::centers_end(tx)?))
    })?;
    let strangers = strangers(app, feed);
    let next = AtomicI64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX);
    std::thread::scope(|scope| {
        let load = || load_some(app, feed, (&next, end), &strangers);
        let loading: Vec<_> = (0..threads).map(|_| scope.spawn(load)).collect();
        loading.into_iter().try_for_each(|thread| {
            let panicked = || Err(AppError::machine("loading stock", "a thread panicked"));
            thread.join().unwrap_or_else(|_| panicked())
        })
    })?;
    for lane in feed.lanes() {
        lane.apply(heads.get(&lane.id).copied().unwrap_or(0));
    }
    feed.set_loaded(true);
    super::super::metric::loaded();
    Ok(())
}

/// Centres whose market is kept elsewhere now: what is left of them here is not theirs any more.
fn strangers(app: &App, feed: &Feed) -> HashSet<i64> {
    let held = app.stock.catalogue.at_hand();
    let strange = held.centers().filter(|center| !feed.has(&center.market));
    strange.map(|center| center.center_no).collect()
}

/// Loads some centres after others, until all are taken.
fn load_some(
    app: &App,
    feed: &Feed,
    (next, end): (&AtomicI64, i64),
    strangers: &HashSet<i64>,
) -> Result<(), AppError> {
    loop {
        let from = next.fetch_add(CENTERS_AT_ONCE, Ordering::Relaxed);
        if from >= end {
            return Ok(());
        }
        let mut shelf = Loading { app, center_no: from, rows: Vec::new() };
        feed.rows
            .read(|tx| {
                quantity::each(
                    tx,
                    (from, from + CENTERS_AT_ONCE),
                    &mut |center_no, item_no, units| {
                        if !strangers.contains(&center_no) {
                            shelf.take(center_no, item_no, units);
                        }
                        Ok(())
                    },
                )
            })
            .map_err(|error: StoreError| AppError::from(error))?;
        shelf.put();
    }
}

/// The rows of a centre, as they come.
struct Loading<'a> {
    app: &'a App,
    center_no: i64,
    rows: Vec<(u32, i32)>,
}

impl Loading<'_> {
    fn take(&mut self, center_no: i64, item_no: i64, units: i64) {
        if center_no != self.center_no {
            self.put();
            self.center_no = center_no;
        }
        // Numbers are given from 1 on, and units bounded; what is neither was not written by us.
        if let (Ok(item_no), Ok(units)) = (u32::try_from(item_no), i32::try_from(units)) {
            self.rows.push((item_no, units));
        }
    }

    fn put(&mut self) {
        if let (Ok(center_no), false) = (u32::try_from(self.center_no), self.rows.is_empty()) {
            self.app.stock.index.replace(center_no, self.rows.drain(..));
        }
    }
}
