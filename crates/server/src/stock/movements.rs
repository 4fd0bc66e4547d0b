//! What somebody enters of stock: more came, so many are there, some are broken, some were moved.
//!
//! An entry is all or nothing, in the lanes of its centres, and done once for its key.

mod known;
mod view;

pub use view::{MovementView, StockLine, StockView, of_center, of_item};
pub(crate) use view::{center_by_number, item_by_number};

use super::Center;
use super::moving::{self, Change, Telling};
use super::told::MOVED;
use crate::app::App;
use crate::error::{AppError, ShortLine};
use doorstep_domain::id::{CenterId, ItemId, MerchantId};
use doorstep_domain::limits::QUANTITY_MAX;
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_store::idempotency::{self, Begun, RequestKey};
use doorstep_store::movement::{self, EntryKind, MovementKind, StockRow};
use doorstep_store::{LaneId, LaneTx, StoreError};
use known::{Known, known};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
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
    let found: HashMap<i64, StockRow> = found.into_iter().map(|row| (row.item_no, row)).collect();
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
