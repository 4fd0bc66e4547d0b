//! What one command takes: rows of one lane.

use super::super::Center;
use super::super::moving::{self, Change, Telling};
use super::super::told::MOVED;
use super::lines::{Line, RefusedLine};
use crate::error::AppError;
use doorstep_domain::limits::QUANTITY_MAX;
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_store::idempotency::{self, Begun, RequestKey};
use doorstep_store::movement::{self, EntryKind, EntryRow, MovementKind, StockRow};
use doorstep_store::{LaneTx, StoreError};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;

/// How long it is remembered that lines were taken: a day, as everywhere.
const REMEMBERED_US: i64 = 86_400 * SECOND_US;

/// A stock row, and what its lines come to.
#[derive(Debug)]
pub(super) struct Row {
    /// Where.
    pub center_no: i64,
    /// What.
    pub item_no: i64,
    quantity: i64,
    /// The last of its lines.
    line: u64,
}

impl Row {
    /// What lines of one stock row come to: of what came there is more, of what is there the last
    /// count stands. `None` of no lines.
    pub(super) fn of(kind: EntryKind, lines: &[(u64, &Line)]) -> Option<Row> {
        let (_, last) = lines.last()?;
        let quantity = match kind {
            EntryKind::Count => last.quantity,
            _ => lines.iter().fold(0, |sum: i64, (_, line)| sum.saturating_add(line.quantity)),
        };
        let (center_no, item_no) = (last.center.center_no, last.item_no);
        Some(Row { center_no, item_no, quantity, line: last.number })
    }
}

/// What one command does.
#[derive(Debug)]
pub(super) struct Chunk {
    /// One of its centres; all are of the same lane.
    pub center: Arc<Center>,
    /// By centre and item.
    pub rows: Vec<Row>,
    /// How many lines they come from.
    pub lines: u64,
    /// The cause of its movements.
    pub entry: EntryRow,
    /// Whose idempotency key it is, and for what.
    pub scope: String,
    /// The key.
    pub key: String,
    /// Now.
    pub now: Micros,
}

/// What became of a command.
#[derive(Debug)]
pub(super) enum Done {
    /// So many lines were taken.
    Now(u64),
    /// They had been.
    Before(u64),
    /// None was, for what is said of one.
    Not(RefusedLine),
}

impl Chunk {
    /// Takes its rows, once.
    pub(super) fn write(&self, tx: &mut LaneTx<'_>) -> Result<Done, AppError> {
        let request = RequestKey { scope: &self.scope, key: &self.key };
        let until = self.now.plus(REMEMBERED_US).0;
        // First of all: what was taken is in what is there now.
        match idempotency::begin(tx, request, &self.digest(), self.now.0, until)? {
            Begun::New => {}
            Begun::Replay(_) => return Ok(Done::Before(self.lines)),
            // Begun and finished in one transaction: nobody ever sees it running.
            Begun::Running | Begun::Mismatch => {
                let reason = "other lines were taken under this key";
                return Ok(self.refused(&self.rows[0], ("key_reused", ""), reason.to_owned()));
            }
        }
        let before = self.before(tx)?;
        let changes: Vec<Change<'_>> =
            self.rows.iter().zip(&before).map(|(row, before)| self.change(row, before)).collect();
        let over = changes
            .iter()
            .position(|change| change.before.quantity.saturating_add(change.delta) > QUANTITY_MAX);
        if let Some(place) = over {
            idempotency::release(tx, request)?;
            let reason = format!("with it more than {QUANTITY_MAX} would be there");
            return Ok(self.refused(&self.rows[place], ("invalid", "/quantity"), reason));
        }
        idempotency::finish(tx, request, &[], until)?;
        movement::enter(tx, &self.entry)?;
        let telling = Telling { kind: MOVED, cause: &self.entry.movement, now: self.now };
        moving::write(tx, &changes, telling)?;
        Ok(Done::Now(self.lines))
    }

    /// None of its lines was taken; one of them is named.
    fn refused(
        &self,
        row: &Row,
        (code, pointer): (&'static str, &'static str),
        reason: String,
    ) -> Done {
        let others = self.lines.saturating_sub(1);
        let reason = format!("{reason}; neither it nor {others} lines of the same lane were taken");
        Done::Not(RefusedLine { line: row.line, code, pointer, reason })
    }

    /// Of what it takes.
    fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.entry.kind.as_str());
        for row in &self.rows {
            for number in [row.center_no, row.item_no, row.quantity] {
                hash.update(number.to_le_bytes());
            }
        }
        hash.finalize().into()
    }

    fn change(&self, row: &Row, before: &StockRow) -> Change<'_> {
        let (delta, kind) = match self.entry.kind {
            EntryKind::Count => (row.quantity - before.quantity, MovementKind::Counted),
            _ => (row.quantity, MovementKind::Received),
        };
        let (lane, lane_no) = (&self.center.lane, self.center.lane_no);
        Change { lane, lane_no, before: *before, delta, kind }
    }

    /// How the rows stand, in their order.
    fn before(&self, tx: &mut LaneTx<'_>) -> Result<Vec<StockRow>, StoreError> {
        let mut before = Vec::with_capacity(self.rows.len());
        for rows in self.rows.chunk_by(|one, next| one.center_no == next.center_no) {
            let center_no = rows[0].center_no;
            let items: Vec<i64> = rows.iter().map(|row| row.item_no).collect();
            let found = movement::stock(tx, center_no, &items)?;
            let found: HashMap<i64, StockRow> =
                found.into_iter().map(|row| (row.item_no, row)).collect();
            before.extend(items.iter().map(|item_no| {
                let absent = StockRow::absent(center_no, *item_no);
                found.get(item_no).copied().unwrap_or(absent)
            }));
        }
        Ok(before)
    }
}
