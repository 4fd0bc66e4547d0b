//! Lines are read: which centre, which item, how much.

use super::super::Center;
use super::Lines;
use crate::app::App;
use csv::{ReaderBuilder, StringRecord};
use doorstep_domain::limits::QUANTITY_MAX;
use doorstep_store::movement::EntryKind;
use serde::Serialize;
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
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(lines.csv);
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    let mut record = StringRecord::new();
    let held = app.stock.catalogue().at_hand();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => return (taken, refused),
            Ok(true) => {
                let number = record.position().map_or(0, csv::Position::line);
                let field = |place: usize| record.get(place).unwrap_or_default().trim();
                let (center, item) = (held.center(field(0)), held.item(field(1)));
                let units = units(lines.kind, field(2));
                let mut refuse = |code, pointer, reason| {
                    refused.push(RefusedLine { line: number, code, pointer, reason });
                };
                let unknown = |name: &str| format!("{name:?} is not known");
                match (center, item, units) {
                    (Some(center), Some(item), Ok(quantity)) => {
                        let (center, item_no) = (Arc::clone(center), item.item_no);
                        taken.push(Line { number, center, item_no, quantity });
                    }
                    (None, ..) => refuse("unknown_center", "/center_id", unknown(field(0))),
                    (_, None, _) => refuse("unknown_item", "/item_id", unknown(field(1))),
                    (.., Err(reason)) => refuse("invalid", "/quantity", reason),
                }
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                let (code, reason) = ("malformed", error.to_string());
                refused.push(RefusedLine { line, code, pointer: "", reason });
            }
        }
    }
}

fn units(kind: EntryKind, text: &str) -> Result<i64, String> {
    let least = i64::from(kind != EntryKind::Count);
    match text.parse::<i64>() {
        Ok(units) if (least..=QUANTITY_MAX).contains(&units) => Ok(units),
        Ok(units) => Err(format!("{units} is not within {least} and {QUANTITY_MAX}")),
        Err(_) => Err(format!("{text:?} is not a whole number")),
    }
}
