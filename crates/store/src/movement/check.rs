//! What must hold of stock and its movements, and what does not.

use crate::{Row, StoreError, Tx, TxExt};

/// A stock row that is not what its movements say: centre, item, and why.
pub type Wrong = (i64, i64, String);

/// How many stock rows there are.
pub fn stock_count(tx: &mut dyn Tx) -> Result<u64, StoreError> {
    count(tx, "select count(*) from stock")
}

/// How many movements there are.
pub fn movement_count(tx: &mut dyn Tx) -> Result<u64, StoreError> {
    count(tx, "select count(*) from movement")
}

fn count(tx: &mut dyn Tx, sql: &str) -> Result<u64, StoreError> {
    Ok(tx.query_one(sql, &[], |row| row.int(0))?.unsigned_abs())
}

/// Hands over the rows whose quantity is not the sum of their movements, or that count another
/// number of them; and movements without a row.
pub fn unequal(
    tx: &mut dyn Tx,
    take: &mut dyn FnMut(Wrong) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sums = "select stock.center_no, stock.item_no, stock.quantity, stock.revision,
             coalesce(moved.units, 0), coalesce(moved.count, 0)
         from stock left join (
             select center_no, item_no, cast(sum(delta) as bigint) as units, count(*) as count
             from movement group by center_no, item_no
         ) as moved on moved.center_no = stock.center_no and moved.item_no = stock.item_no
         where moved.units is distinct from stock.quantity
             or moved.count is distinct from stock.revision";
    tx.query(sums, &[], &mut |row| {
        let [quantity, revision, units, count] =
            [row.int(2)?, row.int(3)?, row.int(4)?, row.int(5)?];
        let wrong =
            format!("has {quantity} after {revision} movements; {count} of them come to {units}");
        take((row.int(0)?, row.int(1)?, wrong))
    })?;
    let lost = "select distinct movement.center_no, movement.item_no from movement
         left join stock on stock.center_no = movement.center_no
             and stock.item_no = movement.item_no
         where stock.center_no is null";
    tx.query(lost, &[], &mut |row| {
        take((row.int(0)?, row.int(1)?, "has movements and no row".to_owned()))
    })
}

/// Hands over movements that do not follow the one before them, and rows that do not name their
/// newest.
pub fn broken(
    tx: &mut dyn Tx,
    take: &mut dyn FnMut(Wrong) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let links = "select movement.center_no, movement.item_no, movement.revision
         from movement left join movement as before on before.lane_no = movement.lane_no
             and before.seq = movement.before_seq and before.line = movement.before_line
         where case
             when movement.revision = 1 and movement.before_seq is null
                 and movement.quantity = movement.delta then 0
             when movement.revision > 1 and before.center_no = movement.center_no
                 and before.item_no = movement.item_no
                 and before.revision = movement.revision - 1
                 and before.quantity + movement.delta = movement.quantity then 0
             else 1 end = 1";
    tx.query(links, &[], &mut |row| take(wrong(row, "nothing leads to its movement")?))?;
    let ends = "select stock.center_no, stock.item_no, stock.revision
         from stock left join movement as newest on newest.center_no = stock.center_no
             and newest.item_no = stock.item_no and newest.revision = stock.revision
         where newest.seq is distinct from stock.last_seq
             or newest.line is distinct from stock.last_line";
    tx.query(ends, &[], &mut |row| take(wrong(row, "does not name its movement")?))
}

fn wrong(row: &Row<'_>, why: &str) -> Result<Wrong, StoreError> {
    Ok((row.int(0)?, row.int(1)?, format!("{why} {}", row.int(2)?)))
}

/// Hands over rows that are below zero: centre, item and quantity.
pub fn below_zero(
    tx: &mut dyn Tx,
    take: &mut dyn FnMut(i64, i64, i64) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql = "select center_no, item_no, quantity from stock where quantity < 0";
    tx.query(sql, &[], &mut |row| take(row.int(0)?, row.int(1)?, row.int(2)?))
}

/// Hands over orders that something was moved for and that are not there.
pub fn without_order(
    tx: &mut dyn Tx,
    take: &mut dyn FnMut(&str) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql = "select distinct cause from movement
         left join orders on orders.order_id = movement.cause
         where kind in ('ordered', 'returned') and orders.order_id is null";
    tx.query(sql, &[], &mut |row| take(row.text(0)?))
}
