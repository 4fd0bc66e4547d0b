//! Quantities: how much of what is free to be ordered where, as it is read; movements change it.

use crate::{StoreError, Tx, TxExt, Value};

/// Hands over quantities of the centres numbered within `[from, to)` as centre, item and quantity,
/// by centre and item; they are never collected.
pub fn each(
    tx: &mut dyn Tx,
    (from, to): (i64, i64),
    take: &mut dyn FnMut(i64, i64, i64) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    tx.query(
        "select center_no, item_no, quantity from stock where center_no >= $1 and center_no < $2
         order by center_no, item_no",
        &[from.into(), to.into()],
        &mut |row| take(row.int(0)?, row.int(1)?, row.int(2)?),
    )
}

/// The number behind that of the last centre that anything lies in; 0 where nothing lies anywhere.
pub fn centers_end(tx: &mut dyn Tx) -> Result<i64, StoreError> {
    let sql = "select coalesce(max(center_no) + 1, 0) from stock";
    tx.query_one(sql, &[], |row| row.int(0))
}

/// How much of an item there is in a centre; 0 where there never was any.
pub fn of(tx: &mut dyn Tx, center_no: i64, item_no: i64) -> Result<i64, StoreError> {
    let found = tx.query_optional(
        "select quantity from stock where center_no = $1 and item_no = $2",
        &[Value::Int(center_no), Value::Int(item_no)],
        |row| row.int(0),
    )?;
    Ok(found.unwrap_or(0))
}
