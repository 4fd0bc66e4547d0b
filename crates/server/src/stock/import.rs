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

/// Rows of one command: an announcement of some fifty kilobytes.
const ROWS_AT_ONCE: usize = 4_096;

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
/// lines are taken once, also where the first time only some of them were.
///
/// Errors: an engine failed, and then some may have been taken.
pub fn import(app: &App, lines: &Lines<'_>) -> Result<Imported, AppError> {
    let (taken, rejected) = lines::read(app, lines);
    let mut imported = Imported { rejected, ..Imported::default() };
    let (answers, answered) = mpsc::channel();
    let mut count = 0;
    for (number, rows) in chunks(&taken, lines.kind).into_iter().enumerate() {
        let chunk = chunk(app, lines, rows, number)?;
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

/// Rows of one lane, each stock row once.
struct Rows {
    center: Arc<Center>,
    rows: Vec<command::Row>,
    lines: u64,
}

/// Lines, sorted by lane, centre and item, in pieces of one lane each.
fn chunks(taken: &[Line], kind: EntryKind) -> Vec<Rows> {
    let mut sorted: Vec<&Line> = taken.iter().collect();
    let key = |line: &Line| (line.center.lane_no, line.center.center_no, line.item_no);
    // Lines of one stock row stay in their order: of counts the last one stands.
    sorted.sort_by_key(|line| key(line));
    let mut chunks: Vec<Rows> = Vec::new();
    for line in sorted {
        let is_same = |chunk: &&mut Rows| {
            chunk.center.lane_no == line.center.lane_no && chunk.center.market == line.center.market
        };
        let chunk = chunks.last_mut().filter(is_same);
        let last = chunk.and_then(|chunk| {
            let row = chunk.rows.last()?;
            let is_row = (row.center_no, row.item_no) == (line.center.center_no, line.item_no);
            (is_row || chunk.rows.len() < ROWS_AT_ONCE).then_some((chunk, is_row))
        });
        match last {
            Some((chunk, true)) => {
                chunk.lines += 1;
                if let Some(row) = chunk.rows.last_mut() {
                    row.add(kind, line);
                }
            }
            Some((chunk, false)) => {
                chunk.lines += 1;
                chunk.rows.push(command::Row::of(line));
            }
            None => chunks.push(Rows {
                center: Arc::clone(&line.center),
                rows: vec![command::Row::of(line)],
                lines: 1,
            }),
        }
    }
    chunks
}

fn chunk(app: &App, lines: &Lines<'_>, rows: Rows, number: usize) -> Result<Chunk, AppError> {
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
    Ok(Chunk {
        center: rows.center,
        rows: rows.rows,
        lines: rows.lines,
        entry,
        scope: lines.scope.to_owned(),
        key: format!("{}/{number}", lines.key),
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
