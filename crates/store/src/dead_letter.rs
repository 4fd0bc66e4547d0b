//! What became of dead letters; the letters themselves stand in the log.

use crate::{StoreError, Tx, TxExt};
use std::collections::HashMap;

/// What was done about a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handled {
    /// `replayed`, `discarded` or `joined`.
    pub state: String,
    /// Microseconds.
    pub changed_at_us: i64,
    /// Who.
    pub changed_by: String,
}

/// Says what became of a letter; what was said before stands.
pub fn handle(tx: &mut dyn Tx, letter: &str, handled: &Handled) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "insert into dead_letter (letter_id, state, changed_at_us, changed_by)
         values ($1, $2, $3, $4) on conflict (letter_id) do nothing",
        &[
            letter.into(),
            (&handled.state).into(),
            handled.changed_at_us.into(),
            (&handled.changed_by).into(),
        ],
    )?;
    Ok(changed > 0)
}

/// What became of one letter.
pub fn load(tx: &mut dyn Tx, letter: &str) -> Result<Option<Handled>, StoreError> {
    tx.query_optional(
        "select state, changed_at_us, changed_by from dead_letter where letter_id = $1",
        &[letter.into()],
        |row| {
            Ok(Handled {
                state: row.text(0)?.to_owned(),
                changed_at_us: row.int(1)?,
                changed_by: row.text(2)?.to_owned(),
            })
        },
    )
}

/// All letters that were handled, and how.
pub fn handled(tx: &mut dyn Tx) -> Result<HashMap<String, Handled>, StoreError> {
    let rows = tx.query_all(
        "select letter_id, state, changed_at_us, changed_by from dead_letter",
        &[],
        |row| {
            let handled = Handled {
                state: row.text(1)?.to_owned(),
                changed_at_us: row.int(2)?,
                changed_by: row.text(3)?.to_owned(),
            };
            Ok((row.text(0)?.to_owned(), handled))
        },
    )?;
    Ok(rows.into_iter().collect())
}
