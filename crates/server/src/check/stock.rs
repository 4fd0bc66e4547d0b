//! Stock and orders: what is in a centre is what was moved, and what an order has is its own.

use super::Tally;
use crate::app::App;
use crate::error::AppError;
use crate::orders::hand_over::HAND_OVER;
use crate::orders::kept::{Basket, delivery_id};
use crate::orders::{lanes, one_of_each_store};
use crate::stock::movements::{center_by_number, item_by_number};
use doorstep_domain::order::Kept;
use doorstep_store::movement::check;
use doorstep_store::order::{self, OrderRow, Sums};
use doorstep_store::{Store, StoreError, Tx, dispatch};
use std::collections::BTreeMap;

/// What is in a centre is the sum of its movements.
pub(super) fn sums(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    each_store(app, |tx| {
        tally.looked(check::stock_count(tx)?);
        check::unequal(tx, &mut |(center_no, item_no, wrong)| {
            tally.broken(format!("{} {wrong}", named(app, center_no, item_no)));
            Ok(())
        })
    })
}

/// The movements of a stock row follow one another.
pub(super) fn chains(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    each_store(app, |tx| {
        tally.looked(check::movement_count(tx)?);
        check::broken(tx, &mut |(center_no, item_no, wrong)| {
            tally.broken(format!("{}: {wrong}", named(app, center_no, item_no)));
            Ok(())
        })
    })
}

/// Nothing is below zero but tolerant items, to their bound.
pub(super) fn bounds(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    each_store(app, |tx| {
        tally.looked(check::stock_count(tx)?);
        check::below_zero(tx, &mut |center_no, item_no, quantity| {
            let item = item_by_number(app, item_no);
            let oversell_max = item.map_or(0, |item| item.oversell_max);
            if quantity < -oversell_max {
                let row = named(app, center_no, item_no);
                tally.broken(format!("{row} has {quantity}, and may have -{oversell_max}"));
            }
            Ok(())
        })
    })
}

/// What was moved for an order is what it has.
pub(super) fn orders(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    each_store(app, |tx| {
        order::each_with_sums(tx, &mut |row, sums| {
            tally.look();
            if let Some(wrong) = wrong_sums(row, sums) {
                tally.broken(format!("{}: {wrong}", row.order));
            }
            Ok(())
        })?;
        check::without_order(tx, &mut |order| {
            tally.broken(format!("{order} moved something and is not there"));
            Ok(())
        })
    })
}

fn wrong_sums(row: &OrderRow, sums: &Sums) -> Option<String> {
    let basket = match Basket::of(row) {
        Ok(basket) => basket,
        Err(error) => return Some(error.to_string()),
    };
    let mut expected = BTreeMap::new();
    for part in &basket.parts {
        if !row.kept.holds_stock() && !part.is_back {
            return Some(format!("is {} and has not given all back", row.kept.as_str()));
        }
        for line in &part.lines {
            let units = if part.is_back { 0 } else { -line.quantity };
            expected.insert((part.center_no, line.item_no), units);
        }
    }
    let moved: BTreeMap<(i64, i64), i64> =
        sums.iter().map(|(center_no, item_no, units)| ((*center_no, *item_no), *units)).collect();
    (moved != expected).then(|| format!("should have moved {expected:?}, has moved {moved:?}"))
}

/// What was placed has a delivery for each part; looked at where everything was handed over.
pub(super) fn deliveries(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    let mut expected = Vec::new();
    each_store(app, |tx| {
        order::each_with_sums(tx, &mut |row, _| {
            if row.kept == Kept::Placed {
                let parts = Basket::of(row).map_or(0, |basket| basket.parts.len());
                expected.extend((0..parts).map(|part| delivery_id(&row.order, part)));
            }
            Ok(())
        })
    })?;
    // What was placed before this was looked at was handed over before that, or this says no.
    for market in app.markets.keys() {
        if !lanes::is_read(app, market, HAND_OVER)? {
            return Ok(());
        }
    }
    app.store.read(|tx| {
        for delivery in &expected {
            tally.look();
            if dispatch::load(tx, delivery)?.is_none() {
                tally.broken(format!("{delivery} was ordered and is not delivered"));
            }
        }
        Ok(())
    })
}

fn each_store(
    app: &App,
    mut look: impl FnMut(&mut dyn Tx) -> Result<(), StoreError>,
) -> Result<(), AppError> {
    for market in one_of_each_store(app) {
        let store: &Store = app.stock.store_of(app, market);
        store.read(&mut look)?;
    }
    Ok(())
}

/// A stock row as a person knows it.
fn named(app: &App, center_no: i64, item_no: i64) -> String {
    let center = center_by_number(app, center_no);
    let item = item_by_number(app, item_no);
    let center = center.map_or_else(|| format!("#{center_no}"), |center| center.id.to_string());
    let item = item.map_or_else(|| format!("#{item_no}"), |item| item.id.to_string());
    format!("{item} in {center}")
}
