//! A courier's card: name, telephone, vehicle, capacity, and whether they work now.

use crate::{Row, StoreError, Tx, TxExt};
use doorstep_domain::dispatch::Vehicle;

/// What is known of a courier besides their market.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardRow {
    /// Who.
    pub courier: String,
    /// Where they work, for good.
    pub market: String,
    /// As customers are told it.
    pub name: Option<String>,
    /// E.164.
    pub phone: Option<String>,
    /// What they travel with.
    pub vehicle: Vehicle,
    /// Deliveries they may carry at once.
    pub capacity: i64,
    /// Whether they work now.
    pub online: bool,
    /// Since when, in microseconds; of whoever is offline, since when they are.
    pub online_since_us: Option<i64>,
}

const COLUMNS: &str =
    "courier_id, market_id, name, phone, vehicle, capacity, online, online_since_us";

fn read(row: &Row<'_>) -> Result<CardRow, StoreError> {
    Ok(CardRow {
        courier: row.text(0)?.to_owned(),
        market: row.text(1)?.to_owned(),
        name: row.optional_text(2)?.map(str::to_owned),
        phone: row.optional_text(3)?.map(str::to_owned),
        vehicle: row.text(4)?.parse().map_err(StoreError::invalid)?,
        capacity: row.int(5)?,
        online: row.truth(6)?,
        online_since_us: row.optional_int(7)?,
    })
}

/// A courier's card.
pub fn load(tx: &mut dyn Tx, courier: &str) -> Result<Option<CardRow>, StoreError> {
    let sql = format!("select {COLUMNS} from courier where courier_id = $1");
    tx.query_optional(&sql, &[courier.into()], read)
}

/// Writes everything on a card but the market; a courier who is not registered stays unknown.
pub fn save(tx: &mut dyn Tx, card: &CardRow) -> Result<(), StoreError> {
    tx.execute(
        "update courier set name = $2, phone = $3, vehicle = $4, capacity = $5, online = $6,
             online_since_us = $7
         where courier_id = $1",
        &[
            (&card.courier).into(),
            card.name.as_ref().into(),
            card.phone.as_ref().into(),
            card.vehicle.as_str().into(),
            card.capacity.into(),
            card.online.into(),
            card.online_since_us.into(),
        ],
    )?;
    Ok(())
}

/// Hands over every courier of a market who works now, in no order; they are never collected.
pub fn each_online(
    tx: &mut dyn Tx,
    market: &str,
    take: &mut dyn FnMut(CardRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql = format!("select {COLUMNS} from courier where market_id = $1 and online = 1");
    tx.query(&sql, &[market.into()], &mut |row| take(read(row)?))
}
