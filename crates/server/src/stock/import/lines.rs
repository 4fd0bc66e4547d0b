//! Lines are read: which centre, which item, how much.

use super::super::Center;
use super::super::catalogue::Held;
use super::Lines;
use crate::app::App;
use csv::{ReaderBuilder, StringRecord};
use doorstep_domain::limits::QUANTITY_MAX;
use doorstep_store::movement::EntryKind;
use serde::Serialize;
use std::borrow::Cow;
use std::sync::Arc;
use utoipa::ToSchema;

/// A line that names a stock row.
#[derive(Debug)]
pub(super) struct Line {
    /// Its number, from 1.
    pub number: u64,
    /// Where.
    pub center: Arc<Center>,
    /// The number of the item.
    pub item_no: i64,
    /// How much.
    pub quantity: i64,
}

/// A line that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RefusedLine {
    /// Its number, from 1.
    pub line: u64,
    /// Machine-readable kind.
    pub code: &'static str,
    /// JSON pointer to the field; empty for the whole.
    pub pointer: &'static str,
    /// Why.
    pub reason: String,
    /// The dead letter that it is kept as; null where it is kept as none.
    pub dead_letter: Option<String>,
}

impl RefusedLine {
    /// A line that is kept as no letter so far.
    pub(super) fn new(
        line: u64,
        (code, pointer): (&'static str, &'static str),
        reason: String,
    ) -> RefusedLine {
        RefusedLine { line, code, pointer, reason, dead_letter: None }
    }
}

/// Lines that can be taken, and those that cannot.
pub(super) fn read(app: &App, lines: &Lines<'_>) -> (Vec<Line>, Vec<RefusedLine>) {
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    let held = app.stock.catalogue().at_hand();
    for (number, raw) in numbered(lines.csv) {
        match line(&held, lines.kind, number, raw) {
            Ok(line) => taken.push(line),
            Err(line) => refused.push(line),
        }
    }
    (taken, refused)
}

/// One line alone.
pub(super) fn read_one(app: &App, kind: EntryKind, raw: &[u8]) -> Result<Line, RefusedLine> {
    line(&app.stock.catalogue().at_hand(), kind, 1, raw)
}

/// The lines that are not empty, with their numbers.
pub(super) fn numbered(csv: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    let lines = csv.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    (1..).zip(lines).filter(|(_, raw)| !raw.is_empty())
}

fn line(held: &Held, kind: EntryKind, number: u64, raw: &[u8]) -> Result<Line, RefusedLine> {
    let refused = |at, reason| RefusedLine::new(number, at, reason);
    let [center, item, units] = fields(raw).map_err(|why| refused(("malformed", ""), why))?;
    let unknown =
        |code, pointer, name: &str| refused((code, pointer), format!("{name:?} is not known"));
    let Some(found) = held.center(&center) else {
        return Err(unknown("unknown_center", "/center_id", &center));
    };
    let Some(named) = held.item(&item) else {
        return Err(unknown("unknown_item", "/item_id", &item));
    };
    let quantity = self::units(kind, &units);
    let quantity = quantity.map_err(|why| refused(("invalid", "/quantity"), why))?;
    Ok(Line { number, center: Arc::clone(found), item_no: named.item_no, quantity })
}

/// The first three fields of a line, RFC 4180. Nearly all lines have no quotation mark, and are cut
/// at their commas.
fn fields(line: &[u8]) -> Result<[Cow<'_, str>; 3], String> {
    let line = std::str::from_utf8(line).map_err(|error| error.to_string())?;
    if !line.contains('"') {
        let mut fields = line.split(',').map(str::trim).map(Cow::Borrowed);
        return Ok([(); 3].map(|()| fields.next().unwrap_or_default()));
    }
    let mut reader = ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
    let mut record = StringRecord::new();
    reader.read_record(&mut record).map_err(|error| error.to_string())?;
    let field = |place: usize| record.get(place).unwrap_or_default().trim().to_owned();
    Ok([field(0), field(1), field(2)].map(Cow::Owned))
}

fn units(kind: EntryKind, text: &str) -> Result<i64, String> {
    let least = i64::from(kind != EntryKind::Count);
    match text.parse::<i64>() {
        Ok(units) if (least..=QUANTITY_MAX).contains(&units) => Ok(units),
        Ok(units) => Err(format!("{units} is not within {least} and {QUANTITY_MAX}")),
        Err(_) => Err(format!("{text:?} is not a whole number")),
    }
}
