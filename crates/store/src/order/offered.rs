//! What orders are decided on: everything of all of them in one query.

use crate::movement::{StockRow, stock_row};
use crate::sql::values;
use crate::{StoreError, Tx, Value};

/// A stock row, with what its item costs there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferedRow {
    /// How much there is.
    pub stock: StockRow,
    /// Units that may be sold beyond that; none where this store knows of no items.
    pub oversell_max: Option<i64>,
    /// Of one unit, in minor units; none where this store knows of no price.
    pub price_minor: Option<i64>,
}

/// Rows looked up by one statement.
const ROWS_AT_ONCE: usize = 256;

/// Hands over what centres of a market have of items, asked for as centre and item, in no order and
/// one or more times; what never was there is absent.
pub fn offered(
    tx: &mut dyn Tx,
    market: &str,
    wanted: &[(i64, i64)],
    take: &mut dyn FnMut(OfferedRow),
) -> Result<(), StoreError> {
    for some in wanted.chunks(ROWS_AT_ONCE) {
        // Few texts are ever prepared: what is missing to a power of two repeats the last.
        let rows = some.len().next_power_of_two();
        let filled = (0..rows).map(|row| some[row.min(some.len() - 1)]);
        let mut params: Vec<Value<'_>> = Vec::with_capacity(1 + 2 * rows);
        params.push(market.into());
        params.extend(filled.flat_map(|(center, item)| [Value::Int(center), Value::Int(item)]));
        // With a cross join SQLite goes by what is wanted, and never through all of the stock.
        let sql = format!(
            "select stock.center_no, stock.item_no, stock.quantity, stock.revision, stock.last_seq,
                 stock.last_line, item.oversell_max, item_price.price_minor
             from ({}) as wanted
             cross join stock
             left join item on item.item_no = stock.item_no
             left join item_price
                 on item_price.market_id = $1 and item_price.item_no = stock.item_no
             where stock.center_no = wanted.column1 and stock.item_no = wanted.column2",
            values(2, rows, &["bigint"; 2])
        );
        tx.query(&sql, &params, &mut |row| {
            take(OfferedRow {
                stock: stock_row(row)?,
                oversell_max: row.optional_int(6)?,
                price_minor: row.optional_int(7)?,
            });
            Ok(())
        })?;
    }
    Ok(())
}
