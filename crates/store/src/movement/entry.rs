//! What somebody entered: the cause of movements that no order made. Written once.

use crate::{StoreError, Tx, TxExt};

/// What was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// More came.
    Receive,
    /// So many are there.
    Count,
    /// Broken, lost, spoilt.
    WriteOff,
    /// From one centre to another.
    Transfer,
}

impl EntryKind {
    /// As it is kept.
    pub fn as_str(self) -> &'static str {
        match self {
            EntryKind::Receive => "receive",
            EntryKind::Count => "count",
            EntryKind::WriteOff => "write_off",
            EntryKind::Transfer => "transfer",
        }
    }
}

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRow {
    /// Its name, which its movements have as their cause.
    pub movement: String,
    /// Where.
    pub market: String,
    /// What.
    pub kind: EntryKind,
    /// What whoever entered it calls it.
    pub reference: Option<String>,
    /// Why, in words.
    pub reason: Option<String>,
    /// Who, as it stands in the audit trail.
    pub entered_by: String,
    /// Microseconds.
    pub entered_at_us: i64,
}

/// Adds an entry.
pub fn enter(tx: &mut dyn Tx, entry: &EntryRow) -> Result<(), StoreError> {
    let row = [
        (&entry.movement).into(),
        (&entry.market).into(),
        entry.kind.as_str().into(),
        entry.reference.as_ref().into(),
        entry.reason.as_ref().into(),
        (&entry.entered_by).into(),
        entry.entered_at_us.into(),
    ];
    let head = "insert into stock_entry (movement_id, market_id, kind, reference, reason,
        entered_by, entered_at_us)";
    tx.insert_many(head, [row], "")?;
    Ok(())
}
