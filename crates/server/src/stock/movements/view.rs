//! Stock as it is kept, with what moved it.

use crate::app::App;
use crate::error::AppError;
use crate::stock::{Center, Item};
use doorstep_domain::time::Micros;
use doorstep_store::movement::{self, MovementRow};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A stock row with its newest movements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StockView {
    /// Where.
    pub center_id: String,
    /// What.
    pub item_id: String,
    /// Units that are free to be ordered.
    pub quantity: i64,
    /// The newest first.
    pub movements: Vec<MovementView>,
    /// What to send as `cursor` for older ones.
    pub next_cursor: Option<String>,
}

/// A movement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MovementView {
    /// `received`, `counted`, `written_off`, `moved`, `ordered` or `returned`.
    pub kind: &'static str,
    /// Units that came; below zero, that went.
    pub delta: i64,
    /// Units there were then.
    pub quantity: i64,
    /// The order, or the entry.
    pub cause: String,
    /// What whoever entered it calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Why, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who entered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entered_by: Option<String>,
    /// When, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Micros,
}

/// A stock row in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StockLine {
    /// What.
    pub item_id: String,
    /// Units that are free to be ordered.
    pub quantity: i64,
    /// Its number, behind which the next page begins.
    #[serde(skip)]
    pub item_no: i64,
}

/// What a centre has of an item, from the store, with at most `most` movements from the place
/// `cursor` on, or the newest where it is empty. Errors: no place of this row.
pub fn of_item(
    app: &App,
    center: &Center,
    item: &Item,
    cursor: &str,
    most: usize,
) -> Result<StockView, AppError> {
    let wrong = || AppError::invalid("cursor", "is none of this row");
    let asked = match cursor {
        "" => None,
        cursor => Some(place(cursor).ok_or_else(wrong)?),
    };
    let store = app.stock.store_of(app, &center.market);
    store.read(|tx| {
        let row = movement::stock(tx, center.center_no, &[item.item_no])?.into_iter().next();
        let newest = row.map(|row| (row.last_seq, row.last_line));
        let mut chain = match asked.or(newest) {
            Some(from) => movement::chain(tx, center.lane_no, from, most + 1)?,
            None => Vec::new(),
        };
        let of_row =
            |row: &MovementRow| (row.center_no, row.item_no) == (center.center_no, item.item_no);
        let is_lost = asked.is_some() && chain.is_empty();
        if is_lost || !chain.iter().all(of_row) {
            return Err(wrong());
        }
        let next = chain.get(most).map(|next| format!("{}.{}", next.seq, next.line));
        chain.truncate(most);
        let mut movements = Vec::with_capacity(chain.len());
        for row in chain {
            let entry = movement::entry(tx, &row.cause)?;
            let (reference, reason, entered_by) = entry
                .map(|entry| (entry.reference, entry.reason, Some(entry.entered_by)))
                .unwrap_or_default();
            movements.push(MovementView {
                kind: row.kind.as_str(),
                delta: row.delta,
                quantity: row.quantity,
                cause: row.cause,
                reference,
                reason,
                entered_by,
                at: Micros(row.at_us),
            });
        }
        Ok(StockView {
            center_id: center.id.to_string(),
            item_id: item.id.to_string(),
            quantity: row.map_or(0, |row| row.quantity),
            movements,
            next_cursor: next,
        })
    })
}

/// The rows of a centre behind the item of the number `after_no`, from the store, at most `limit`.
pub fn of_center(
    app: &App,
    center: &Center,
    after_no: i64,
    limit: u32,
) -> Result<Vec<StockLine>, AppError> {
    let store = app.stock.store_of(app, &center.market);
    let rows = store.read(|tx| movement::of_center(tx, center.center_no, after_no, limit))?;
    let line = |row: movement::StockRow| {
        let item = item_by_number(app, row.item_no);
        let named = item.map_or_else(|| format!("#{}", row.item_no), |item| item.id.to_string());
        StockLine { item_id: named, quantity: row.quantity, item_no: row.item_no }
    };
    Ok(rows.into_iter().map(line).collect())
}

/// The item of a number. It blocks where nothing was asked for before.
pub(crate) fn item_by_number(app: &App, item_no: i64) -> Option<Arc<Item>> {
    let item_no = u32::try_from(item_no).ok()?;
    app.stock.catalogue().at_hand().item_by_number(item_no).cloned()
}

/// The centre of a number. It blocks where nothing was asked for before.
pub(crate) fn center_by_number(app: &App, center_no: i64) -> Option<Arc<Center>> {
    let center_no = u32::try_from(center_no).ok()?;
    app.stock.catalogue().at_hand().center_by_number(center_no).cloned()
}

fn place(cursor: &str) -> Option<(i64, i64)> {
    let (seq, line) = cursor.split_once('.')?;
    Some((seq.parse().ok()?, line.parse().ok()?))
}
