//! The accountant's command: facts join what is known, and what follows from them is kept (A6).
//!
//! The caller holds the lanes of the facts' markets and advances its cursor in the same
//! transaction, so a crash neither loses nor doubles a fact (B10).

use super::change::Change;
use super::late;
use super::presence;
use super::read::{Origin, Told};
use super::waiting;
use crate::dead_letters::Letter;
use crate::error::AppError;
use crate::wire::EVENTS;
use doorstep_domain::delivery::{Fact, FactSet, Joined, Lifecycle};
use doorstep_domain::event::{EventBody, Rejection, RejectionCode, Step};
use doorstep_domain::id::MarketId;
use doorstep_domain::limits::FACTS_PER_DELIVERY_MAX;
use doorstep_domain::market::Market;
use doorstep_domain::time::Micros;
use doorstep_log::Entry;
use doorstep_store::conflict::ConflictRow;
use doorstep_store::delivery::Kept;
use doorstep_store::{LaneTx, Tx, conflict, day, delivery, interval};
use std::collections::{BTreeMap, HashMap};

/// What became of a batch's facts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// Facts that were new.
    pub accepted: u64,
    /// Facts that were known already.
    pub duplicate: u64,
    /// Of the accepted, those about a day that was closed.
    pub late: u64,
    /// Adjustments made for closed days.
    pub adjustments: u64,
    /// Their amounts added up without sign, in minor units.
    pub late_volume_minor: u64,
    /// Conflicts raised.
    pub conflicts: u64,
    /// Facts that were too many to be believed.
    pub letters: Vec<Refusal>,
    /// The most facts that one delivery or courier had in the batch (B15).
    pub hottest_key_facts: u64,
}

/// A fact refused only once it was compared with what is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Index among the facts given.
    pub told: usize,
    /// Why.
    pub rejection: Rejection,
}

/// What a command knows of its market while it runs.
pub(super) struct Account<'m> {
    pub(super) market: &'m Market,
    pub(super) now: Micros,
    closed: HashMap<i64, bool>,
}

impl Account<'_> {
    /// Whether a day is closed; asked once per day and command.
    pub(super) fn is_closed(&mut self, tx: &mut dyn Tx, day: i64) -> Result<bool, AppError> {
        if let Some(closed) = self.closed.get(&day) {
            return Ok(*closed);
        }
        let row = day::load(tx, self.market.id.as_str(), day)?;
        let closed = row.is_some_and(|row| row.closed.is_some());
        self.closed.insert(day, closed);
        Ok(closed)
    }

    /// The local day of an instant, as a number.
    pub(super) fn day(&self, at: Micros) -> i64 {
        self.market.time_zone.day(at).number()
    }
}

/// Lets facts join what is known. Facts of markets not in `markets` are not for this command.
pub fn apply(
    tx: &mut LaneTx<'_>,
    markets: &BTreeMap<MarketId, Market>,
    told: &[Told],
    now: Micros,
) -> Result<Applied, AppError> {
    let mut applied = Applied::default();
    for (id, market) in markets {
        let mut account = Account { market, now, closed: HashMap::new() };
        let mine = |told: &&Told| told.event.market == *id;
        let mut facts: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, told) in told.iter().enumerate().filter(|(_, told)| mine(told)) {
            if let EventBody::Delivery { delivery, .. } = &told.event.body {
                facts.entry(delivery.as_str()).or_default().push(index);
            }
        }
        let hottest = facts.values().map(Vec::len).max().unwrap_or(0) as u64;
        applied.hottest_key_facts = applied.hottest_key_facts.max(hottest);
        deliveries(tx, &mut account, told, facts, &mut applied)?;
        let presences = told.iter().filter(mine);
        presence::join(tx, &mut account, presences, &mut applied)?;
    }
    Ok(applied)
}

/// Deliveries whose facts are loaded and kept in one go.
const DELIVERIES_AT_ONCE: usize = 4_096;

fn deliveries(
    tx: &mut LaneTx<'_>,
    account: &mut Account<'_>,
    told: &[Told],
    facts: BTreeMap<&str, Vec<usize>>,
    applied: &mut Applied,
) -> Result<(), AppError> {
    let facts: Vec<(&str, Vec<usize>)> = facts.into_iter().collect();
    for chunk in facts.chunks(DELIVERIES_AT_ONCE) {
        let ids: Vec<&str> = chunk.iter().map(|(delivery, _)| *delivery).collect();
        let mut known = delivery::load(tx, account.market.id.as_str(), &ids)?;
        let mut changes = Vec::with_capacity(chunk.len());
        for (id, indexes) in chunk {
            let known = known.remove(*id).unwrap_or_default();
            let new = indexes.iter().map(|index| (*index, &told[*index]));
            changes.extend(join(tx, account, (id, known), new, applied)?);
        }
        keep(tx, account, &changes, applied)?;
    }
    Ok(())
}

/// Joins one delivery's new facts with those known; `None` where nothing was new.
fn join<'t>(
    tx: &mut dyn Tx,
    account: &mut Account<'_>,
    (id, before): (&str, FactSet),
    new: impl Iterator<Item = (usize, &'t Told)>,
    applied: &mut Applied,
) -> Result<Option<Change>, AppError> {
    let (mut facts, mut told_at) = (before.clone(), None);
    for (index, Told { event, origin }) in new {
        let EventBody::Delivery { step, .. } = &event.body else {
            continue;
        };
        let fact = Fact { at: event.at, step: step.clone(), key: event.key.clone() };
        match facts.join(fact) {
            Joined::New => {
                applied.accepted += 1;
                let day = account.day(event.at);
                applied.late += u64::from(account.is_closed(tx, day)?);
                // Where a completion will wait, it is the completion's place that is remembered.
                if told_at.is_none() || matches!(step, Step::Delivered(_)) {
                    told_at = Some(*origin);
                }
            }
            Joined::Repeated => applied.duplicate += 1,
            Joined::Full => applied.letters.push(too_many(index)),
        }
    }
    let Some(origin) = told_at else {
        return Ok(None);
    };
    Change::between(tx, account, id, &before, facts, origin).map(Some)
}

fn too_many(told: usize) -> Refusal {
    let reason =
        format!("the delivery has as many facts as are believed, {FACTS_PER_DELIVERY_MAX} at most");
    Refusal { told, rejection: Rejection::new(RejectionCode::TooManyFacts, "", reason) }
}

/// Re-reads a delivery under what a person has decided, and answers the conflict as it stands then.
pub fn decide_conflict(
    tx: &mut LaneTx<'_>,
    market: &Market,
    decided: ConflictRow,
    now: Micros,
) -> Result<ConflictRow, AppError> {
    let mut account = Account { market, now, closed: HashMap::new() };
    let id = decided.delivery.clone();
    let facts = delivery::load(tx, market.id.as_str(), &[&id])?.remove(&id).unwrap_or_default();
    let before = conflict::load(tx, market.id.as_str(), &id)?;
    let change = Change::decided(tx, &mut account, facts, before.as_ref(), &decided)?;
    keep(tx, &mut account, std::slice::from_ref(&change), &mut Applied::default())?;
    Ok(change.conflict.unwrap_or(decided))
}

/// Writes what changed: first what every open day takes, then, one delivery after another, what
/// closed days are corrected by.
fn keep(
    tx: &mut LaneTx<'_>,
    account: &mut Account<'_>,
    changes: &[Change],
    applied: &mut Applied,
) -> Result<(), AppError> {
    let market = account.market.id.as_str();
    let kept: Vec<Kept<'_>> = changes
        .iter()
        .map(|change| Kept {
            market,
            delivery: &change.delivery,
            facts: &change.facts,
            open_courier: open_courier(&change.after),
        })
        .collect();
    delivery::save(tx, &kept)?;
    let mut days: Vec<(&str, i64)> = changes
        .iter()
        .flat_map(|change| change.rows_after.iter().map(|row| (market, row.day)))
        .collect();
    days.sort_unstable();
    days.dedup();
    day::open(tx, &days)?;
    let (late, timely): (Vec<&Change>, Vec<&Change>) =
        changes.iter().partition(|change| change.corrects_closed_day);
    replace_rows(tx, market, &timely)?;
    for change in late {
        replace_rows(tx, market, &[change])?;
        late::correct_closed_days(tx, account, change, applied)?;
    }
    for change in changes {
        if let Some(row) = &change.conflict {
            conflict::save(tx, row)?;
        }
        if change.raises_conflict {
            applied.conflicts += 1;
            tx.announce("conflict.raised", &change.delivery, market.as_bytes(), account.now.0)?;
        }
        waiting::follow(tx, account, change)?;
    }
    Ok(())
}

fn replace_rows(tx: &mut dyn Tx, market: &str, changes: &[&Change]) -> Result<(), AppError> {
    let rows = |row| (market, row);
    let gone: Vec<_> = changes.iter().flat_map(|change| change.rows_gone()).map(rows).collect();
    let come: Vec<_> = changes.iter().flat_map(|change| change.rows_come()).map(rows).collect();
    Ok(interval::replace(tx, &gone, &come)?)
}

fn open_courier(lifecycle: &Lifecycle) -> Option<&str> {
    lifecycle.open.as_ref().map(|attempt| attempt.courier.as_str())
}

/// The dead letters of refusals, whose raw bytes stand in the entries the facts were read from.
pub fn letters_of(
    refusals: &[Refusal],
    told: &[Told],
    entries: &[Entry],
    now: Micros,
) -> Vec<Letter> {
    let letter = |refusal: &Refusal| {
        let Origin { partition, offset } = told[refusal.told].origin;
        let raw = entries.iter().find(|entry| entry.offset == offset);
        let raw = raw.map_or(&[][..], |entry| &entry.value);
        let origin = (EVENTS.to_owned(), partition, offset);
        Letter::refused(raw, &refusal.rejection, now, Some(origin))
    };
    refusals.iter().map(letter).collect()
}
