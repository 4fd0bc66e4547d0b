//! Apologies: more of a tolerant item was sold than there was, and somebody must say sorry.

use crate::{Row, StoreError, Tx, TxExt};

/// An apology for an order and a stock row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApologyRow {
    /// To whom: the order.
    pub order: String,
    /// Where.
    pub center_no: i64,
    /// For what.
    pub item_no: i64,
    /// The market.
    pub market: String,
    /// Units that were not there.
    pub units: i64,
    /// Microseconds.
    pub noticed_at_us: i64,
    /// When somebody saw to it, in microseconds.
    pub settled_at_us: Option<i64>,
    /// Who.
    pub settled_by: Option<String>,
    /// What was done about it, in words.
    pub words: Option<String>,
}

const COLUMNS: &str = "order_id, center_no, item_no, market_id, units, noticed_at_us,
    settled_at_us, settled_by, words";

fn read(row: &Row<'_>) -> Result<ApologyRow, StoreError> {
    Ok(ApologyRow {
        order: row.text(0)?.to_owned(),
        center_no: row.int(1)?,
        item_no: row.int(2)?,
        market: row.text(3)?.to_owned(),
        units: row.int(4)?,
        noticed_at_us: row.int(5)?,
        settled_at_us: row.optional_int(6)?,
        settled_by: row.optional_text(7)?.map(str::to_owned),
        words: row.optional_text(8)?.map(str::to_owned),
    })
}

/// Adds apologies that nobody has seen to.
pub fn add(tx: &mut dyn Tx, apologies: &[ApologyRow]) -> Result<(), StoreError> {
    let rows = apologies.iter().map(|row| {
        [
            (&row.order).into(),
            row.center_no.into(),
            row.item_no.into(),
            (&row.market).into(),
            row.units.into(),
            row.noticed_at_us.into(),
        ]
    });
    let head = "insert into apology (order_id, center_no, item_no, market_id, units,
        noticed_at_us)";
    tx.insert_many(head, rows, "")?;
    Ok(())
}

/// Those of an order.
pub fn of_order(tx: &mut dyn Tx, order: &str) -> Result<Vec<ApologyRow>, StoreError> {
    let sql =
        format!("select {COLUMNS} from apology where order_id = $1 order by center_no, item_no");
    tx.query_all(&sql, &[order.into()], read)
}

/// Settles those of an order that are open, where `center_no` says so only those of a centre;
/// answers how many there were.
pub fn settle(
    tx: &mut dyn Tx,
    (order, center_no): (&str, Option<i64>),
    (by, words): (&str, &str),
    now_us: i64,
) -> Result<u64, StoreError> {
    tx.execute(
        "update apology set settled_at_us = $2, settled_by = $3, words = $4
         where order_id = $1 and settled_at_us is null
             and center_no = coalesce($5, center_no)",
        &[order.into(), now_us.into(), by.into(), words.into(), center_no.into()],
    )
}

/// Where a page of apologies begins: after this instant, order, centre and item.
pub type After<'a> = (i64, &'a str, i64, i64);

/// Apologies of a market (an empty text is any), the oldest first, at most `limit`.
pub fn list(
    tx: &mut dyn Tx,
    market: &str,
    only_open: bool,
    after: After<'_>,
    limit: u32,
) -> Result<Vec<ApologyRow>, StoreError> {
    let open = if only_open { " and settled_at_us is null" } else { "" };
    let sql = format!(
        "select {COLUMNS} from apology
         where ($1 = '' or market_id = $1)
             and (noticed_at_us, order_id, center_no, item_no) > ($2, $3, $4, $5){open}
         order by noticed_at_us, order_id, center_no, item_no limit $6"
    );
    let (noticed_at_us, order, center_no, item_no) = after;
    let params = [
        market.into(),
        noticed_at_us.into(),
        order.into(),
        center_no.into(),
        item_no.into(),
        limit.into(),
    ];
    tx.query_all(&sql, &params, read)
}
