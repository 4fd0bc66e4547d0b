//! Repair: the store is made to say what the log says, and closed days are corrected by
//! adjustments. Each step can be cut off at any point and run again.

use super::compare::{Found, Wrong, shown};
use super::restore::{self, Restored};
use super::stated::party_of;
use crate::accounting::change::rows_of;
use crate::app::{App, market_lane, terms_of};
use crate::error::AppError;
use crate::pay::PricedDay;
use crate::settlement::correct;
use doorstep_domain::delivery::{FactSet, fold};
use doorstep_domain::market::Market;
use doorstep_domain::settlement::Party;
use doorstep_domain::time::{Day, Micros};
use doorstep_store::delivery::Kept;
use doorstep_store::interval::IntervalRow;
use doorstep_store::presence::PresenceRow;
use doorstep_store::{LaneTx, Tx, audit, conflict, day, delivery, interval, presence};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Deliveries or parties repaired in one commit.
const AT_ONCE: usize = 256;

/// Why a repair of very many rows is unfinished.
const MORE_THAN_AT_ONCE: &str = "there is more to repair than is done at once: run it again";

/// Who repairs which day, and when.
#[derive(Clone)]
struct Repair {
    market: Market,
    day: Day,
    actor: String,
    now: Micros,
}

/// Repairs what was found, and answers how many rows and adjustments that took and why it is not
/// all, if it is not.
pub(super) fn repair(
    app: &App,
    market: &Market,
    day: Day,
    found: Found,
    actor: &str,
) -> Result<(u64, Vec<String>), AppError> {
    let (actor, now) = (actor.to_owned(), app.clock.now());
    let repair = Repair { market: market.clone(), day, actor, now };
    let lane = market_lane(&market.id)?;
    let mut repaired = 0;
    let mut wrong = found.wrong.into_iter();
    loop {
        let chunk: Arc<Vec<(String, Wrong)>> = Arc::new(wrong.by_ref().take(AT_ONCE).collect());
        if chunk.is_empty() {
            break;
        }
        let repair = repair.clone();
        repaired += app.store.lane(&lane, move |tx| repair.deliveries(tx, &chunk))?;
    }
    let (missing, invented) = (found.presence_missing, found.presence_invented);
    if !missing.is_empty() || !invented.is_empty() {
        let repair = repair.clone();
        repaired += app.store.lane(&lane, move |tx| repair.presence(tx, &missing, &invented))?;
    }
    // Statements and adjustments are computed from the rows, so these must be right first.
    if found.unfinished {
        return Ok((repaired, vec![MORE_THAN_AT_ONCE.to_owned()]));
    }
    if !found.flaws.is_empty() {
        let repair = repair.clone();
        let restored = app.store.lane(&lane, move |tx| repair.kept(tx))?;
        repaired += restored.rows;
        if !restored.reasons.is_empty() {
            return Ok((repaired, restored.reasons));
        }
    }
    // What was damaged may have hidden what the party was settled wrongly by.
    let flawed = found.flaws.iter().filter_map(|flaw| party_of(&flaw.account));
    let parties: BTreeSet<Party> = found.unsettled.into_iter().chain(flawed).collect();
    let parties: Vec<Party> = parties.into_iter().collect();
    for chunk in parties.chunks(AT_ONCE) {
        let (repair, chunk) = (repair.clone(), chunk.to_vec());
        repaired += app.store.lane(&lane, move |tx| repair.settlement(tx, &chunk))?;
    }
    Ok((repaired, Vec::new()))
}

impl Repair {
    /// Replaces facts and rows of the day.
    fn deliveries(&self, tx: &mut LaneTx<'_>, wrong: &[(String, Wrong)]) -> Result<u64, AppError> {
        let market = self.market.id.as_str();
        let (mut before, mut after) = (serde_json::Map::new(), serde_json::Map::new());
        for (id, wrong) in wrong {
            let facts = self.facts(tx, id, wrong)?;
            let decision = conflict::load(tx, market, id)?.and_then(|conflict| conflict.decision);
            let lifecycle = fold(&facts, self.market.rules(), decision.as_ref());
            if wrong.facts.is_some() {
                let open = lifecycle.open.as_ref().map(|attempt| attempt.courier.as_str());
                let kept = Kept { market, delivery: id, facts: &facts, open_courier: open };
                delivery::save(tx, &[kept])?;
            }
            let mut come = rows_of(&self.market, id, &lifecycle);
            come.retain(|row| row.day == self.day.number());
            let gone: Vec<(&str, &IntervalRow)> =
                wrong.kept.iter().map(|row| (market, row)).collect();
            let come_rows: Vec<(&str, &IntervalRow)> =
                come.iter().map(|row| (market, row)).collect();
            interval::replace(tx, &gone, &come_rows)?;
            before.insert(id.clone(), said(&wrong.kept));
            after.insert(id.clone(), said(&come));
        }
        day::open(tx, &[(market, self.day.number())])?;
        self.record(tx, json!(before), json!(after))?;
        Ok(wrong.len() as u64)
    }

    /// The facts a delivery should have: those of the log, and those that came since it was
    /// compared. What only the store had then is dropped.
    fn facts(&self, tx: &mut dyn Tx, id: &str, wrong: &Wrong) -> Result<FactSet, AppError> {
        let now = delivery::load(tx, self.market.id.as_str(), &[id])?;
        let now = now.into_values().next().unwrap_or_default();
        let Some((by_log, then)) = &wrong.facts else {
            return Ok(now);
        };
        let came = now.iter().filter(|fact| !then.iter().any(|known| known == *fact));
        Ok(by_log.iter().chain(came).cloned().collect())
    }

    fn presence(
        &self,
        tx: &mut LaneTx<'_>,
        missing: &[PresenceRow],
        invented: &[PresenceRow],
    ) -> Result<u64, AppError> {
        let market = self.market.id.as_str();
        for row in invented {
            presence::remove(tx, market, row)?;
        }
        for row in missing {
            presence::join(tx, market, row)?;
        }
        let said = |rows: &[PresenceRow]| -> Value {
            rows.iter().map(|row| json!([row.courier, row.at_us, row.online])).collect()
        };
        self.record(tx, said(invented), said(missing))?;
        Ok((missing.len() + invented.len()) as u64)
    }

    /// Restores what the close of the day has kept.
    fn kept(&self, tx: &mut LaneTx<'_>) -> Result<Restored, AppError> {
        let history = terms_of(tx, &self.market)?;
        let priced = PricedDay::new(&self.market, self.day, &history, None)?;
        let restored = restore::restore(tx, &priced)?;
        if restored.rows > 0 {
            self.record(tx, json!(restored.before), json!(restored.after))?;
        }
        Ok(restored)
    }

    /// Posts what a closed day's parties were settled wrongly by.
    fn settlement(&self, tx: &mut LaneTx<'_>, parties: &[Party]) -> Result<u64, AppError> {
        let history = terms_of(tx, &self.market)?;
        let priced = PricedDay::new(&self.market, self.day, &history, None)?;
        let mut made = Vec::new();
        for party in parties {
            made.extend(correct(tx, &priced, party, None, "reconciliation", self.now)?);
        }
        for adjustment in &made {
            let payload = serde_json::to_vec(adjustment).unwrap_or_default();
            tx.announce("adjustment.made", &self.subject(), &payload, self.now.0)?;
        }
        if !made.is_empty() {
            self.record(tx, Value::Null, json!(made))?;
        }
        Ok(made.len() as u64)
    }

    fn record(&self, tx: &mut LaneTx<'_>, before: Value, after: Value) -> Result<(), AppError> {
        let states = (before.to_string(), after.to_string());
        let states = (states.0.as_str(), states.1.as_str());
        audit::add(tx, self.now, &self.actor, "day.reconcile", &self.subject(), states)?;
        tx.announce("day.reconciled", &self.subject(), states.1.as_bytes(), self.now.0)?;
        Ok(())
    }

    fn subject(&self) -> String {
        format!("{}/{}", self.market.id, self.day)
    }
}

fn said(rows: &[IntervalRow]) -> Value {
    rows.iter().map(|row| Value::from(shown(Some(row)))).collect()
}
