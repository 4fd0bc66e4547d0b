//! What an entry names, found.

use super::{Enterer, Entry, EntryLine};
use crate::app::App;
use crate::dispatch;
use crate::error::AppError;
use crate::keys::random_hex;
use crate::stock::{Center, Item};
use doorstep_domain::id::CenterId;
use doorstep_domain::limits::{MOVEMENT_LINES_MAX, QUANTITY_MAX};
use doorstep_domain::time::Micros;
use doorstep_store::movement::{EntryKind, EntryRow};
use std::collections::HashSet;
use std::sync::Arc;

/// An entry whose names are known.
pub(super) struct Known {
    pub kind: EntryKind,
    pub center: Arc<Center>,
    pub to: Option<Arc<Center>>,
    pub lines: Vec<(Arc<Item>, i64)>,
    pub row: EntryRow,
}

/// Finds what an entry names. Errors: the first field that cannot be.
pub(super) fn known(
    app: &App,
    entry: &Entry,
    enterer: &Enterer,
    now: Micros,
) -> Result<Known, AppError> {
    let center = center(app, "/center_id", &entry.center_id, enterer)?;
    let to = entry.to_center_id.as_ref().map(|to| center_to(app, to, &center, enterer));
    for (pointer, text) in [("/reference", &entry.reference), ("/reason", &entry.reason)] {
        if let Some(text) = text {
            dispatch::words(pointer, text)?;
        }
    }
    Ok(Known {
        kind: entry.kind,
        to: to.transpose()?,
        lines: lines(app, entry)?,
        row: EntryRow {
            movement: format!("mov_{:012x}{}", now.0 / 1_000, random_hex::<8>()?),
            market: center.market.to_string(),
            kind: entry.kind,
            reference: entry.reference.clone(),
            reason: entry.reason.clone(),
            entered_by: enterer.actor.clone(),
            entered_at_us: now.0,
        },
        center,
    })
}

/// A centre that is theirs; to whoever it is not it does not exist.
fn center(
    app: &App,
    pointer: &str,
    id: &CenterId,
    enterer: &Enterer,
) -> Result<Arc<Center>, AppError> {
    let is_theirs = |center: &Arc<Center>| {
        enterer.merchant.as_ref().is_none_or(|merchant| *merchant == center.merchant)
    };
    let found = app.stock.center(id.as_str()).filter(is_theirs);
    found.ok_or_else(|| AppError::invalid(pointer, format!("{id} is not known")))
}

fn center_to(
    app: &App,
    to: &CenterId,
    from: &Center,
    enterer: &Enterer,
) -> Result<Arc<Center>, AppError> {
    let center = center(app, "/to_center_id", to, enterer)?;
    if center.id == from.id {
        return Err(AppError::invalid("/to_center_id", "is where it is"));
    }
    if center.market != from.market {
        let reason = format!("{to} is in {}, not in {}", center.market, from.market);
        return Err(AppError::invalid("/to_center_id", reason));
    }
    Ok(center)
}

fn lines(app: &App, entry: &Entry) -> Result<Vec<(Arc<Item>, i64)>, AppError> {
    let count = entry.lines.len();
    if !(1..=MOVEMENT_LINES_MAX).contains(&count) {
        let reason = format!("has {count} lines, not 1 to {MOVEMENT_LINES_MAX}");
        return Err(AppError::invalid("/lines", reason));
    }
    let least = if entry.kind == EntryKind::Count { 0 } else { 1 };
    let mut seen = HashSet::with_capacity(count);
    let line = |(place, line): (usize, &EntryLine)| {
        let pointer = |field: &str| format!("/lines/{place}/{field}");
        if !(least..=QUANTITY_MAX).contains(&line.quantity) {
            let reason = format!("{} is not within {least} and {QUANTITY_MAX}", line.quantity);
            return Err(AppError::invalid(pointer("quantity"), reason));
        }
        let item = app.stock.catalogue().item(line.item_id.as_str()).ok_or_else(|| {
            AppError::invalid(pointer("item_id"), format!("{} is not known", line.item_id))
        })?;
        if !seen.insert(item.item_no) {
            let reason = format!("{} stands there twice", line.item_id);
            return Err(AppError::invalid(pointer("item_id"), reason));
        }
        Ok((item, line.quantity))
    };
    entry.lines.iter().enumerate().map(line).collect()
}
