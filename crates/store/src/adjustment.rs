//! Adjustments: what closed days turned out to be off by.

use crate::{Row, StoreError, Tx, TxExt};
use doorstep_domain::settlement::{Adjustment, AdjustmentKind, Party};
use doorstep_domain::time::{Day, Micros};

const COLUMNS: &str =
    "about_day, delivery_id, party_kind, party_id, kind, revision, amount_minor, reason";

fn read(row: &Row<'_>) -> Result<Adjustment, StoreError> {
    let invalid = |what: &str| StoreError::invalid(format!("{what} of an adjustment"));
    let party = Party::read(row.text(2)?, row.text(3)?).ok_or_else(|| invalid("party"))?;
    let delivery = row.optional_text(1)?.map(str::parse).transpose();
    Ok(Adjustment {
        about_day: Day::from_number(row.int(0)?),
        delivery_id: delivery.map_err(|_| invalid("delivery"))?,
        party,
        kind: AdjustmentKind::from_text(row.text(4)?).ok_or_else(|| invalid("kind"))?,
        revision: row.int(5)?,
        amount_minor: row.int(6)?,
        reason: row.text(7)?.to_owned(),
    })
}

/// Adds an adjustment, booked on `book_day`.
pub fn add(
    tx: &mut dyn Tx,
    market: &str,
    book_day: i64,
    adjustment: &Adjustment,
    now: Micros,
) -> Result<(), StoreError> {
    tx.execute(
        "insert into adjustment (market_id, about_day, party_kind, party_id, kind, revision,
             book_day, delivery_id, amount_minor, reason, created_at_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &[
            market.into(),
            adjustment.about_day.number().into(),
            adjustment.party.kind().into(),
            adjustment.party.id().into(),
            adjustment.kind.as_str().into(),
            adjustment.revision.into(),
            book_day.into(),
            adjustment.delivery_id.as_ref().map(|delivery| delivery.as_str()).into(),
            adjustment.amount_minor.into(),
            (&adjustment.reason).into(),
            now.0.into(),
        ],
    )?;
    Ok(())
}

/// By how much a figure of a closed day was corrected so far, and how many times.
pub fn so_far(
    tx: &mut dyn Tx,
    market: &str,
    about_day: i64,
    party: &Party,
    kind: AdjustmentKind,
) -> Result<(i64, i64), StoreError> {
    tx.query_one(
        "select cast(coalesce(sum(amount_minor), 0) as bigint), count(*) from adjustment
         where market_id = $1 and about_day = $2 and party_kind = $3 and party_id = $4
           and kind = $5",
        &[
            market.into(),
            about_day.into(),
            party.kind().into(),
            party.id().into(),
            kind.as_str().into(),
        ],
        |row| Ok((row.int(0)?, row.int(1)?)),
    )
}

/// The adjustments booked on a day, by party.
pub fn booked_on(tx: &mut dyn Tx, market: &str, day: i64) -> Result<Vec<Adjustment>, StoreError> {
    let sql = format!(
        "select {COLUMNS} from adjustment where market_id = $1 and book_day = $2
         order by party_kind, party_id, about_day, kind, revision"
    );
    tx.query_all(&sql, &[market.into(), day.into()], read)
}

/// The adjustments booked on a day for one courier.
pub fn booked_for_courier(
    tx: &mut dyn Tx,
    market: &str,
    day: i64,
    courier: &str,
) -> Result<Vec<Adjustment>, StoreError> {
    let sql = format!(
        "select {COLUMNS} from adjustment
         where market_id = $1 and book_day = $2 and party_kind = 'courier' and party_id = $3
         order by about_day, kind, revision"
    );
    tx.query_all(&sql, &[market.into(), day.into(), courier.into()], read)
}

/// The adjustments that correct a day, wherever they are booked.
pub fn about(tx: &mut dyn Tx, market: &str, day: i64) -> Result<Vec<Adjustment>, StoreError> {
    let sql = format!(
        "select {COLUMNS} from adjustment where market_id = $1 and about_day = $2
         order by party_kind, party_id, kind, revision"
    );
    tx.query_all(&sql, &[market.into(), day.into()], read)
}
