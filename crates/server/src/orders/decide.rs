//! An order is decided on the rows of its lanes, which are held, and written.

use super::kept::{Basket, LineKept, PartKept, Stop, written};
use super::place::Decided;
use super::plan::{Plan, Scope, Wanted};
use crate::error::{AppError, ShortLine};
use crate::stock::Center;
use crate::stock::moving::{self, Change, Telling};
use crate::stock::told::{PLACED, RESERVED};
use doorstep_domain::order::{Allocation, Kept, Shelf, allocate};
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_store::apology::{self, ApologyRow};
use doorstep_store::movement::MovementKind;
use doorstep_store::order::{self, OfferedRow, OrderRow};
use doorstep_store::{LaneTx, StoreError};

/// Why nothing was written.
#[derive(Debug)]
pub(crate) enum Denied {
    /// These centres are not enough: others must be asked.
    Widen,
    /// The same request was decided in another lane in the same moment.
    Twice,
    /// For good.
    For(AppError),
}

impl From<StoreError> for Denied {
    fn from(error: StoreError) -> Denied {
        Denied::For(error.into())
    }
}

impl From<AppError> for Denied {
    fn from(error: AppError) -> Denied {
        Denied::For(error)
    }
}

impl Denied {
    /// Over which centres the order is decided once more. Errors: it is not.
    pub(crate) fn again(self, plan: &Plan) -> Result<Scope, AppError> {
        match self {
            // Decided anew, a repeated request finds what the first one has made.
            Denied::Widen | Denied::Twice => Ok(plan.everywhere()),
            Denied::For(error) => Err(error),
        }
    }
}

/// Decides an order on the rows of its lanes, which are held, and writes it.
pub(crate) fn decide(tx: &mut LaneTx<'_>, plan: &Plan, scope: &Scope) -> Result<Decided, Denied> {
    let centers: Vec<i64> =
        scope.centers.iter().map(|place| plan.centers[*place].center.center_no).collect();
    let items: Vec<i64> = plan.lines.iter().map(|wanted| wanted.item.item_no).collect();
    let request = (plan.market.as_str(), plan.asker.request_key.as_str());
    let offered = order::offered(tx, request, &centers, &items)?;
    if offered.is_repeated != Some(false)
        && let Some(row) = order::by_request(tx, &plan.asker.request_key)?
    {
        return Ok(repeated(row, &plan.asker.fingerprint));
    }
    let goods = Goods::of(plan, (&centers, &items), &offered.rows);
    goods.check_prices(plan)?;
    match allocate(&plan.quantities(), &goods.shelves, plan.on_shortage) {
        Err(_) if !scope.is_last => Err(Denied::Widen),
        Err(shortage) => Err(short(plan, &shortage.available).into()),
        // Another centre may have more, or have it without an apology.
        Ok(found) if !scope.is_last && !goods.has_all(&found) => Err(Denied::Widen),
        Ok(found) => write(tx, plan, scope, &goods, &found),
    }
}

/// What a request is answered that has made an order before.
pub(super) fn repeated(row: OrderRow, fingerprint: &[u8; 32]) -> Decided {
    if row.fingerprint == fingerprint { Decided::Repeated(row) } else { Decided::KeyReused }
}

/// What the centres of a scope have of each line.
struct Goods {
    /// By centre, then by line.
    rows: Vec<Vec<Option<OfferedRow>>>,
    /// The same as the rules take it.
    shelves: Vec<Vec<Shelf>>,
    /// What one costs, by line.
    prices: Vec<i64>,
}

impl Goods {
    fn of(plan: &Plan, (centers, items): (&[i64], &[i64]), found: &[OfferedRow]) -> Goods {
        let mut rows = vec![vec![None; items.len()]; centers.len()];
        let mut prices: Vec<i64> = plan.lines.iter().map(|wanted| wanted.price_minor).collect();
        let mut shelves = vec![vec![Shelf::default(); items.len()]; centers.len()];
        for row in found {
            let line = items.iter().position(|item_no| *item_no == row.stock.item_no);
            let center = centers.iter().position(|number| *number == row.stock.center_no);
            let (Some(line), Some(center)) = (line, center) else {
                continue;
            };
            // A store that keeps the orders of one market alone knows of no items: memory does.
            let oversell_max = row.oversell_max.unwrap_or(plan.lines[line].item.oversell_max);
            shelves[center][line] = Shelf { quantity: row.stock.quantity, oversell_max };
            prices[line] = row.price_minor.unwrap_or(prices[line]);
            rows[center][line] = Some(*row);
        }
        Goods { rows, shelves, prices }
    }

    fn check_prices(&self, plan: &Plan) -> Result<(), AppError> {
        for (wanted, price_minor) in plan.lines.iter().zip(&self.prices) {
            if wanted.price_asked.is_some_and(|asked| asked != *price_minor) {
                let reason = format!("{} costs {price_minor} now", wanted.item.id);
                return Err(AppError::Refused { code: "price_changed", reason });
            }
        }
        Ok(())
    }

    /// Whether everything is given, and everything that is given lies there.
    fn has_all(&self, found: &Allocation) -> bool {
        let lies_there = |(units, shelf): (&i64, &Shelf)| *units <= shelf.quantity.max(0);
        let parts = found.parts.iter();
        found.missing.iter().all(|missing| *missing == 0)
            && parts
                .map(|part| (&part.units, &self.shelves[part.center]))
                .all(|(units, shelves)| units.iter().zip(shelves).all(lies_there))
    }
}

fn short(plan: &Plan, available: &[i64]) -> AppError {
    let line = |(wanted, available): (&Wanted, &i64)| ShortLine {
        item_id: wanted.item.id.to_string(),
        wanted: wanted.quantity,
        available: *available,
    };
    AppError::Shortage { lines: plan.lines.iter().zip(available).map(line).collect() }
}

fn write(
    tx: &mut LaneTx<'_>,
    plan: &Plan,
    scope: &Scope,
    goods: &Goods,
    found: &Allocation,
) -> Result<Decided, Denied> {
    let (mut changes, mut apologies, mut parts) = (Vec::new(), Vec::new(), Vec::new());
    for part in &found.parts {
        let reached = &plan.centers[scope.centers[part.center]];
        let center: &Center = &reached.center;
        let mut kept = part_of(center, plan.now.plus(reached.eta_s * SECOND_US));
        for (line, units) in part.units.iter().copied().enumerate().filter(|(_, units)| *units > 0)
        {
            let item = &plan.lines[line].item;
            let row = goods.rows[part.center][line].ok_or(StoreError::NoRow)?;
            changes.push(Change {
                lane: &center.lane,
                lane_no: center.lane_no,
                before: row.stock,
                delta: -units,
                kind: MovementKind::Ordered,
            });
            apologies.extend(apology(plan, &row, units));
            kept.weight_g += units * item.weight_g;
            kept.lines.push(LineKept {
                item_id: item.id.to_string(),
                item_no: item.item_no,
                quantity: units,
                price_minor: goods.prices[line],
            });
        }
        parts.push(kept);
    }
    let kind = if plan.reserved_until.is_some() { RESERVED } else { PLACED };
    let telling = Telling { kind, cause: &plan.order, now: plan.now };
    let seen = moving::write(tx, &changes, telling)?.0;
    let missing = found.missing.iter().zip(&plan.lines).filter(|(missing, _)| **missing > 0);
    let missing = missing.map(|(missing, wanted)| (wanted.item.id.to_string(), *missing)).collect();
    let basket = Basket { reserved_until: plan.reserved_until, seen, parts, missing };
    let row = row_of(plan, &basket)?;
    if !order::add(tx, &row)? {
        return Err(Denied::Twice);
    }
    apology::add(tx, &apologies)?;
    Ok(Decided::New(row))
}

fn part_of(center: &Center, arrival: Micros) -> PartKept {
    PartKept {
        center_id: center.id.to_string(),
        center_no: center.center_no,
        lane_no: center.lane_no,
        bucket: center.bucket,
        merchant_id: center.merchant.to_string(),
        origin: Stop {
            address: center.address.clone(),
            lat_e7: center.position.lat_e7,
            lng_e7: center.position.lng_e7,
        },
        arrival,
        weight_g: 0,
        lines: Vec::new(),
        is_back: false,
    }
}

/// What somebody must be sorry for, where more is taken than lies there.
fn apology(plan: &Plan, row: &OfferedRow, taken: i64) -> Option<ApologyRow> {
    let owed = |quantity: i64| (-quantity).max(0);
    let units = owed(row.stock.quantity - taken) - owed(row.stock.quantity);
    (units > 0).then(|| ApologyRow {
        order: plan.order.clone(),
        center_no: row.stock.center_no,
        item_no: row.stock.item_no,
        market: plan.market.to_string(),
        units,
        noticed_at_us: plan.now.0,
        settled_at_us: None,
        settled_by: None,
        words: None,
    })
}

fn row_of(plan: &Plan, basket: &Basket) -> Result<OrderRow, AppError> {
    let is_reserved = plan.reserved_until.is_some();
    Ok(OrderRow {
        order: plan.order.clone(),
        market: plan.market.to_string(),
        kept: if is_reserved { Kept::Reserved } else { Kept::Placed },
        request_key: plan.asker.request_key.clone(),
        fingerprint: plan.asker.fingerprint.to_vec(),
        customer: plan.customer.clone(),
        parts: written(basket)?,
        total_minor: basket.parts.iter().map(PartKept::goods_minor).sum(),
        ordered_by: plan.asker.actor.clone(),
        ordered_at_us: plan.now.0,
        expires_at_us: plan.reserved_until.map(|until| until.0),
        payment: None,
        revision: 1,
    })
}
