//! Conflicts: deliveries completed more than once, differently, and what was decided.

use crate::{Row, StoreError, Tx, TxExt};
use doorstep_domain::delivery::Decision;

/// A conflict as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictRow {
    /// Where.
    pub market: String,
    /// Which delivery.
    pub delivery: String,
    /// The day of the completion that stands.
    pub day: i64,
    /// `open`, `resolved` or `by-policy`.
    pub state: String,
    /// What was told, as JSON.
    pub told: String,
    /// What stands, and over what that was decided; of a closed day also without a person.
    pub decision: Option<Decision>,
    /// Microseconds.
    pub raised_at_us: i64,
    /// Microseconds.
    pub resolved_at_us: Option<i64>,
    /// Who decided.
    pub resolved_by: Option<String>,
}

const COLUMNS: &str = "market_id, delivery_id, day, state, told, keep, considered, raised_at_us,
    resolved_at_us, resolved_by";

fn read(row: &Row<'_>) -> Result<ConflictRow, StoreError> {
    let decision = match (row.optional_text(5)?, row.optional_text(6)?) {
        (Some(keep), Some(considered)) => Some(Decision {
            keep: keep.into(),
            considered: serde_json::from_str(considered)
                .map_err(|error| StoreError::invalid(format!("decision on a conflict: {error}")))?,
        }),
        _ => None,
    };
    Ok(ConflictRow {
        market: row.text(0)?.to_owned(),
        delivery: row.text(1)?.to_owned(),
        day: row.int(2)?,
        state: row.text(3)?.to_owned(),
        told: row.text(4)?.to_owned(),
        decision,
        raised_at_us: row.int(7)?,
        resolved_at_us: row.optional_int(8)?,
        resolved_by: row.optional_text(9)?.map(str::to_owned),
    })
}

/// The conflict about a delivery.
pub fn load(
    tx: &mut dyn Tx,
    market: &str,
    delivery: &str,
) -> Result<Option<ConflictRow>, StoreError> {
    let sql = format!("select {COLUMNS} from conflict where market_id = $1 and delivery_id = $2");
    tx.query_optional(&sql, &[market.into(), delivery.into()], read)
}

/// Writes a conflict, new or known.
pub fn save(tx: &mut dyn Tx, conflict: &ConflictRow) -> Result<(), StoreError> {
    let decision = conflict.decision.as_ref();
    let considered = decision
        .map(|decision| serde_json::to_string(&decision.considered))
        .transpose()
        .map_err(|error| StoreError::invalid(format!("decision on a conflict: {error}")))?;
    tx.execute(
        "insert into conflict (market_id, delivery_id, day, state, told, keep, considered,
             raised_at_us, resolved_at_us, resolved_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (market_id, delivery_id) do update set day = excluded.day,
             state = excluded.state, told = excluded.told, keep = excluded.keep,
             considered = excluded.considered, resolved_at_us = excluded.resolved_at_us,
             resolved_by = excluded.resolved_by",
        &[
            (&conflict.market).into(),
            (&conflict.delivery).into(),
            conflict.day.into(),
            (&conflict.state).into(),
            (&conflict.told).into(),
            decision.map(|decision| &*decision.keep).into(),
            considered.as_ref().into(),
            conflict.raised_at_us.into(),
            conflict.resolved_at_us.into(),
            conflict.resolved_by.as_ref().into(),
        ],
    )?;
    Ok(())
}

/// Conflicts in the order of their identifiers; an empty `market` or `state` means any.
pub fn list(
    tx: &mut dyn Tx,
    market: &str,
    state: &str,
    after: (&str, &str),
    limit: i64,
) -> Result<Vec<ConflictRow>, StoreError> {
    let sql = format!(
        "select {COLUMNS} from conflict
         where ($1 = '' or market_id = $1) and ($2 = '' or state = $2)
           and (market_id, delivery_id) > ($3, $4)
         order by market_id, delivery_id limit $5"
    );
    let params = [market.into(), state.into(), after.0.into(), after.1.into(), limit.into()];
    tx.query_all(&sql, &params, read)
}

/// The conflicts about a day's deliveries.
pub fn of_day(tx: &mut dyn Tx, market: &str, day: i64) -> Result<Vec<ConflictRow>, StoreError> {
    let sql = format!(
        "select {COLUMNS} from conflict where market_id = $1 and day = $2 order by delivery_id"
    );
    tx.query_all(&sql, &[market.into(), day.into()], read)
}
