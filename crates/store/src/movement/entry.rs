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

    fn named(name: &str) -> Result<EntryKind, StoreError> {
        let all = [EntryKind::Receive, EntryKind::Count, EntryKind::WriteOff, EntryKind::Transfer];
        let found = all.into_iter().find(|kind| kind.as_str() == name);
        found.ok_or_else(|| StoreError::invalid(format!("{name:?} is no kind of an entry")))
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

/// The entry that is the cause of a movement; none where an order is.
pub fn entry(tx: &mut dyn Tx, movement: &str) -> Result<Option<EntryRow>, StoreError> {
    let sql = "select movement_id, market_id, kind, reference, reason, entered_by, entered_at_us
        from stock_entry where movement_id = $1";
    tx.query_optional(sql, &[movement.into()], |row| {
        Ok(EntryRow {
            movement: row.text(0)?.to_owned(),
            market: row.text(1)?.to_owned(),
            kind: EntryKind::named(row.text(2)?)?,
            reference: row.optional_text(3)?.map(str::to_owned),
            reason: row.optional_text(4)?.map(str::to_owned),
            entered_by: row.text(5)?.to_owned(),
            entered_at_us: row.int(6)?,
        })
    })
}
