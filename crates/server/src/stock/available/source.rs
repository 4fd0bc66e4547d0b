//! Where quantities are read: in memory, or in the store.

use super::super::index::Index;
use super::super::told::Token;
use super::super::{metric, stock_lane};
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::id::MarketId;
use doorstep_store::{LaneId, Store, Tx, outbox, quantity};
use std::collections::HashMap;

/// Where quantities are read.
pub(super) enum Source<'a> {
    /// In memory.
    Index(&'a Index),
    /// In the store, or a copy of it.
    Store(&'a mut dyn Tx),
}

impl Source<'_> {
    /// Most items of a category that are looked at for one page: those of the index take some
    /// milliseconds, and so do those of the store, whose reader others wait for.
    pub(super) fn looked_at_max(&self) -> usize {
        match self {
            Source::Index(_) => 10_000,
            Source::Store(_) => 1_000,
        }
    }

    /// Hands over how much of items centres have, centre by centre in their order, each by its
    /// place and that of the item; what never was there may be left out.
    pub(super) fn look(
        &mut self,
        centers: &[i64],
        items: &[u32],
        take: &mut dyn FnMut(usize, usize, i32),
    ) -> Result<(), AppError> {
        match self {
            Source::Index(index) => {
                index.look(centers, items, take);
                Ok(())
            }
            Source::Store(tx) => {
                let numbers: Vec<i64> = items.iter().map(|item| i64::from(*item)).collect();
                let mut found = HashMap::new();
                quantity::each_of(*tx, centers, &numbers, &mut |center_no, item_no, units| {
                    found.insert((center_no, item_no), units);
                    Ok(())
                })?;
                for (center, center_no) in centers.iter().enumerate() {
                    for (item, item_no) in numbers.iter().enumerate() {
                        let units = found.get(&(*center_no, *item_no)).copied().unwrap_or(0);
                        // Quantities are bounded far below.
                        take(center, item, i32::try_from(units).unwrap_or(i32::MAX));
                    }
                }
                Ok(())
            }
        }
    }
}

/// Reads the store of a market, or the copy of it where that is not there, on a state that has
/// come to the token; `read` learns whether it is the newest.
///
/// Errors: a token that was never given; [`AppError::Behind`] where only the copy is there and has
/// not come so far.
pub(super) fn from_store<T>(
    app: &App,
    market: &MarketId,
    after: Option<&Token>,
    mut read: impl FnMut(&mut dyn Tx, bool) -> Result<T, AppError>,
) -> Result<T, AppError> {
    let unknown = || AppError::NotFound { what: "market", id: market.to_string() };
    let feed = app.stock.feed(market).ok_or_else(unknown)?;
    let awaited = awaited(app, after)?;
    let newest = on(&feed.store, &awaited, &mut |tx| read(tx, true));
    let error = match newest {
        Ok(None) => return Err(AppError::invalid("after", "names what was never announced")),
        Ok(Some(answer)) => return Ok(answer),
        Err(error @ AppError::Store(_)) => error,
        Err(error) => return Err(error),
    };
    if !feed.has_copy() {
        return Err(error);
    }
    metric::read_from_copy();
    let copied = on(&feed.rows, &awaited, &mut |tx| read(tx, false))?;
    copied.ok_or(AppError::Behind)
}

/// What a token waits for, lane by lane. Errors: it names a lane that there is not.
fn awaited(app: &App, after: Option<&Token>) -> Result<Vec<(LaneId, i64)>, AppError> {
    let held = app.stock.catalogue.at_hand();
    let wrong = || AppError::invalid("after", "names what was never announced");
    let lane = |(lane_no, seq): &(i64, i64)| {
        let (market, bucket) = held.lane(*lane_no).ok_or_else(wrong)?;
        Ok((stock_lane(market, *bucket)?, *seq))
    };
    after.into_iter().flat_map(|token| &token.0).map(lane).collect()
}

/// Reads one state of a store; `None` where that has not come to what is awaited.
fn on<T>(
    store: &Store,
    awaited: &[(LaneId, i64)],
    read: &mut dyn FnMut(&mut dyn Tx) -> Result<T, AppError>,
) -> Result<Option<T>, AppError> {
    store.read(|tx| {
        for (lane, seq) in awaited {
            if outbox::last_seq(tx, lane)? < *seq {
                return Ok(None);
            }
        }
        read(tx).map(Some)
    })
}
