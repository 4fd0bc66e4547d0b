//! Orders are decided on the rows of their lanes, which are held, and written: all orders of a
//! commit together, as if one after another.

mod goods;
#[cfg(test)]
mod laws;

use super::kept::{Basket, LineKept, PartKept, Stop, written};
use super::place::Decided;
use super::plan::{Plan, Scope};
use crate::error::AppError;
use crate::stock::Center;
use crate::stock::moving::{self, Change, Telling};
use crate::stock::told::{PLACED, RESERVED};
use doorstep_domain::order::{Allocation, Kept, allocate};
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_store::apology::{self, ApologyRow};
use doorstep_store::movement::{self, MovementKind, MovementRow, StockRow};
use doorstep_store::order::{self, OfferedRow, OrderRow};
use doorstep_store::{Decide, LaneTx, StoreError};
use goods::{Goods, Rows, short, wanted};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// An order to be decided over some of its centres, whose lanes are held.
#[derive(Debug)]
pub(crate) struct Placing {
    /// What is wanted.
    pub plan: Arc<Plan>,
    /// Over which centres.
    pub scope: Scope,
}

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

impl Decide for Placing {
    type Outcome = Decided;
    type Error = Denied;

    fn decide(
        orders: &[&Placing],
        tx: &mut LaneTx<'_>,
    ) -> Result<Vec<Result<Decided, Denied>>, StoreError> {
        let mut desk = Desk::before(tx, orders)?;
        let mut decided = Vec::with_capacity(orders.len());
        for order in orders {
            let outcome = match desk.granted(order) {
                Ok(Granted::Already(answer)) => Ok(answer),
                Ok(Granted::Now(goods, found)) => {
                    Ok(Decided::New(desk.take(tx, order, &goods, &found)?))
                }
                Err(denied) => Err(denied),
            };
            decided.push(outcome);
        }
        desk.write(tx, orders.len() == 1, decided)
    }
}

/// What is on the desk while orders are decided: the rows they take from, as they stand after what
/// was decided before, and what has to be written in the end.
struct Desk {
    rows: Rows,
    /// Orders by the requests that made them.
    known: HashMap<String, OrderRow>,
    movements: Vec<MovementRow>,
    apologies: Vec<ApologyRow>,
}

/// What becomes of an order.
enum Granted {
    /// It was decided before.
    Already(Decided),
    /// It takes so much of this.
    Now(Goods, Allocation),
}

impl Desk {
    fn before(tx: &mut LaneTx<'_>, orders: &[&Placing]) -> Result<Desk, StoreError> {
        let keys: Vec<&str> =
            orders.iter().map(|order| order.plan.asker.request_key.as_str()).collect();
        let known = order::by_requests(tx, &keys)?.into_iter();
        let known = known.map(|row| (row.request_key.clone(), row)).collect();
        let mut by_market: BTreeMap<&str, BTreeSet<(i64, i64)>> = BTreeMap::new();
        for order in orders {
            let asked = by_market.entry(order.plan.market.as_str()).or_default();
            asked.extend(wanted(&order.plan, &order.scope));
        }
        let mut rows = Rows::new();
        for (market, asked) in by_market {
            let asked: Vec<(i64, i64)> = asked.into_iter().collect();
            order::offered(tx, market, &asked, &mut |row| {
                rows.insert((row.stock.center_no, row.stock.item_no), row);
            })?;
        }
        Ok(Desk { rows, known, movements: Vec::new(), apologies: Vec::new() })
    }

    /// Decides one order by what is on the desk.
    fn granted(&self, Placing { plan, scope }: &Placing) -> Result<Granted, Denied> {
        if let Some(row) = self.known.get(&plan.asker.request_key) {
            return Ok(Granted::Already(repeated(row.clone(), &plan.asker.fingerprint)));
        }
        let goods = Goods::of(plan, scope, &self.rows);
        goods.check_prices(plan)?;
        match allocate(&plan.quantities(), &goods.shelves, plan.on_shortage) {
            Err(_) if !scope.is_last => Err(Denied::Widen),
            Err(shortage) => Err(short(plan, &shortage.available).into()),
            // Another centre may have more, or have it without an apology.
            Ok(found) if !scope.is_last && !goods.has_all(&found) => Err(Denied::Widen),
            Ok(found) => Ok(Granted::Now(goods, found)),
        }
    }

    /// Takes what was granted, and announces it.
    fn take(
        &mut self,
        tx: &mut LaneTx<'_>,
        Placing { plan, scope }: &Placing,
        goods: &Goods,
        found: &Allocation,
    ) -> Result<OrderRow, StoreError> {
        let (mut changes, mut parts) = (Vec::new(), Vec::new());
        for part in &found.parts {
            let reached = &plan.centers[scope.centers[part.center]];
            let center: &Center = &reached.center;
            let mut kept = part_of(center, plan.now.plus(reached.eta_s * SECOND_US));
            let units = part.units.iter().copied().enumerate();
            for (line, units) in units.filter(|(_, units)| *units > 0) {
                let row = goods.rows[part.center][line].ok_or(StoreError::NoRow)?;
                changes.push(ordered(center, row.stock, units));
                self.apologies.extend(apology(plan, &row, units));
                kept.add(line_of(plan, goods, line, units), plan.lines[line].item.weight_g);
            }
            parts.push(kept);
        }
        let kind = if plan.reserved_until.is_some() { RESERVED } else { PLACED };
        let telling = Telling { kind, cause: &plan.order, now: plan.now };
        let (token, movements) = moving::announce(tx, &changes, telling).map_err(spoilt)?;
        movements.iter().for_each(|movement| self.moved(movement));
        self.movements.extend(movements);
        let missing = found.missing.iter().zip(&plan.lines).filter(|(missing, _)| **missing > 0);
        let missing = missing.map(|(missing, line)| (line.item.id.to_string(), *missing)).collect();
        let basket = Basket { reserved_until: plan.reserved_until, seen: token.0, parts, missing };
        let row = row_of(plan, &basket).map_err(spoilt)?;
        self.known.insert(row.request_key.clone(), row.clone());
        Ok(row)
    }

    /// Whoever is decided next finds what a movement has left.
    fn moved(&mut self, movement: &MovementRow) {
        let Some(row) = self.rows.get_mut(&(movement.center_no, movement.item_no)) else {
            return;
        };
        let MovementRow { quantity, revision, seq, line, .. } = *movement;
        let stock = StockRow { quantity, revision, last_seq: seq, last_line: line, ..row.stock };
        row.stock = stock;
    }

    fn write(
        self,
        tx: &mut LaneTx<'_>,
        is_alone: bool,
        mut decided: Vec<Result<Decided, Denied>>,
    ) -> Result<Vec<Result<Decided, Denied>>, StoreError> {
        let new: Vec<&OrderRow> = decided.iter().filter_map(made).collect();
        let count = new.len() as u64;
        if count == 0 {
            return Ok(decided);
        }
        movement::add_chains(tx, &self.movements)?;
        if order::add(tx, new)? != count {
            if !is_alone {
                let detail = "a request is decided in another lane as well".to_owned();
                return Err(StoreError::Invalid { detail });
            }
            decided = vec![Err(Denied::Twice)];
        }
        apology::add(tx, &self.apologies)?;
        Ok(decided)
    }
}

fn made(outcome: &Result<Decided, Denied>) -> Option<&OrderRow> {
    match outcome {
        Ok(Decided::New(row)) => Some(row),
        _ => None,
    }
}

/// Something that no rule foresees: nothing of the commit stays.
fn spoilt(error: AppError) -> StoreError {
    match error {
        AppError::Store(error) => error,
        error => StoreError::Invalid { detail: error.to_string() },
    }
}

/// What a request is answered that has made an order before.
pub(super) fn repeated(row: OrderRow, fingerprint: &[u8; 32]) -> Decided {
    if row.fingerprint == fingerprint { Decided::Repeated(row) } else { Decided::KeyReused }
}

fn ordered(center: &Center, before: StockRow, units: i64) -> Change<'_> {
    let (lane, lane_no) = (&center.lane, center.lane_no);
    Change { lane, lane_no, before, delta: -units, kind: MovementKind::Ordered }
}

fn line_of(plan: &Plan, goods: &Goods, line: usize, quantity: i64) -> LineKept {
    let item = &plan.lines[line].item;
    let (item_id, price_minor) = (item.id.to_string(), goods.prices[line]);
    LineKept { item_id, item_no: item.item_no, quantity, price_minor }
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
