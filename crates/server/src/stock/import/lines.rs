//! Lines are read: which centre, which item, how much.

use super::super::Center;
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
}

/// Lines that can be taken, and those that cannot.
pub(super) fn read(app: &App, lines: &Lines<'_>) -> (Vec<Line>, Vec<RefusedLine>) {
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    let held = app.stock.catalogue().at_hand();
    let numbered = (1..).zip(lines.csv.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii));
    for (number, raw) in numbered.filter(|(_, raw)| !raw.is_empty()) {
        let mut refuse = |code, pointer, reason| {
            refused.push(RefusedLine { line: number, code, pointer, reason });
        };
        let [center, item, units] = match fields(raw) {
            Ok(fields) => fields,
            Err(reason) => {
                refuse("malformed", "", reason);
                continue;
            }
        };
        let unknown = |name: &str| format!("{name:?} is not known");
        match (held.center(&center), held.item(&item), self::units(lines.kind, &units)) {
            (Some(center), Some(item), Ok(quantity)) => {
                let (center, item_no) = (Arc::clone(center), item.item_no);
                taken.push(Line { number, center, item_no, quantity });
            }
            (None, ..) => refuse("unknown_center", "/center_id", unknown(&center)),
            (_, None, _) => refuse("unknown_item", "/item_id", unknown(&item)),
            (.., Err(reason)) => refuse("invalid", "/quantity", reason),
        }
    }
    (taken, refused)
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
