//! What somebody enters of stock: more came, so many are there, some are broken, some were moved.
//!
//! An entry is all or nothing, in the lanes of its centres, and done once for its key.

mod view;

pub use view::{MovementView, StockLine, StockView, of_center, of_item};
pub(crate) use view::{center_by_number, item_by_number};

use super::moving::{self, Change, Telling};
use super::told::MOVED;
use super::{Center, Item};
use crate::app::App;
use crate::dispatch;
use crate::error::{AppError, ShortLine};
use crate::keys::random_hex;
use doorstep_domain::id::{CenterId, ItemId, MerchantId};
use doorstep_domain::limits::{MOVEMENT_LINES_MAX, QUANTITY_MAX};
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_store::idempotency::{self, Begun, RequestKey};
use doorstep_store::movement::{self, EntryKind, EntryRow, MovementKind, StockRow};
use doorstep_store::{LaneId, LaneTx, StoreError};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::sync::Arc;
use utoipa::ToSchema;

/// How long the answer is kept for a repetition: a day, as everywhere.
const ANSWER_KEPT_US: i64 = 86_400 * SECOND_US;

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What.
    pub kind: EntryKind,
    /// Where.
    pub center_id: CenterId,
    /// Of a transfer: where to.
    pub to_center_id: Option<CenterId>,
    /// What whoever enters it calls it.
    pub reference: Option<String>,
    /// Why, in words.
    pub reason: Option<String>,
    /// Of what how much.
    pub lines: Vec<EntryLine>,
}

/// Units of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryLine {
    /// Which.
    #[schema(value_type = String)]
    pub item_id: ItemId,
    /// Units.
    pub quantity: i64,
}

/// Who enters it, and under which key.
#[derive(Debug, Clone)]
pub struct Enterer {
    /// As it stands in the audit trail.
    pub actor: String,
    /// Whose centres alone they may enter something of.
    pub merchant: Option<MerchantId>,
    /// Whose idempotency key it is, and for what.
    pub scope: String,
    /// The key.
    pub key: String,
    /// A digest of what was entered.
    pub fingerprint: [u8; 32],
}

/// An entry that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EnteredView {
    /// Its name.
    pub movement: String,
    /// What an answer about availability must know of, to know of this.
    pub token: String,
    /// What there is now.
    pub lines: Vec<EnteredLine>,
}

/// What there is of an item now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EnteredLine {
    /// Which.
    pub item_id: String,
    /// Units in the centre.
    pub quantity: i64,
    /// Units in the centre they were moved to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_quantity: Option<i64>,
}

/// How an entry is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entered {
    /// It was done now; the answer as JSON.
    New(Vec<u8>),
    /// It was done before; the answer it had then.
    Repeated(Vec<u8>),
    /// The key was used for something else.
    KeyReused,
}

/// An entry whose names are known.
struct Known {
    kind: EntryKind,
    center: Arc<Center>,
    to: Option<Arc<Center>>,
    lines: Vec<(Arc<Item>, i64)>,
    row: EntryRow,
}

/// Enters something; it is durable when this returns.
///
/// Errors: [`AppError::Invalid`] of the first field that cannot be; [`AppError::Shortage`] where
/// more would be taken than there is.
pub fn enter(app: &App, entry: &Entry, enterer: Enterer) -> Result<Entered, AppError> {
    let now = app.clock.now();
    let known = known(app, entry, &enterer, now)?;
    let store = app.stock.store_of(app, &known.center.market);
    let centers = [Some(&known.center), known.to.as_ref()];
    let lanes: Vec<LaneId> =
        centers.into_iter().flatten().map(|center| center.lane.clone()).collect();
    let entered = store.lanes(&lanes, move |tx| {
        let request = RequestKey { scope: &enterer.scope, key: &enterer.key };
        let until = now.plus(ANSWER_KEPT_US).0;
        match idempotency::begin(tx, request, &enterer.fingerprint, now.0, until)? {
            Begun::New => {}
            Begun::Replay(kept) => return Ok(Entered::Repeated(kept)),
            // Begun and finished in one transaction: nobody ever sees it running.
            Begun::Running | Begun::Mismatch => return Ok(Entered::KeyReused),
        }
        // A refusal undoes that the key was used.
        let view = write(tx, &known, now)?;
        let answer = serde_json::to_vec(&view);
        let answer = answer.map_err(|error| AppError::machine("the answer", error))?;
        idempotency::finish(tx, request, &answer, until)?;
        Ok::<_, AppError>(Entered::New(answer))
    })?;
    app.stock.ring();
    Ok(entered)
}

fn known(app: &App, entry: &Entry, enterer: &Enterer, now: Micros) -> Result<Known, AppError> {
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

/// Decides an entry on the rows of its lanes, which are held, and writes it.
fn write(tx: &mut LaneTx<'_>, known: &Known, now: Micros) -> Result<EnteredView, AppError> {
    let here = rows(tx, &known.center, known)?;
    let there = match &known.to {
        Some(to) => rows(tx, to, known)?,
        None => Vec::new(),
    };
    check(known, &here, &there)?;
    let mut changes = Vec::with_capacity(here.len() + there.len());
    for ((_, quantity), before) in known.lines.iter().zip(&here) {
        changes.push(change(known, &known.center, before, delta(known.kind, *quantity, before)));
    }
    if let Some(to) = &known.to {
        let lines = known.lines.iter().zip(&there);
        changes.extend(lines.map(|((_, units), before)| change(known, to, before, *units)));
    }
    movement::enter(tx, &known.row)?;
    let telling = Telling { kind: MOVED, cause: &known.row.movement, now };
    let token = moving::write(tx, &changes, telling)?.to_string();
    let lines = known.lines.iter().enumerate().map(|(place, (item, quantity))| EnteredLine {
        item_id: item.id.to_string(),
        quantity: here[place].quantity + delta(known.kind, *quantity, &here[place]),
        to_quantity: there.get(place).map(|before| before.quantity + quantity),
    });
    Ok(EnteredView { movement: known.row.movement.clone(), token, lines: lines.collect() })
}

fn change<'a>(known: &Known, center: &'a Center, before: &StockRow, delta: i64) -> Change<'a> {
    let kind = moved_as(known.kind);
    Change { lane: &center.lane, lane_no: center.lane_no, before: *before, delta, kind }
}

/// The rows of a centre, line by line.
fn rows(tx: &mut LaneTx<'_>, center: &Center, known: &Known) -> Result<Vec<StockRow>, StoreError> {
    let items: Vec<i64> = known.lines.iter().map(|(item, _)| item.item_no).collect();
    let found = movement::stock(tx, center.center_no, &items)?;
    let found: std::collections::HashMap<i64, StockRow> =
        found.into_iter().map(|row| (row.item_no, row)).collect();
    let row = |item_no: &i64| found.get(item_no).copied();
    let absent = |item_no: &i64| StockRow::absent(center.center_no, *item_no);
    Ok(items.iter().map(|item_no| row(item_no).unwrap_or_else(|| absent(item_no))).collect())
}

/// What cannot be: more is taken than there is, or more would be there than can be counted.
fn check(known: &Known, here: &[StockRow], there: &[StockRow]) -> Result<(), AppError> {
    let takes = matches!(known.kind, EntryKind::WriteOff | EntryKind::Transfer);
    let lines = || known.lines.iter().zip(here);
    if takes && lines().any(|((_, quantity), row)| *quantity > row.quantity) {
        let short = lines().map(|((item, quantity), row)| ShortLine {
            item_id: item.id.to_string(),
            wanted: *quantity,
            available: row.quantity.max(0),
        });
        return Err(AppError::Shortage { lines: short.collect() });
    }
    let grows = if known.kind == EntryKind::Receive { here } else { there };
    for (place, ((_, quantity), row)) in known.lines.iter().zip(grows).enumerate() {
        if row.quantity + quantity > QUANTITY_MAX {
            let reason = format!("{} and {quantity} are too many", row.quantity);
            return Err(AppError::invalid(format!("/lines/{place}/quantity"), reason));
        }
    }
    Ok(())
}

/// By how much a line of an entry changes its row.
fn delta(kind: EntryKind, quantity: i64, before: &StockRow) -> i64 {
    match kind {
        EntryKind::Receive => quantity,
        EntryKind::Count => quantity - before.quantity,
        EntryKind::WriteOff | EntryKind::Transfer => -quantity,
    }
}

fn moved_as(kind: EntryKind) -> MovementKind {
    match kind {
        EntryKind::Receive => MovementKind::Received,
        EntryKind::Count => MovementKind::Counted,
        EntryKind::WriteOff => MovementKind::WrittenOff,
        EntryKind::Transfer => MovementKind::Moved,
    }
}
