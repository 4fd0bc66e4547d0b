//! What an order is decided on: everything of it in one statement.

use crate::movement::{StockRow, padded, stock_row};
use crate::sql::places;
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

/// What there is for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// Whether the request has made an order already; not known where there are no rows.
    pub is_repeated: Option<bool>,
    /// What lies in the centres; what never did is absent.
    pub rows: Vec<OfferedRow>,
}

/// Reads what centres have of items, what that costs, and whether the request was made before.
pub fn offered(
    tx: &mut dyn Tx,
    (market, request_key): (&str, &str),
    center_nos: &[i64],
    item_nos: &[i64],
) -> Result<Offered, StoreError> {
    let centers = center_nos.len().next_power_of_two();
    let sql = format!(
        "select stock.center_no, stock.item_no, stock.quantity, stock.revision, stock.last_seq,
             stock.last_line, item.oversell_max, item_price.price_minor,
             exists (select 1 from orders where request_key = $2)
         from stock
         left join item on item.item_no = stock.item_no
         left join item_price
             on item_price.market_id = $1 and item_price.item_no = stock.item_no
         where stock.center_no in ({}) and stock.item_no in ({})",
        places(3, centers),
        places(3 + centers, item_nos.len()),
    );
    let mut params: Vec<Value<'_>> = vec![market.into(), request_key.into()];
    params.extend(padded(center_nos));
    params.extend(padded(item_nos));
    let mut offered = Offered { is_repeated: None, rows: Vec::with_capacity(item_nos.len()) };
    tx.query(&sql, &params, &mut |row| {
        offered.is_repeated = Some(row.truth(8)?);
        offered.rows.push(OfferedRow {
            stock: stock_row(row)?,
            oversell_max: row.optional_int(6)?,
            price_minor: row.optional_int(7)?,
        });
        Ok(())
    })?;
    Ok(offered)
}
