//! Items and prices in the stores of markets: copies of what the common store says, since an order
//! is decided in one store. They follow what the lane of the catalogue announces, in its order, and
//! where a copy stands is kept with it and moves in its transaction. A store that nobody copied
//! into, or that was itself copied from the common one, begins with everything.

use super::catalogue::Told;
use super::catalogue_lane;
use crate::app::App;
use crate::dispatch::readers::{self, Mark};
use crate::error::AppError;
use crate::orders::{is_common, one_of_each_store};
use doorstep_domain::time::Micros;
use doorstep_store::cursor::{self, Advance, CursorId};
use doorstep_store::item::{self, ItemRow, PriceRow};
use doorstep_store::{LaneTx, Store, StoreError, outbox};

/// Who copies, by name: where a copy stands.
const COPIER: &str = "catalogue-copier";

/// Who copies everything: as of which announcement.
const WHOLE: &str = "catalogue-copier-whole";

/// Items of one transaction: orders of that store wait for it.
const ITEMS_AT_ONCE: u32 = 500;

/// Brings every copy up to date; answers how often something was copied. A store that is not there
/// holds up no other: its error is answered after the others.
pub fn step(app: &App) -> Result<usize, AppError> {
    let own = one_of_each_store(app).filter(|market| !is_common(app, market));
    let mut outcome = Ok(0);
    for market in own {
        let copied = copy(app, app.stock.store_of(app, market));
        outcome = match (outcome, copied) {
            (Ok(so_far), Ok(count)) => Ok(so_far + count),
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
    }
    outcome
}

fn copy(app: &App, store: &Store) -> Result<usize, AppError> {
    let lane = catalogue_lane()?;
    let mut count = 0;
    loop {
        let from = store.read(|tx| readers::read_to(tx, &lane, COPIER))?;
        let (told, last) = app
            .store
            .read(|tx| Ok::<_, AppError>((Told::read(tx, from)?, outbox::last_seq(tx, &lane)?)))?;
        if last == from {
            return Ok(count);
        }
        count += 1;
        if from == 0 || last < from || told.has_gap {
            whole(app, store, from)?;
            continue;
        }
        let (to, now) = (told.to, app.clock.now());
        let mark = Mark::new(COPIER, lane.clone(), from, to);
        store.lane(&lane, move |tx| {
            mark.advance(tx, now)?;
            Ok::<_, AppError>(item::copy(tx, &told.items, &told.prices)?)
        })?;
    }
}

/// Items in a row, with their prices.
struct Slice {
    /// Behind the number of which item they begin, and with which they end.
    between: (i64, i64),
    items: Vec<ItemRow>,
    prices: Vec<PriceRow>,
}

/// Copies everything, some items after others; what the common store does not know goes.
fn whole(app: &App, store: &Store, from: i64) -> Result<(), AppError> {
    let lane = catalogue_lane()?;
    let (as_of, now) = (app.store.read(|tx| outbox::last_seq(tx, &lane))?, app.clock.now());
    let mut behind = 0;
    loop {
        let slice = next(app, behind)?;
        behind = slice.between.1;
        store.lane(&lane, move |tx| {
            claim(tx, (from, as_of), now)?;
            Ok::<_, AppError>(item::copy_between(tx, slice.between, &slice.items, &slice.prices)?)
        })?;
        if behind == i64::MAX {
            break;
        }
    }
    let mark = Mark::new(COPIER, lane.clone(), from, as_of);
    store.lane(&lane, move |tx| {
        claim(tx, (from, as_of), now)?;
        Ok::<_, AppError>(mark.advance(tx, now)?)
    })
}

/// The next items, as they are now; the last of them end with the greatest number there is.
fn next(app: &App, behind: i64) -> Result<Slice, AppError> {
    app.store.read(|tx| {
        let items = item::behind(tx, behind, ITEMS_AT_ONCE)?;
        let is_last = items.len() < ITEMS_AT_ONCE as usize;
        let last = items.last().filter(|_| !is_last).map_or(i64::MAX, |item| item.item_no);
        let numbers: Vec<i64> = items.iter().map(|item| item.item_no).collect();
        let mut prices = Vec::new();
        item::prices_of(tx, &numbers, &mut |price| {
            prices.push(price);
            Ok(())
        })?;
        Ok(Slice { between: (behind, last), items, prices })
    })
}

/// Lets nobody write over what another process has copied of a newer state meanwhile. Errors:
/// [`StoreError::Fenced`].
fn claim(tx: &mut LaneTx<'_>, (from, as_of): (i64, i64), now: Micros) -> Result<(), AppError> {
    let lane = tx.lane();
    let fenced = || StoreError::Fenced {
        consumer: COPIER.to_owned(),
        topic: lane.to_string(),
        partition: 0,
        expected: from,
    };
    if readers::read_to(tx, lane, COPIER)? != from {
        return Err(fenced().into());
    }
    let id = CursorId { consumer: WHOLE, topic: lane.as_str(), partition: 0 };
    let stands_at = cursor::load(tx, id)?.next_offset;
    let step = Advance {
        expected_offset: stands_at,
        next_offset: as_of,
        newest_event_time_us: None,
        now_us: now.0,
    };
    match as_of.cmp(&stands_at) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Ok(cursor::advance(tx, id, step)?),
        // The common store has gone back behind what was copied.
        std::cmp::Ordering::Less if as_of < from => Ok(cursor::set_back(tx, id, step)?),
        std::cmp::Ordering::Less => Err(fenced().into()),
    }
}
