//! Quantities: how much of what is free to be ordered where, as it is read; movements change it.

use crate::{StoreError, Tx, TxExt, Value};

/// Items in one query; what is missing repeats the last.
const ITEMS_AT_ONCE: usize = 64;

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

/// Hands over how much of some items there is in a centre, as item and quantity, in no order; of
/// what never was there nothing.
pub fn each_of(
    tx: &mut dyn Tx,
    center_no: i64,
    items: &[i64],
    take: &mut dyn FnMut(i64, i64) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let places: Vec<String> = (2..ITEMS_AT_ONCE + 2).map(|place| format!("${place}")).collect();
    let sql = format!(
        "select item_no, quantity from stock where center_no = $1 and item_no in ({})",
        places.join(", ")
    );
    for chunk in items.chunks(ITEMS_AT_ONCE) {
        let padded = (0..ITEMS_AT_ONCE).map(|place| chunk[place.min(chunk.len() - 1)]);
        let params: Vec<Value<'_>> =
            std::iter::once(center_no).chain(padded).map(Value::Int).collect();
        tx.query(&sql, &params, &mut |row| take(row.int(0)?, row.int(1)?))?;
    }
    Ok(())
}
