//! Learned models of arrival times: by market and version, only ever added.

use crate::{StoreError, Tx, TxExt, Value};

/// One version of a market's model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrivalModelRow {
    /// Counts up from 1 within a market.
    pub version: i64,
    /// When it was learned, in microseconds since 1970.
    pub learned_at_us: i64,
    /// By whom.
    pub learned_by: String,
    /// Trips that it was learned from.
    pub trips: i64,
}

/// Adds a model, opaque text, and answers its version.
pub fn add(
    tx: &mut dyn Tx,
    market: &str,
    learned: (i64, &str),
    trips: i64,
    model: &str,
) -> Result<i64, StoreError> {
    let version = newest_version(tx, market)?.unwrap_or(0) + 1;
    let (learned_at_us, learned_by) = learned;
    tx.execute(
        "insert into arrival_model
             (market_id, version, learned_at_us, learned_by, trips, model)
         values ($1, $2, $3, $4, $5, $6)",
        &[
            market.into(),
            version.into(),
            learned_at_us.into(),
            Value::Text(learned_by),
            trips.into(),
            Value::Text(model),
        ],
    )?;
    Ok(version)
}

/// The number of the newest version, if there is any.
pub fn newest_version(tx: &mut dyn Tx, market: &str) -> Result<Option<i64>, StoreError> {
    let sql = "select max(version) from arrival_model where market_id = $1";
    tx.query_one(sql, &[market.into()], |row| row.optional_int(0))
}

/// The text of a version.
pub fn model(tx: &mut dyn Tx, market: &str, version: i64) -> Result<Option<String>, StoreError> {
    tx.query_optional(
        "select model from arrival_model where market_id = $1 and version = $2",
        &[market.into(), version.into()],
        |row| Ok(row.text(0)?.to_owned()),
    )
}

/// The newest versions of a market, at most `limit`, the newest first.
pub fn list(tx: &mut dyn Tx, market: &str, limit: u32) -> Result<Vec<ArrivalModelRow>, StoreError> {
    tx.query_all(
        "select version, learned_at_us, learned_by, trips from arrival_model
         where market_id = $1 order by version desc limit $2",
        &[market.into(), i64::from(limit).into()],
        |row| {
            Ok(ArrivalModelRow {
                version: row.int(0)?,
                learned_at_us: row.int(1)?,
                learned_by: row.text(2)?.to_owned(),
                trips: row.int(3)?,
            })
        },
    )
}
