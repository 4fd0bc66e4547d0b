//! Quantities: how much of what is free to be ordered where, as it is read; movements change it.

use crate::{StoreError, Tx, TxExt, Value};

/// Items in one query; what is missing repeats the last.
const ITEMS_AT_ONCE: usize = 64;

/// Centres in one query, in the same way: more than reach most places.
const CENTERS_AT_ONCE: usize = 32;

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

/// Hands over how much of some items there is in some centres, as centre, item and quantity, in no
/// order; of what never was there nothing.
pub fn each_of(
    tx: &mut dyn Tx,
    centers: &[i64],
    items: &[i64],
    take: &mut dyn FnMut(i64, i64, i64) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let places = |from: usize, count: usize| {
        let places: Vec<String> = (from..from + count).map(|place| format!("${place}")).collect();
        places.join(", ")
    };
    let sql = format!(
        "select center_no, item_no, quantity from stock
         where center_no in ({}) and item_no in ({})",
        places(1, CENTERS_AT_ONCE),
        places(CENTERS_AT_ONCE + 1, ITEMS_AT_ONCE)
    );
    for centers in centers.chunks(CENTERS_AT_ONCE) {
        for items in items.chunks(ITEMS_AT_ONCE) {
            let params = padded(centers, CENTERS_AT_ONCE).chain(padded(items, ITEMS_AT_ONCE));
            let params: Vec<Value<'_>> = params.map(Value::Int).collect();
            tx.query(&sql, &params, &mut |row| take(row.int(0)?, row.int(1)?, row.int(2)?))?;
        }
    }
    Ok(())
}

/// Numbers, of which there is one, filled up with the last.
fn padded(numbers: &[i64], count: usize) -> impl Iterator<Item = i64> {
    (0..count).map(|place| numbers[place.min(numbers.len() - 1)])
}
