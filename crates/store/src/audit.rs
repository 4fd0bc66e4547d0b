//! The audit trail: who did what to money or access, with the state before and after.

use crate::{Row, StoreError, Tx, TxExt};
use doorstep_domain::time::Micros;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its name, unique.
    pub audit_id: String,
    /// Microseconds.
    pub at_us: i64,
    /// Who.
    pub actor: String,
    /// What, such as `day.close`.
    pub action: String,
    /// To what.
    pub subject: String,
    /// JSON, or empty.
    pub before: String,
    /// JSON, or empty.
    pub after: String,
}

/// Adds an entry. Within a transaction subject and action are named once for each instant.
pub fn add(
    tx: &mut dyn Tx,
    now: Micros,
    actor: &str,
    action: &str,
    subject: &str,
    (before, after): (&str, &str),
) -> Result<(), StoreError> {
    let number =
        tx.query_one("select count(*) from audit where at_us = $1", &[now.0.into()], |row| {
            row.int(0)
        })?;
    let audit_id = format!("aud_{:016x}_{number:04}", now.0);
    tx.execute(
        "insert into audit (audit_id, at_us, actor, action, subject, before_state, after_state)
         values ($1, $2, $3, $4, $5, $6, $7)",
        &[
            (&audit_id).into(),
            now.0.into(),
            actor.into(),
            action.into(),
            subject.into(),
            before.into(),
            after.into(),
        ],
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<AuditRow, StoreError> {
    Ok(AuditRow {
        audit_id: row.text(0)?.to_owned(),
        at_us: row.int(1)?,
        actor: row.text(2)?.to_owned(),
        action: row.text(3)?.to_owned(),
        subject: row.text(4)?.to_owned(),
        before: row.text(5)?.to_owned(),
        after: row.text(6)?.to_owned(),
    })
}

/// Entries newest first, before `before` (an identifier, or empty for the newest).
pub fn list(tx: &mut dyn Tx, before: &str, limit: i64) -> Result<Vec<AuditRow>, StoreError> {
    tx.query_all(
        "select audit_id, at_us, actor, action, subject, before_state, after_state from audit
         where $1 = '' or audit_id < $1 order by audit_id desc limit $2",
        &[before.into(), limit.into()],
        read,
    )
}
