//! Positions as they were when the tracker last wrote them down: whole buckets of a market's
//! couriers, each one binary batch. They and its offsets are all that a start needs (C12).

use crate::{StoreError, Tx, TxExt};

/// The couriers of one bucket of a market.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketRow {
    /// Which market.
    pub market: String,
    /// Which of its buckets.
    pub bucket: i64,
    /// When it was taken, in microseconds.
    pub taken_at_us: i64,
    /// Binary batch v1.
    pub pings: Vec<u8>,
}

/// Writes buckets over what they were.
pub fn save(tx: &mut dyn Tx, rows: &[BucketRow]) -> Result<(), StoreError> {
    let values = rows.iter().map(|row| {
        [(&row.market).into(), row.bucket.into(), row.taken_at_us.into(), (&row.pings).into()]
    });
    tx.insert_many(
        "insert into position_snapshot (market_id, bucket, taken_at_us, pings)",
        values,
        "on conflict (market_id, bucket) do update set taken_at_us = excluded.taken_at_us,
             pings = excluded.pings",
    )?;
    Ok(())
}

/// One bucket, if it was ever written.
pub fn load(tx: &mut dyn Tx, market: &str, bucket: i64) -> Result<Option<BucketRow>, StoreError> {
    tx.query_optional(
        "select pings, taken_at_us from position_snapshot where market_id = $1 and bucket = $2",
        &[market.into(), bucket.into()],
        |row| {
            let pings = row.bytes(0)?.to_vec();
            Ok(BucketRow { market: market.to_owned(), bucket, taken_at_us: row.int(1)?, pings })
        },
    )
}

/// Takes one bucket: its market and its batch.
pub type Each<'a> = dyn FnMut(&str, &[u8]) -> Result<(), StoreError> + 'a;

/// Hands over every bucket.
pub fn each(tx: &mut dyn Tx, each: &mut Each<'_>) -> Result<(), StoreError> {
    tx.query(
        "select market_id, pings from position_snapshot order by market_id, bucket",
        &[],
        &mut |row| each(row.text(0)?, row.bytes(1)?),
    )
}
