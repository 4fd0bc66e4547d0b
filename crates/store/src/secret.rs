//! What this installation knows and nobody else: every process of it knows the same.

use crate::{StoreError, Tx, TxExt};

/// The secret of a name, or none yet.
pub fn load(tx: &mut dyn Tx, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    tx.query_optional("select value from secret where name = $1", &[name.into()], |row| {
        Ok(row.bytes(0)?.to_owned())
    })
}

/// Keeps `value` under a name unless there is one already, and answers which is kept.
pub fn keep(tx: &mut dyn Tx, name: &str, value: &[u8]) -> Result<Vec<u8>, StoreError> {
    tx.execute(
        "insert into secret (name, value) values ($1, $2) on conflict (name) do nothing",
        &[name.into(), value.into()],
    )?;
    load(tx, name)?.ok_or(StoreError::NoRow)
}
