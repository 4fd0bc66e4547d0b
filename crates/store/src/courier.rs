//! Couriers: who they are, and the one market that each belongs to for good.

pub mod card;

use crate::{Row, StoreError, Tx, TxExt};

/// A registered courier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourierRow {
    /// Who.
    pub courier: String,
    /// Where, for good.
    pub market: String,
    /// Since when, in microseconds.
    pub registered_at_us: i64,
}

const COLUMNS: &str = "courier_id, market_id, registered_at_us";

fn read(row: &Row<'_>) -> Result<CourierRow, StoreError> {
    Ok(CourierRow {
        courier: row.text(0)?.to_owned(),
        market: row.text(1)?.to_owned(),
        registered_at_us: row.int(2)?,
    })
}

/// Adds those that are not known yet, and answers how many; who is known stays as they are, in
/// another market as well.
pub fn add(tx: &mut dyn Tx, couriers: &[CourierRow]) -> Result<u64, StoreError> {
    tx.insert_many(
        "insert into courier (courier_id, market_id, registered_at_us)",
        couriers
            .iter()
            .map(|row| [(&row.courier).into(), (&row.market).into(), row.registered_at_us.into()]),
        "on conflict (courier_id) do nothing",
    )
}

/// One courier.
pub fn by_id(tx: &mut dyn Tx, courier: &str) -> Result<Option<CourierRow>, StoreError> {
    let sql = format!("select {COLUMNS} from courier where courier_id = $1");
    tx.query_optional(&sql, &[courier.into()], read)
}

/// At most `limit` couriers of a market, or of all of them, behind `after`, by id.
pub fn page(
    tx: &mut dyn Tx,
    market: Option<&str>,
    after: &str,
    limit: u32,
) -> Result<Vec<CourierRow>, StoreError> {
    let within = if market.is_some() { "market_id = $1" } else { "$1 = ''" };
    let sql = format!(
        "select {COLUMNS} from courier where {within} and courier_id > $2
         order by courier_id limit $3"
    );
    let params = [market.unwrap_or_default().into(), after.into(), limit.into()];
    tx.query_all(&sql, &params, read)
}

/// Hands over every courier and their market, in no order; they are never collected.
pub fn each(
    tx: &mut dyn Tx,
    take: &mut dyn FnMut(&str, &str) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    tx.query("select courier_id, market_id from courier", &[], &mut |row| {
        take(row.text(0)?, row.text(1)?)
    })
}
