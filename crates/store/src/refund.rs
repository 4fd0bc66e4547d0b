//! Refunds: money that customers of an order got back. Added in the lanes of the order, never
//! changed.

use crate::{Row, StoreError, Tx, TxExt};

/// A refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRow {
    /// Which: made of the request, so that the same again is the same.
    pub refund: String,
    /// Of which order.
    pub order: String,
    /// Of which of its parts, from 1.
    pub part: i64,
    /// Where.
    pub market: String,
    /// Whose goods.
    pub merchant: String,
    /// What carries the part.
    pub delivery: String,
    /// Minor units.
    pub amount_minor: i64,
    /// Why, in words.
    pub reason: String,
    /// Microseconds.
    pub refunded_at_us: i64,
    /// Who, as it stands in the audit trail.
    pub refunded_by: String,
}

const COLUMNS: &str = "refund_id, order_id, part, market_id, merchant_id, delivery_id,
    amount_minor, reason, refunded_at_us, refunded_by";

fn read(row: &Row<'_>) -> Result<RefundRow, StoreError> {
    Ok(RefundRow {
        refund: row.text(0)?.to_owned(),
        order: row.text(1)?.to_owned(),
        part: row.int(2)?,
        market: row.text(3)?.to_owned(),
        merchant: row.text(4)?.to_owned(),
        delivery: row.text(5)?.to_owned(),
        amount_minor: row.int(6)?,
        reason: row.text(7)?.to_owned(),
        refunded_at_us: row.int(8)?,
        refunded_by: row.text(9)?.to_owned(),
    })
}

/// Adds a refund.
pub fn add(tx: &mut dyn Tx, row: &RefundRow) -> Result<(), StoreError> {
    let values = [
        (&row.refund).into(),
        (&row.order).into(),
        row.part.into(),
        (&row.market).into(),
        (&row.merchant).into(),
        (&row.delivery).into(),
        row.amount_minor.into(),
        (&row.reason).into(),
        row.refunded_at_us.into(),
        (&row.refunded_by).into(),
    ];
    tx.insert_many(&format!("insert into refund ({COLUMNS})"), [values], "")?;
    Ok(())
}

/// One refund.
pub fn load(tx: &mut dyn Tx, refund: &str) -> Result<Option<RefundRow>, StoreError> {
    let sql = format!("select {COLUMNS} from refund where refund_id = $1");
    tx.query_optional(&sql, &[refund.into()], read)
}

/// The refunds of an order, by part and time.
pub fn of_order(tx: &mut dyn Tx, order: &str) -> Result<Vec<RefundRow>, StoreError> {
    let sql = format!(
        "select {COLUMNS} from refund where order_id = $1 order by part, refunded_at_us, refund_id"
    );
    tx.query_all(&sql, &[order.into()], read)
}
