//! Every state that a delivery was in: rows are only ever added.

use crate::{Row, StoreError, Tx, TxExt};
use doorstep_domain::dispatch::Status;

/// A state that a delivery came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRow {
    /// Which delivery.
    pub delivery: String,
    /// Counts its states, from 1.
    pub revision: i64,
    /// The state.
    pub status: Status,
    /// Who had it then; where it was given back, who had it before.
    pub courier: Option<String>,
    /// When, by whoever said so; microseconds.
    pub at_us: i64,
    /// When it was written down.
    pub recorded_at_us: i64,
    /// Who said so.
    pub actor: String,
    /// Why, in words.
    pub reason: Option<String>,
}

const COLUMNS: &str =
    "delivery_id, revision, status, courier_id, at_us, recorded_at_us, actor, reason";

fn read(row: &Row<'_>) -> Result<StepRow, StoreError> {
    Ok(StepRow {
        delivery: row.text(0)?.to_owned(),
        revision: row.int(1)?,
        status: row.text(2)?.parse().map_err(StoreError::invalid)?,
        courier: row.optional_text(3)?.map(str::to_owned),
        at_us: row.int(4)?,
        recorded_at_us: row.int(5)?,
        actor: row.text(6)?.to_owned(),
        reason: row.optional_text(7)?.map(str::to_owned),
    })
}

/// Adds steps.
pub fn add<'r>(
    tx: &mut dyn Tx,
    steps: impl IntoIterator<Item = &'r StepRow>,
) -> Result<(), StoreError> {
    let rows = steps.into_iter().map(|step| {
        [
            (&step.delivery).into(),
            step.revision.into(),
            step.status.as_str().into(),
            step.courier.as_ref().into(),
            step.at_us.into(),
            step.recorded_at_us.into(),
            (&step.actor).into(),
            step.reason.as_ref().into(),
        ]
    });
    tx.insert_many(&format!("insert into dispatch_step ({COLUMNS})"), rows, "")?;
    Ok(())
}

/// The steps of a delivery, in order.
pub fn of(tx: &mut dyn Tx, delivery: &str) -> Result<Vec<StepRow>, StoreError> {
    let sql =
        format!("select {COLUMNS} from dispatch_step where delivery_id = $1 order by revision");
    tx.query_all(&sql, &[delivery.into()], read)
}
