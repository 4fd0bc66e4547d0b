//! Lines that were refused are dead letters, the first of an import; the rest is only counted.
//!
//! A line that is a letter is taken from there and nowhere else: which those are stands under the
//! key of the import before there are letters, so that sending the lines again takes none of them.

use super::lines::{Line, RefusedLine, numbered};
use super::{Lines, command};
use crate::app::App;
use crate::dead_letters::{self, About, Letter, LineOfFile, letter_id};
use crate::error::AppError;
use doorstep_domain::time::Micros;
use doorstep_store::idempotency::{self, Begun, RequestKey};
use doorstep_store::movement::EntryKind;
use std::collections::{HashMap, HashSet};

/// Most lines of one request that become letters: a file that is wrong from its first to its last
/// line shall not fill a disk, and whoever mends it reads the first few.
pub const LETTERS_MAX: usize = 1_000;

/// Bytes of a letter's name in what is noted of them.
const NAME_BYTES: usize = 23;

/// Takes lines out that are letters already, by an earlier request under this key; answers their
/// names by their numbers, and none where there was no such request.
pub(super) fn stand(
    app: &App,
    lines: &Lines<'_>,
    taken: &mut Vec<Line>,
    refused: &mut Vec<RefusedLine>,
) -> Result<Option<HashMap<u64, String>>, AppError> {
    let (now, key) = (app.clock.now(), noted_under(lines));
    let request = RequestKey { scope: lines.scope, key: &key };
    let noted = app.store.read(|tx| idempotency::answered(tx, request, now.0))?;
    let Some(noted) = noted else {
        return Ok(None);
    };
    if noted.is_empty() {
        return Ok(Some(HashMap::new()));
    }
    let noted: HashSet<&[u8]> = noted.chunks_exact(NAME_BYTES).collect();
    let named = numbered(lines.csv).map(|(number, raw)| (number, name(lines, number, raw)));
    let standing: HashMap<u64, String> =
        named.filter(|(_, name)| noted.contains(name.as_bytes())).collect();
    taken.retain(|line| {
        let stands = standing.contains_key(&line.number);
        if stands {
            let reason = "was refused before: it can be taken from its dead letter".to_owned();
            refused.push(RefusedLine::new(line.number, ("dead_lettered", ""), reason));
        }
        !stands
    });
    Ok(Some(standing))
}

/// Notes which of the refused lines become letters, also where none does: of two requests under one
/// key at the same time, one that knows an item and one that does not, a line shall not be taken by
/// the one and be a letter of the other. None where the other was first, and then what it has noted
/// stands.
pub(super) fn note(
    app: &App,
    lines: &Lines<'_>,
    refused: &[RefusedLine],
) -> Result<Option<HashMap<u64, String>>, AppError> {
    let first = refused.iter().take(lines.letters_max);
    let raw = raw_of(lines, first.clone().map(|refused| refused.line));
    let named = |refused: &RefusedLine| {
        Some((refused.line, name(lines, refused.line, raw.get(&refused.line)?)))
    };
    let mut names: Vec<(u64, String)> = first.filter_map(named).collect();
    names.sort_unstable();
    let (scope, key, now) = (lines.scope.to_owned(), noted_under(lines), app.clock.now());
    let until = now.plus(command::REMEMBERED_US).0;
    let noted: String = names.iter().map(|(_, name)| name.as_str()).collect();
    let is_noted = app.store.lane(&dead_letters::lane()?, move |tx| {
        let request = RequestKey { scope: &scope, key: &key };
        match idempotency::begin(tx, request, noted.as_bytes(), now.0, until)? {
            Begun::New => idempotency::finish(tx, request, noted.as_bytes(), until)?,
            Begun::Replay(_) => {}
            Begun::Mismatch | Begun::Running => return Ok(false),
        }
        Ok::<_, AppError>(true)
    })?;
    Ok(is_noted.then(|| names.into_iter().collect()))
}

/// Writes the letters; they are durable when this returns. Coming again changes nothing.
pub(super) fn write(
    app: &App,
    lines: &Lines<'_>,
    names: &HashMap<u64, String>,
    refused: &mut [RefusedLine],
) -> Result<u64, AppError> {
    let now = app.clock.now();
    let raw = raw_of(lines, names.keys().copied());
    let mut letters = Vec::with_capacity(names.len());
    for refused in refused.iter_mut().filter(|refused| refused.dead_letter.is_none()) {
        let (Some(name), Some(raw)) = (names.get(&refused.line), raw.get(&refused.line)) else {
            continue;
        };
        letters.push(letter(lines, name, raw, refused, now));
        refused.dead_letter = Some(name.clone());
    }
    let count = letters.len() as u64;
    dead_letters::append_about(&app.log, About::StockImports, letters, now)?;
    Ok(count)
}

/// The names of further lines as letters, at most so many: lines that a lane has refused, and will
/// whenever they are sent again, need not be noted.
pub(super) fn names(
    lines: &Lines<'_>,
    refused: &[RefusedLine],
    most: usize,
) -> HashMap<u64, String> {
    let first = refused.iter().take(most);
    let raw = raw_of(lines, first.clone().map(|refused| refused.line));
    let named = |refused: &RefusedLine| {
        Some((refused.line, name(lines, refused.line, raw.get(&refused.line)?)))
    };
    first.filter_map(named).collect()
}

fn letter(lines: &Lines<'_>, name: &str, raw: &[u8], refused: &RefusedLine, now: Micros) -> Letter {
    let line = LineOfFile {
        file: lines.file.map(str::to_owned),
        number: lines.lines_before.saturating_add(refused.line),
        count: lines.kind == EntryKind::Count,
    };
    Letter::of_line(name.to_owned(), raw, refused, line, now)
}

/// The raw lines of these numbers.
fn raw_of<'a>(lines: &Lines<'a>, numbers: impl Iterator<Item = u64>) -> HashMap<u64, &'a [u8]> {
    let numbers: HashSet<u64> = numbers.collect();
    let Some(last) = numbers.iter().max().copied() else {
        return HashMap::new();
    };
    let wanted = numbered(lines.csv).take_while(|(number, _)| *number <= last);
    wanted.filter(|(number, _)| numbers.contains(number)).collect()
}

/// What a line is called as a letter: a line of this import, of this number, of these words.
fn name(lines: &Lines<'_>, number: u64, raw: &[u8]) -> String {
    letter_id(&format!("line\0{}\0{}\0{number}", lines.scope, lines.key), raw)
}

fn noted_under(lines: &Lines<'_>) -> String {
    format!("{}/letters", lines.key)
}
