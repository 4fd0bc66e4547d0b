//! Stock by the hundred thousand rows: lines of a file, sorted by lane, each lane's in commands of
//! its own, all lanes side by side. A line is a movement like any other.

mod again;
mod command;
mod letters;
mod lines;
mod turns;

pub(crate) use again::{Again, again};
pub use letters::LETTERS_MAX;
pub use lines::RefusedLine;
pub(crate) use turns::Turns;

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

/// Lines of a block, those counted too that cannot be taken. Within it rows are sorted, so that a
/// file by item, of many centres, changes a page of the store for some rows and not for each.
const BLOCK_LINES: u64 = 262_144;

/// Parts of what of a block is of one lane, each a command: some thousand rows, and an announcement
/// of at most some hundred kilobytes, also of one centre.
const PARTS: i64 = 8;

/// Centres, and items of a centre, that follow one another and stay together in a part.
const CENTERS_AT_ONCE: i64 = 16;
const ITEMS_AT_ONCE: i64 = 1_024;

/// Refused lines that are named in an answer.
const NAMED_MAX: usize = 1_000;

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
    /// The file they are of, as whoever sends it calls it.
    pub file: Option<&'a str>,
    /// How many lines of the file come before.
    pub lines_before: u64,
    /// Refused lines that become dead letters at most.
    pub letters_max: usize,
}

/// What became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Imported {
    /// Lines that were taken now.
    pub changed: u64,
    /// Lines that had been taken under this key.
    pub known: u64,
    /// Lines that cannot be.
    pub refused: u64,
    /// How many of those are dead letters.
    pub dead_letters: u64,
    /// The first of them, in their order.
    pub rejected: Vec<RefusedLine>,
}

/// Takes lines; each that is counted is durable when this returns. Under the same key the same
/// lines are taken once, also where the first time only some of them were: what of a block of the
/// file is of one lane is taken as it was or, where it says something else by now, refused. The
/// first of those that are refused for themselves become dead letters.
///
/// Errors: an engine failed, and then some may have been taken.
pub fn import(app: &App, lines: &Lines<'_>) -> Result<Imported, AppError> {
    let (mut taken, mut refused) = lines::read(app, lines);
    let mut names = letters::stand(app, lines, &mut taken, &mut refused)?;
    if names.is_none() {
        names = letters::note(app, lines, &refused)?;
    }
    let names = match names {
        Some(names) => names,
        None => letters::stand(app, lines, &mut taken, &mut refused)?.unwrap_or_default(),
    };
    let mut dead_letters = letters::write(app, lines, &names, &mut refused)?;
    let Decided { mut imported, mut over, reused } = decide(app, lines, &taken)?;
    // Nothing of what lanes refuse is lost while there are letters left.
    let left = lines.letters_max.saturating_sub(names.len());
    dead_letters += letters::write(app, lines, &letters::names(lines, &over, left), &mut over)?;
    imported.dead_letters = dead_letters;
    imported.refused = (refused.len() + over.len()) as u64;
    imported.refused += reused.iter().map(|(_, lines)| lines).sum::<u64>();
    refused.extend(over);
    refused.extend(reused.into_iter().map(|(refused, _)| refused));
    refused.sort_by_key(|refused| refused.line);
    refused.truncate(NAMED_MAX);
    imported.rejected = refused;
    app.stock.ring();
    Ok(imported)
}

/// What lanes made of lines.
#[derive(Default)]
struct Decided {
    imported: Imported,
    /// Lines of rows of which too much would be there.
    over: Vec<RefusedLine>,
    /// Pieces that say something else than they did under the same key, and how many lines.
    reused: Vec<(RefusedLine, u64)>,
}

fn decide(app: &App, lines: &Lines<'_>, taken: &[Line]) -> Result<Decided, AppError> {
    let (answers, answered) = mpsc::channel();
    let mut count = 0;
    for rows in chunks(taken, lines.kind) {
        let chunk = chunk(app, lines, rows)?;
        submit(app, chunk, answers.clone())?;
        count += 1;
    }
    drop(answers);
    let mut decided = Decided::default();
    for _ in 0..count {
        let lost = || Err(AppError::machine("an import", "a command ended without an answer"));
        match answered.recv().unwrap_or_else(|_| lost())? {
            Done::Not { refused, lines } => decided.reused.push((refused, lines)),
            Done::Taken { was_before, block, lines, over } => {
                let over = over_lines(taken, block, &over);
                let took = lines.saturating_sub(over.len() as u64);
                let imported = &mut decided.imported;
                *if was_before { &mut imported.known } else { &mut imported.changed } += took;
                decided.over.extend(over);
            }
        }
    }
    decided.over.sort_by_key(|refused| refused.line);
    Ok(decided)
}

/// The lines of rows of a block of which too much would be there.
fn over_lines(taken: &[Line], of_block: u64, over: &[(i64, i64)]) -> Vec<RefusedLine> {
    if over.is_empty() {
        return Vec::new();
    }
    let is_over = |line: &&Line| {
        block(line) == of_block && over.contains(&(line.center.center_no, line.item_no))
    };
    let refused =
        |line: &Line| RefusedLine::new(line.number, ("invalid", "/quantity"), command::too_much());
    taken.iter().filter(is_over).map(refused).collect()
}

/// Rows of one lane out of one block, a part of them, each stock row once.
struct Rows {
    center: Arc<Center>,
    block: u64,
    part: i64,
    rows: Vec<command::Row>,
    lines: u64,
}

/// Lines, sorted by lane, block, part, centre and item, in pieces of one lane, block and part each.
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
    let piece = |(block, line): &(u64, &Line)| (line.center.lane_no, *block, part(line));
    sorted.sort_by_key(piece);
    let pieces = sorted.chunk_by(|one, next| piece(one) == piece(next)).filter_map(|same| {
        let (block, first) = same.first()?;
        let rows = same.chunk_by(|(_, one), (_, next)| row(one) == row(next));
        Some(Rows {
            center: Arc::clone(&first.center),
            block: *block,
            part: part(first),
            rows: rows.filter_map(|same| command::Row::of(kind, same)).collect(),
            lines: same.len() as u64,
        })
    });
    pieces.collect()
}

/// Where in the file a line is.
fn block(line: &Line) -> u64 {
    line.number.saturating_sub(1) / BLOCK_LINES
}

/// In which part of its lane a line is: by what it says alone, so that no other line moves it.
fn part(line: &Line) -> i64 {
    let run = line.center.center_no / CENTERS_AT_ONCE + line.item_no / ITEMS_AT_ONCE;
    run.rem_euclid(PARTS)
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
        key: format!("{}/{market}/{bucket}/{}/{}", lines.key, rows.block, rows.part),
        block: rows.block,
        until: now.plus(command::REMEMBERED_US),
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
    let turn = app.stock.turns.take(chunk.rows.len());
    let chunk = Arc::new(chunk);
    let (store, lane) = (app.stock.store_of(app, &chunk.center.market), chunk.center.lane.clone());
    let (queued, later) = (Arc::clone(&chunk), answers.clone());
    let answer = move |outcome| {
        drop(turn);
        drop(answers.send(outcome));
    };
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
