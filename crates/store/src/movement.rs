//! Movements: every change of a quantity, only ever added. What is in a centre is their sum.
//!
//! Whatever changes a stock row holds the lane of its centre, so that each movement names the one
//! before it.

pub mod check;

mod entry;

pub use entry::{EntryKind, EntryRow, enter, entry};

use crate::sql::{filled, places};
use crate::{Row, StoreError, Tx, TxExt, Value};
use std::collections::BTreeMap;

/// Why a quantity changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MovementKind {
    /// More came.
    Received,
    /// Somebody counted.
    Counted,
    /// Broken, lost, spoilt.
    WrittenOff,
    /// From one centre to another.
    Moved,
    /// Taken by an order.
    Ordered,
    /// Given back by an order.
    Returned,
}

impl MovementKind {
    const ALL: [MovementKind; 6] = [
        MovementKind::Received,
        MovementKind::Counted,
        MovementKind::WrittenOff,
        MovementKind::Moved,
        MovementKind::Ordered,
        MovementKind::Returned,
    ];

    /// As it is kept and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            MovementKind::Received => "received",
            MovementKind::Counted => "counted",
            MovementKind::WrittenOff => "written_off",
            MovementKind::Moved => "moved",
            MovementKind::Ordered => "ordered",
            MovementKind::Returned => "returned",
        }
    }

    fn named(name: &str) -> Result<MovementKind, StoreError> {
        let found = MovementKind::ALL.into_iter().find(|kind| kind.as_str() == name);
        found.ok_or_else(|| StoreError::invalid(format!("{name:?} is no kind of a movement")))
    }
}

/// How much of an item is in a centre, and which movement was the last one there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockRow {
    /// Where.
    pub center_no: i64,
    /// What.
    pub item_no: i64,
    /// Units.
    pub quantity: i64,
    /// Counts its movements; 0 where there was none yet.
    pub revision: i64,
    /// The number of the newest one's announcement.
    pub last_seq: i64,
    /// Its line there.
    pub last_line: i64,
}

impl StockRow {
    /// Of an item that never was in a centre.
    pub fn absent(center_no: i64, item_no: i64) -> StockRow {
        let (quantity, revision, last_seq, last_line) = (0, 0, 0, 0);
        StockRow { center_no, item_no, quantity, revision, last_seq, last_line }
    }
}

/// A movement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovementRow {
    /// The lane of its centre.
    pub lane_no: i64,
    /// The number of the announcement that told of it.
    pub seq: i64,
    /// Its line there, from 0.
    pub line: i64,
    /// Where.
    pub center_no: i64,
    /// What.
    pub item_no: i64,
    /// Why.
    pub kind: MovementKind,
    /// Units that came; below zero, that went.
    pub delta: i64,
    /// Units there were then.
    pub quantity: i64,
    /// Counts those of its stock row, from 1.
    pub revision: i64,
    /// Number and line of the one before it.
    pub before: Option<(i64, i64)>,
    /// The order, or the entry.
    pub cause: String,
    /// Microseconds.
    pub at_us: i64,
}

/// What lies in a centre of these items; what never did is absent.
pub fn stock(
    tx: &mut dyn Tx,
    center_no: i64,
    item_nos: &[i64],
) -> Result<Vec<StockRow>, StoreError> {
    let mut rows = Vec::with_capacity(item_nos.len());
    for some in item_nos.chunks(ITEMS_AT_ONCE) {
        let sql = format!(
            "select center_no, item_no, quantity, revision, last_seq, last_line from stock
             where center_no = $1 and item_no in ({})",
            places(2, some.len())
        );
        let mut params = vec![Value::Int(center_no)];
        params.extend(filled(some));
        tx.query(&sql, &params, &mut |row| {
            rows.push(stock_row(row)?);
            Ok(())
        })?;
    }
    Ok(rows)
}

/// What lies in a centre of the items numbered from one to another, by item.
pub fn stock_between(
    tx: &mut dyn Tx,
    center_no: i64,
    (from, to): (i64, i64),
) -> Result<Vec<StockRow>, StoreError> {
    tx.query_all(
        "select center_no, item_no, quantity, revision, last_seq, last_line from stock
         where center_no = $1 and item_no between $2 and $3 order by item_no",
        &[center_no.into(), from.into(), to.into()],
        stock_row,
    )
}

/// Items looked up by one statement.
const ITEMS_AT_ONCE: usize = 128;

/// A stock row of a query's first six columns.
pub(crate) fn stock_row(row: &Row<'_>) -> Result<StockRow, StoreError> {
    Ok(StockRow {
        center_no: row.int(0)?,
        item_no: row.int(1)?,
        quantity: row.int(2)?,
        revision: row.int(3)?,
        last_seq: row.int(4)?,
        last_line: row.int(5)?,
    })
}

/// A centre's rows after the item `after_no`, by item, at most `limit`.
pub fn of_center(
    tx: &mut dyn Tx,
    center_no: i64,
    after_no: i64,
    limit: u32,
) -> Result<Vec<StockRow>, StoreError> {
    tx.query_all(
        "select center_no, item_no, quantity, revision, last_seq, last_line from stock
         where center_no = $1 and item_no > $2 order by item_no limit $3",
        &[center_no.into(), after_no.into(), limit.into()],
        stock_row,
    )
}

/// Adds movements, each with the stock row it makes. Errors: one of the rows has been changed by
/// somebody who did not hold its lane.
pub fn add(tx: &mut dyn Tx, movements: &[MovementRow]) -> Result<(), StoreError> {
    let stock = movements.iter().map(|row| {
        [row.center_no, row.item_no, row.quantity, row.revision, row.seq, row.line].map(Value::Int)
    });
    let saved = tx.insert_many(
        "insert into stock (center_no, item_no, quantity, revision, last_seq, last_line)",
        stock,
        "on conflict (center_no, item_no) do update set quantity = excluded.quantity,
             revision = excluded.revision, last_seq = excluded.last_seq,
             last_line = excluded.last_line
         where stock.revision = excluded.revision - 1",
    )?;
    if saved != movements.len() as u64 {
        return Err(StoreError::invalid("a stock row was changed outside of its lane"));
    }
    record(tx, movements)
}

/// Adds movements of rows that were there, several of a row one after another, each with what it
/// makes of its row; only the last of them is written to that. Errors: as those of [`add`].
pub fn add_chains(tx: &mut dyn Tx, movements: &[MovementRow]) -> Result<(), StoreError> {
    // By stock row, the newest movement and the revision before the oldest.
    let mut ends: BTreeMap<(i64, i64), (&MovementRow, i64)> = BTreeMap::new();
    for row in movements {
        let end = ends.entry((row.center_no, row.item_no)).or_insert((row, row.revision - 1));
        end.0 = row;
    }
    let saved = tx.update_many(
        "update stock set quantity = given.column3, revision = given.column4,
             last_seq = given.column5, last_line = given.column6",
        ["bigint"; 7],
        ends.values().map(|(row, before)| {
            let key = [row.center_no, row.item_no, row.quantity, row.revision];
            let [center, item, quantity, revision] = key.map(Value::Int);
            [center, item, quantity, revision, row.seq.into(), row.line.into(), (*before).into()]
        }),
        "where stock.center_no = given.column1 and stock.item_no = given.column2
             and stock.revision = given.column7",
    )?;
    if saved != ends.len() as u64 {
        return Err(StoreError::invalid("a stock row was changed outside of its lane"));
    }
    record(tx, movements)
}

fn record(tx: &mut dyn Tx, movements: &[MovementRow]) -> Result<(), StoreError> {
    let rows = movements.iter().map(|row| {
        let (before_seq, before_line) = row.before.unzip();
        [
            row.lane_no.into(),
            row.seq.into(),
            row.line.into(),
            row.center_no.into(),
            row.item_no.into(),
            row.kind.as_str().into(),
            row.delta.into(),
            row.quantity.into(),
            row.revision.into(),
            before_seq.into(),
            before_line.into(),
            (&row.cause).into(),
            row.at_us.into(),
        ]
    });
    tx.insert_many(&format!("insert into movement ({COLUMNS})"), rows, "")?;
    Ok(())
}

const COLUMNS: &str = "lane_no, seq, line, center_no, item_no, kind, delta, quantity, revision,
    before_seq, before_line, cause, at_us";

/// The movements of a stock row from the one named on, the newest first, at most `limit`: the chain
/// is followed, link by link, to its end or to one that is not there.
pub fn chain(
    tx: &mut dyn Tx,
    lane_no: i64,
    from: (i64, i64),
    limit: usize,
) -> Result<Vec<MovementRow>, StoreError> {
    let sql =
        format!("select {COLUMNS} from movement where lane_no = $1 and seq = $2 and line = $3");
    let (mut found, mut next) = (Vec::new(), Some(from));
    while let Some((seq, line)) = next.filter(|_| found.len() < limit) {
        let params = [lane_no.into(), seq.into(), line.into()];
        let row = tx.query_optional(&sql, &params, read)?;
        next = row.as_ref().and_then(|row| row.before);
        found.extend(row);
    }
    Ok(found)
}

fn read(row: &Row<'_>) -> Result<MovementRow, StoreError> {
    Ok(MovementRow {
        lane_no: row.int(0)?,
        seq: row.int(1)?,
        line: row.int(2)?,
        center_no: row.int(3)?,
        item_no: row.int(4)?,
        kind: MovementKind::named(row.text(5)?)?,
        delta: row.int(6)?,
        quantity: row.int(7)?,
        revision: row.int(8)?,
        before: row.optional_int(9)?.zip(row.optional_int(10)?),
        cause: row.text(11)?.to_owned(),
        at_us: row.int(12)?,
    })
}
