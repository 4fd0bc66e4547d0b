//! Many rows by their keys, with one text for every number of keys.

use crate::{Row, StoreError, Tx, Value};

/// Keys in one query; what is missing repeats the last.
const LOOKED_UP_AT_ONCE: usize = 64;

/// Hands over the rows of `select` whose `column` is one of the keys, in no order.
pub(crate) fn by_keys(
    tx: &mut dyn Tx,
    (select, column): (&str, &str),
    keys: &[Value<'_>],
    take: &mut dyn FnMut(&Row<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let places: Vec<String> = (1..=LOOKED_UP_AT_ONCE).map(|place| format!("${place}")).collect();
    let sql = format!("{select} where {column} in ({})", places.join(", "));
    for chunk in keys.chunks(LOOKED_UP_AT_ONCE) {
        let padded: Vec<Value<'_>> =
            (0..LOOKED_UP_AT_ONCE).map(|place| chunk[place.min(chunk.len() - 1)]).collect();
        tx.query(&sql, &padded, take)?;
    }
    Ok(())
}
