//! Statements: what a closed day came to for each party. Written once, never changed but by a
//! repair that can prove what was written.

use crate::{Row, StoreError, Tx, TxExt};

/// A statement as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementRow {
    /// `courier`, `merchant` or `provider`.
    pub party_kind: &'static str,
    /// Whose.
    pub party_id: String,
    /// The figures, as JSON.
    pub totals: String,
    /// The whole statement, compressed by whoever wrote it.
    pub body: Vec<u8>,
    /// SHA-256 of the whole statement uncompressed, in hexadecimal.
    pub digest: String,
}

fn kind(text: &str) -> Result<&'static str, StoreError> {
    match text {
        "courier" => Ok("courier"),
        "merchant" => Ok("merchant"),
        "provider" => Ok("provider"),
        other => Err(StoreError::invalid(format!("party {other:?} of a statement"))),
    }
}

fn read(row: &Row<'_>) -> Result<StatementRow, StoreError> {
    Ok(StatementRow {
        party_kind: kind(row.text(0)?)?,
        party_id: row.text(1)?.to_owned(),
        totals: row.text(2)?.to_owned(),
        body: row.bytes(3)?.to_vec(),
        digest: row.text(4)?.to_owned(),
    })
}

/// Writes statements; a second one for the same party and day is refused by the key.
pub fn add(
    tx: &mut dyn Tx,
    market: &str,
    day: i64,
    statements: &[StatementRow],
) -> Result<(), StoreError> {
    let rows = statements.iter().map(|statement| {
        [
            market.into(),
            day.into(),
            statement.party_kind.into(),
            (&statement.party_id).into(),
            (&statement.totals).into(),
            (&statement.body).into(),
            (&statement.digest).into(),
        ]
    });
    tx.insert_many(
        "insert into statement (market_id, day, party_kind, party_id, totals, body, digest)",
        rows,
        "",
    )?;
    Ok(())
}

/// Writes a statement in the place of one that was damaged or lost.
pub fn restore(
    tx: &mut dyn Tx,
    market: &str,
    day: i64,
    statement: &StatementRow,
) -> Result<(), StoreError> {
    tx.execute(
        "insert into statement (market_id, day, party_kind, party_id, totals, body, digest)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (market_id, day, party_kind, party_id) do update set
             totals = excluded.totals, body = excluded.body, digest = excluded.digest",
        &[
            market.into(),
            day.into(),
            statement.party_kind.into(),
            (&statement.party_id).into(),
            (&statement.totals).into(),
            (&statement.body).into(),
            (&statement.digest).into(),
        ],
    )?;
    Ok(())
}

/// One party's statement of a day.
pub fn load(
    tx: &mut dyn Tx,
    market: &str,
    day: i64,
    party_kind: &str,
    party_id: &str,
) -> Result<Option<StatementRow>, StoreError> {
    tx.query_optional(
        "select party_kind, party_id, totals, body, digest from statement
         where market_id = $1 and day = $2 and party_kind = $3 and party_id = $4",
        &[market.into(), day.into(), party_kind.into(), party_id.into()],
        read,
    )
}

/// Hands over every statement of a day, by kind and then identifier.
pub fn of_day(
    tx: &mut dyn Tx,
    market: &str,
    day: i64,
    each: &mut dyn FnMut(StatementRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    tx.query(
        "select party_kind, party_id, totals, body, digest from statement
         where market_id = $1 and day = $2 order by party_kind, party_id",
        &[market.into(), day.into()],
        &mut |row| each(read(row)?),
    )
}
