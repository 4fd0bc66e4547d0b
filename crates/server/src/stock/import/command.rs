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
use std::sync::Arc;

/// How long it is remembered that lines were taken: a day, as everywhere.
pub(super) const REMEMBERED_US: i64 = 86_400 * SECOND_US;

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
    /// Which block of lines it is of.
    pub block: u64,
    /// Until when its key is remembered.
    pub until: Micros,
    /// Now.
    pub now: Micros,
}

/// What became of a command.
#[derive(Debug)]
pub(super) enum Done {
    /// Its lines were taken, now or before; but those of rows of which too much would be there.
    Taken {
        /// Whether that was before.
        was_before: bool,
        /// Which block they are of.
        block: u64,
        /// How many lines, those included that were not taken.
        lines: u64,
        /// Centre and item of the rows that were not.
        over: Vec<(i64, i64)>,
    },
    /// None was, for what is said of one of so many.
    Not {
        /// One of them.
        refused: RefusedLine,
        /// How many they are.
        lines: u64,
    },
}

/// Why a row is not taken.
pub(super) fn too_much() -> String {
    format!("with it more than {QUANTITY_MAX} would be there")
}

impl Chunk {
    /// Takes its rows, once.
    pub(super) fn write(&self, tx: &mut LaneTx<'_>) -> Result<Done, AppError> {
        let request = RequestKey { scope: &self.scope, key: &self.key };
        let until = self.until.0;
        // First of all: what was taken is in what is there now.
        match idempotency::begin(tx, request, &self.digest(), self.now.0, until)? {
            Begun::New => {}
            Begun::Replay(kept) => return Ok(self.taken(true, rows_of(&kept))),
            // Begun and finished in one transaction: nobody ever sees it running.
            Begun::Running | Begun::Mismatch => return Ok(self.reused()),
        }
        let before = self.before(tx)?;
        let changes = self.rows.iter().zip(&before).map(|(row, before)| self.change(row, before));
        let is_over = |change: &Change<'_>| {
            change.before.quantity.saturating_add(change.delta) > QUANTITY_MAX
        };
        let (over, changes): (Vec<_>, Vec<_>) = changes.partition(is_over);
        let over: Vec<(i64, i64)> =
            over.iter().map(|change| (change.before.center_no, change.before.item_no)).collect();
        // Kept, so that what is refused stays refused whenever these lines come again.
        idempotency::finish(tx, request, &bytes_of(&over), until)?;
        if !changes.is_empty() {
            movement::enter(tx, &self.entry)?;
            let telling = Telling { kind: MOVED, cause: &self.entry.movement, now: self.now };
            moving::write(tx, &changes, telling)?;
        }
        Ok(self.taken(false, over))
    }

    fn taken(&self, was_before: bool, over: Vec<(i64, i64)>) -> Done {
        Done::Taken { was_before, block: self.block, lines: self.lines, over }
    }

    fn reused(&self) -> Done {
        let others = self.lines.saturating_sub(1);
        let reason = format!(
            "other lines were taken under this key; neither it nor {others} lines of the same \
             lane were taken"
        );
        let line = self.rows.first().map_or(0, |row| row.line);
        let refused = RefusedLine::new(line, ("key_reused", ""), reason);
        Done::Not { refused, lines: self.lines }
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
            let found = found(tx, center_no, rows)?;
            before.extend(rows.iter().map(|row| {
                let place = found.binary_search_by_key(&row.item_no, |found| found.item_no);
                place.map_or(StockRow::absent(center_no, row.item_no), |place| found[place])
            }));
        }
        Ok(before)
    }
}

/// Centres and items as they are kept with a key.
fn bytes_of(rows: &[(i64, i64)]) -> Vec<u8> {
    rows.iter()
        .flat_map(|(center_no, item_no)| [*center_no, *item_no])
        .flat_map(i64::to_le_bytes)
        .collect()
}

fn rows_of(bytes: &[u8]) -> Vec<(i64, i64)> {
    let numbers: Vec<i64> =
        bytes.as_chunks::<8>().0.iter().copied().map(i64::from_le_bytes).collect();
    numbers.as_chunks::<2>().0.iter().map(|[center_no, item_no]| (*center_no, *item_no)).collect()
}

/// How many more items than asked for a centre may have in between, so that all are read at once.
const BETWEEN_MAX: i64 = 4;

/// The rows of a centre that are there, by item; where nearly all of a range are asked for, others
/// of it too, for that is one walk instead of a look for each.
fn found(tx: &mut LaneTx<'_>, center_no: i64, rows: &[Row]) -> Result<Vec<StockRow>, StoreError> {
    let (first, last) = (rows[0].item_no, rows[rows.len() - 1].item_no);
    if last - first < BETWEEN_MAX * rows.len() as i64 {
        return movement::stock_between(tx, center_no, (first, last));
    }
    let items: Vec<i64> = rows.iter().map(|row| row.item_no).collect();
    let mut found = movement::stock(tx, center_no, &items)?;
    found.sort_unstable_by_key(|row| row.item_no);
    Ok(found)
}
