//! What the centres of an order have of its lines, as its lanes' rows say.

use crate::error::{AppError, ShortLine};
use crate::orders::plan::{Plan, Scope, Wanted};
use doorstep_domain::order::{Allocation, Shelf};
use doorstep_store::order::OfferedRow;
use std::collections::HashMap;

/// Stock rows by centre and item, as they stand while orders are decided.
pub(super) type Rows = HashMap<(i64, i64), OfferedRow>;

/// What the centres of a scope have of each line.
pub(super) struct Goods {
    /// By centre, then by line.
    pub rows: Vec<Vec<Option<OfferedRow>>>,
    /// The same as the rules take it.
    pub shelves: Vec<Vec<Shelf>>,
    /// What one costs, by line.
    pub prices: Vec<i64>,
}

/// The stock rows that an order may take from: centre and item.
pub(super) fn wanted<'p>(
    plan: &'p Plan,
    scope: &'p Scope,
) -> impl Iterator<Item = (i64, i64)> + 'p {
    let centers = scope.centers.iter().map(|place| plan.centers[*place].center.center_no);
    centers.flat_map(|center_no| plan.lines.iter().map(move |line| (center_no, line.item.item_no)))
}

impl Goods {
    pub(super) fn of(plan: &Plan, scope: &Scope, found: &Rows) -> Goods {
        let mut prices: Vec<i64> = plan.lines.iter().map(|wanted| wanted.price_minor).collect();
        let mut found = wanted(plan, scope).map(|key| found.get(&key).copied());
        let mut rows = Vec::with_capacity(scope.centers.len());
        let mut shelves = Vec::with_capacity(scope.centers.len());
        for _ in &scope.centers {
            let of_center: Vec<_> = found.by_ref().take(plan.lines.len()).collect();
            let lines = plan.lines.iter().zip(&mut prices).zip(&of_center);
            shelves.push(lines.map(|((line, price), row)| shelf(line, price, row)).collect());
            rows.push(of_center);
        }
        Goods { rows, shelves, prices }
    }

    pub(super) fn check_prices(&self, plan: &Plan) -> Result<(), AppError> {
        for (wanted, price_minor) in plan.lines.iter().zip(&self.prices) {
            if wanted.price_asked.is_some_and(|asked| asked != *price_minor) {
                let reason = format!("{} costs {price_minor} now", wanted.item.id);
                return Err(AppError::Refused { code: "price_changed", reason });
            }
        }
        Ok(())
    }

    /// Whether everything is given, and everything that is given lies there.
    pub(super) fn has_all(&self, found: &Allocation) -> bool {
        let lies_there = |(units, shelf): (&i64, &Shelf)| *units <= shelf.quantity.max(0);
        let parts = found.parts.iter();
        found.missing.iter().all(|missing| *missing == 0)
            && parts
                .map(|part| (&part.units, &self.shelves[part.center]))
                .all(|(units, shelves)| units.iter().zip(shelves).all(lies_there))
    }
}

/// What there is of a line in a centre; the price is what it says.
fn shelf(line: &Wanted, price_minor: &mut i64, row: &Option<OfferedRow>) -> Shelf {
    let Some(row) = row else {
        return Shelf::default();
    };
    *price_minor = row.price_minor.unwrap_or(*price_minor);
    // A store that keeps the orders of one market alone knows of no items: memory does.
    let oversell_max = row.oversell_max.unwrap_or(line.item.oversell_max);
    Shelf { quantity: row.stock.quantity, oversell_max }
}

/// What is answered where not everything is there.
pub(super) fn short(plan: &Plan, available: &[i64]) -> AppError {
    let line = |(wanted, available): (&Wanted, &i64)| ShortLine {
        item_id: wanted.item.id.to_string(),
        wanted: wanted.quantity,
        available: *available,
    };
    AppError::Shortage { lines: plan.lines.iter().zip(available).map(line).collect() }
}
