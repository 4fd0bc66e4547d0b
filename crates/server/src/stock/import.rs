//! Stock by the hundred thousand rows: lines of a file, sorted by lane, each lane's in commands of
//! its own, all lanes side by side. A line is a movement like any other.

mod command;
mod lines;

pub use lines::RefusedLine;

use super::Center;
use crate::app::App;
use crate::error::AppError;
use crate::keys::random_hex;
use command::{Chunk, Done};
use doorstep_store::StoreError;
use doorstep_store::movement::{EntryKind, EntryRow};
use lines::Line;
use serde::Serialize;
use std::sync::{Arc, mpsc};
use utoipa::ToSchema;

/// Lines of a block, those counted too that cannot be taken: what of it is of one lane is a
/// command, an announcement of at most some two hundred kilobytes.
const BLOCK_LINES: u64 = 16_384;

/// Lines to be taken.
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    /// `center_id,item_id,quantity`, one a line, as CSV without a header.
    pub csv: &'a [u8],
    /// Whether so much came, or so much is there.
    pub kind: EntryKind,
    /// Who, as it stands in the audit trail.
    pub actor: &'a str,
    /// Whose idempotency key it is, and for what.
    pub scope: &'a str,
    /// The key.
    pub key: &'a str,
}

/// What became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Imported {
    /// Lines that were taken now.
    pub changed: u64,
    /// Lines that had been taken under this key.
    pub known: u64,
    /// Lines that cannot be, in their order.
    pub rejected: Vec<RefusedLine>,
}

/// Takes lines; each that is counted is durable when this returns. Under the same key the same
/// lines are taken once, also where the first time only some of them were: what of a block of the
/// file is of one lane is taken as it was or, where it says something else by now, refused.
///
/// Errors: an engine failed, and then some may have been taken.
pub fn import(app: &App, lines: &Lines<'_>) -> Result<Imported, AppError> {
    let (taken, rejected) = lines::read(app, lines);
    let mut imported = Imported { rejected, ..Imported::default() };
    let (answers, answered) = mpsc::channel();
    let mut count = 0;
    for rows in chunks(&taken, lines.kind) {
        let chunk = chunk(app, lines, rows)?;
        submit(app, chunk, answers.clone())?;
        count += 1;
    }
    drop(answers);
    for _ in 0..count {
        let lost = || Err(AppError::machine("an import", "a command ended without an answer"));
        match answered.recv().unwrap_or_else(|_| lost())? {
            Done::Now(lines) => imported.changed += lines,
            Done::Before(lines) => imported.known += lines,
            Done::Not(line) => imported.rejected.push(line),
        }
    }
    imported.rejected.sort_by_key(|refused| refused.line);
    app.stock.ring();
    Ok(imported)
}

/// Rows of one lane out of one block, each stock row once.
struct Rows {
    center: Arc<Center>,
    block: u64,
    rows: Vec<command::Row>,
    lines: u64,
}

/// Lines, sorted by lane, block, centre and item, in pieces of one lane and block each.
fn chunks(taken: &[Line], kind: EntryKind) -> Vec<Rows> {
    let row = |line: &Line| (line.center.lane_no, line.center.center_no, line.item_no);
    let mut sorted: Vec<(u64, &Line)> = taken.iter().map(|line| (block(line), line)).collect();
    // Lines of one stock row stay in their order.
    sorted.sort_by_key(|(_, line)| row(line));
    if kind == EntryKind::Count {
        // Of counts the last one stands, also where an earlier one is taken after it.
        for same in sorted.chunk_by_mut(|(_, one), (_, next)| row(one) == row(next)) {
            let last = same.last().map_or(0, |(block, _)| *block);
            same.iter_mut().for_each(|(block, _)| *block = last);
        }
    }
    sorted.sort_by_key(|(block, line)| (line.center.lane_no, *block));
    let is_same = |(block, one): &(u64, &Line), (other, next): &(u64, &Line)| {
        (one.center.lane_no, block) == (next.center.lane_no, other)
    };
    let pieces = sorted.chunk_by(is_same).filter_map(|piece| {
        let (block, first) = piece.first()?;
        let rows = piece.chunk_by(|(_, one), (_, next)| row(one) == row(next));
        Some(Rows {
            center: Arc::clone(&first.center),
            block: *block,
            rows: rows.filter_map(|same| command::Row::of(kind, same)).collect(),
            lines: piece.len() as u64,
        })
    });
    pieces.collect()
}

/// Where in the file a line is.
fn block(line: &Line) -> u64 {
    line.number.saturating_sub(1) / BLOCK_LINES
}

fn chunk(app: &App, lines: &Lines<'_>, rows: Rows) -> Result<Chunk, AppError> {
    let now = app.clock.now();
    let entry = EntryRow {
        movement: format!("mov_{:012x}{}", now.0 / 1_000, random_hex::<8>()?),
        market: rows.center.market.to_string(),
        kind: lines.kind,
        reference: None,
        reason: None,
        entered_by: lines.actor.to_owned(),
        entered_at_us: now.0,
    };
    let (market, bucket) = (&rows.center.market, rows.center.bucket);
    Ok(Chunk {
        // Nothing that was refused before can move it.
        key: format!("{}/{market}/{bucket}/{}", lines.key, rows.block),
        center: rows.center,
        rows: rows.rows,
        lines: rows.lines,
        entry,
        scope: lines.scope.to_owned(),
        now,
    })
}

/// Queues a command; where too many wait it waits itself.
fn submit(
    app: &App,
    chunk: Chunk,
    answers: mpsc::Sender<Result<Done, AppError>>,
) -> Result<(), AppError> {
    let chunk = Arc::new(chunk);
    let (store, lane) = (app.stock.store_of(app, &chunk.center.market), chunk.center.lane.clone());
    let (queued, later) = (Arc::clone(&chunk), answers.clone());
    let answer = move |outcome| drop(answers.send(outcome));
    let lanes = std::slice::from_ref(&lane);
    match store.submit(lanes, move |tx| queued.write(tx), answer) {
        Err(StoreError::Busy { .. }) => {
            let outcome = store.lane(&lane, move |tx| chunk.write(tx));
            drop(later.send(outcome));
            Ok(())
        }
        other => Ok(other?),
    }
}
