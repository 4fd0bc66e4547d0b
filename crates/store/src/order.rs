//! Orders: what somebody wants and has. Changed in the lanes of all its centres.

mod carried;
mod offered;

pub use carried::{Whose, carried};
pub use offered::{OfferedRow, offered};

use crate::sql::{filled, places};
use crate::{Row, StoreError, Tx, TxExt, Value};
use doorstep_domain::order::Kept;
use std::collections::HashSet;

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    /// Which; names sort by when they were ordered.
    pub order: String,
    /// Where.
    pub market: String,
    /// What is kept of how it stands.
    pub kept: Kept,
    /// Whose request made it, and under which key.
    pub request_key: String,
    /// A digest of what was asked.
    pub fingerprint: Vec<u8>,
    /// For whom, in the orders' encoding.
    pub customer: Vec<u8>,
    /// From where what, in the orders' encoding.
    pub parts: Vec<u8>,
    /// What it costs, in minor units.
    pub total_minor: i64,
    /// Who ordered, as it stands in the audit trail.
    pub ordered_by: String,
    /// Microseconds.
    pub ordered_at_us: i64,
    /// Until when it is reserved, in microseconds.
    pub expires_at_us: Option<i64>,
    /// How it was paid, as whoever confirmed it says.
    pub payment: Option<String>,
    /// Counts its changes, from 1.
    pub revision: i64,
}

const COLUMNS: &str = "order_id, market_id, status, request_key, fingerprint, customer, parts,
    total_minor, ordered_by, ordered_at_us, expires_at_us, payment, revision";

fn read(row: &Row<'_>) -> Result<OrderRow, StoreError> {
    Ok(OrderRow {
        order: row.text(0)?.to_owned(),
        market: row.text(1)?.to_owned(),
        kept: row.text(2)?.parse().map_err(StoreError::invalid)?,
        request_key: row.text(3)?.to_owned(),
        fingerprint: row.bytes(4)?.to_owned(),
        customer: row.bytes(5)?.to_owned(),
        parts: row.bytes(6)?.to_owned(),
        total_minor: row.int(7)?,
        ordered_by: row.text(8)?.to_owned(),
        ordered_at_us: row.int(9)?,
        expires_at_us: row.optional_int(10)?,
        payment: row.optional_text(11)?.map(str::to_owned),
        revision: row.int(12)?,
    })
}

/// Adds orders; answers how many: fewer where a key has made one already, in another lane just now.
pub fn add<'r>(
    tx: &mut dyn Tx,
    rows: impl IntoIterator<Item = &'r OrderRow>,
) -> Result<u64, StoreError> {
    let values = rows.into_iter().map(|row| {
        [
            (&row.order).into(),
            (&row.market).into(),
            row.kept.as_str().into(),
            (&row.request_key).into(),
            (&row.fingerprint).into(),
            (&row.customer).into(),
            (&row.parts).into(),
            row.total_minor.into(),
            (&row.ordered_by).into(),
            row.ordered_at_us.into(),
            row.expires_at_us.into(),
            row.payment.as_ref().into(),
            row.revision.into(),
        ]
    });
    let head = format!("insert into orders ({COLUMNS})");
    tx.insert_many(&head, values, "on conflict (request_key) do nothing")
}

/// Writes what may change of an order that was loaded in these lanes, and counts the change.
pub fn save(tx: &mut dyn Tx, row: &OrderRow) -> Result<(), StoreError> {
    let saved = tx.execute(
        "update orders set status = $2, parts = $3, expires_at_us = $4, payment = $5,
             revision = revision + 1
         where order_id = $1 and revision = $6",
        &[
            (&row.order).into(),
            row.kept.as_str().into(),
            (&row.parts).into(),
            row.expires_at_us.into(),
            row.payment.as_ref().into(),
            row.revision.into(),
        ],
    )?;
    if saved == 1 { Ok(()) } else { Err(StoreError::NoRow) }
}

/// One order.
pub fn load(tx: &mut dyn Tx, order: &str) -> Result<Option<OrderRow>, StoreError> {
    let sql = format!("select {COLUMNS} from orders where order_id = $1");
    tx.query_optional(&sql, &[order.into()], read)
}

/// Those of some orders that there are, in no order.
pub fn load_all(tx: &mut dyn Tx, orders: &[&str]) -> Result<Vec<OrderRow>, StoreError> {
    all_of(tx, "order_id", orders)
}

/// Those of some orders that are kept to stand so, by name.
pub fn all_kept(
    tx: &mut dyn Tx,
    orders: &[&str],
    kept: Kept,
) -> Result<HashSet<String>, StoreError> {
    let mut found = HashSet::with_capacity(orders.len());
    for some in orders.chunks(ORDERS_AT_ONCE) {
        let sql = format!(
            "select order_id from orders where status = $1 and order_id in ({})",
            places(2, some.len())
        );
        let mut params = vec![Value::Text(kept.as_str())];
        params.extend(filled(some));
        tx.query(&sql, &params, &mut |row| {
            found.insert(row.text(0)?.to_owned());
            Ok(())
        })?;
    }
    Ok(found)
}

/// The order that a request made.
pub fn by_request(tx: &mut dyn Tx, request_key: &str) -> Result<Option<OrderRow>, StoreError> {
    let sql = format!("select {COLUMNS} from orders where request_key = $1");
    tx.query_optional(&sql, &[request_key.into()], read)
}

/// The orders that requests made, as far as they have, in no order.
pub fn by_requests(tx: &mut dyn Tx, request_keys: &[&str]) -> Result<Vec<OrderRow>, StoreError> {
    all_of(tx, "request_key", request_keys)
}

/// Orders looked up by one statement.
const ORDERS_AT_ONCE: usize = 128;

fn all_of(tx: &mut dyn Tx, column: &str, values: &[&str]) -> Result<Vec<OrderRow>, StoreError> {
    let mut found = Vec::with_capacity(values.len());
    for some in values.chunks(ORDERS_AT_ONCE) {
        let list = places(1, some.len());
        let sql = format!("select {COLUMNS} from orders where {column} in ({list})");
        tx.query(&sql, &filled(some), &mut |row| {
            found.push(read(row)?);
            Ok(())
        })?;
    }
    Ok(found)
}

/// Reservations of a market whose time is over, the longest first, at most `limit`.
pub fn expired(
    tx: &mut dyn Tx,
    market: &str,
    now_us: i64,
    limit: u32,
) -> Result<Vec<OrderRow>, StoreError> {
    let sql = format!(
        "select {COLUMNS} from orders where market_id = $1 and expires_at_us <= $2
         order by expires_at_us limit $3"
    );
    tx.query_all(&sql, &[market.into(), now_us.into(), limit.into()], read)
}

/// Orders of a market (an empty text is any) before `before` (an id, or empty for the newest), the
/// newest first; where that is said only those that are kept to stand so.
pub fn list(
    tx: &mut dyn Tx,
    market: &str,
    kept: Option<Kept>,
    before: &str,
    limit: u32,
) -> Result<Vec<OrderRow>, StoreError> {
    // Each condition stands there only where it is asked for, so that its index can serve.
    let (mut params, mut conditions): (Vec<Value<'_>>, _) = (vec![limit.into()], Vec::new());
    if !before.is_empty() {
        params.push(before.into());
        conditions.push(format!("order_id < ${}", params.len()));
    }
    if !market.is_empty() {
        params.push(market.into());
        conditions.push(format!("market_id = ${}", params.len()));
    }
    if let Some(kept) = kept {
        params.push(kept.as_str().into());
        conditions.push(format!("status = ${}", params.len()));
    }
    if kept.is_some_and(|kept| kept != Kept::Placed) {
        // As the index has it, which is of these alone.
        conditions.push("status <> 'placed'".to_owned());
    }
    let only = if conditions.is_empty() { "" } else { "where " };
    let sql = format!(
        "select {COLUMNS} from orders {only}{} order by order_id desc limit $1",
        conditions.join(" and ")
    );
    tx.query_all(&sql, &params, read)
}

/// What an order has taken and given back, by stock row: centre, item and units, which are below
/// zero while it has them.
pub type Sums = Vec<(i64, i64, i64)>;

/// Hands over every order with the sums of its movements, by id; neither is ever collected.
pub fn each_with_sums(
    tx: &mut dyn Tx,
    take: &mut dyn FnMut(&OrderRow, &Sums) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let columns = COLUMNS.split(',').map(|column| format!("orders.{}", column.trim()));
    let sql = format!(
        "select {}, moved.center_no, moved.item_no, moved.units
         from orders left join (
             select cause, center_no, item_no, cast(sum(delta) as bigint) as units from movement
             where kind in ('ordered', 'returned') group by cause, center_no, item_no
         ) as moved on moved.cause = orders.order_id
         order by orders.order_id",
        columns.collect::<Vec<_>>().join(", ")
    );
    let mut current: Option<(OrderRow, Sums)> = None;
    tx.query(&sql, &[], &mut |row| {
        let is_next = current
            .as_ref()
            .is_none_or(|(order, _)| order.order != row.text(0).unwrap_or_default());
        if is_next && let Some((order, sums)) = current.replace((read(row)?, Vec::new())) {
            take(&order, &sums)?;
        }
        let sum = (row.optional_int(13)?, row.optional_int(14)?, row.optional_int(15)?);
        if let ((Some(center_no), Some(item_no), Some(units)), Some((_, sums))) =
            (sum, &mut current)
        {
            sums.push((center_no, item_no, units));
        }
        Ok(())
    })?;
    match current {
        Some((order, sums)) => take(&order, &sums),
        None => Ok(()),
    }
}
