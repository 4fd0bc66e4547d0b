//! Conflicts between completions, listed and decided by people (A7).

use crate::accounting;
use crate::app::{App, market_lane};
use crate::error::AppError;
use crate::settlement::{ConflictView, conflict_view};
use doorstep_domain::delivery::{Decision, Fingerprint};
use doorstep_domain::time::Micros;
use doorstep_store::conflict::{self, ConflictRow};
use doorstep_store::{LaneTx, audit};
use serde::Serialize;
use std::collections::BTreeSet;

/// A page of conflicts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConflictPage {
    /// The conflicts, by market and delivery.
    pub data: Vec<ConflictView>,
    /// Where the next page begins: market and delivery of the last one here.
    pub next: Option<(String, String)>,
}

/// Conflicts of a market, or of all where it is empty; in a state, or in any where it is empty.
pub fn list(
    app: &App,
    market: &str,
    state: &str,
    after: (&str, &str),
    limit: usize,
) -> Result<ConflictPage, AppError> {
    if !["", "open", "resolved", "by-policy"].contains(&state) {
        let reason = format!("{state:?} is not open, resolved or by-policy");
        return Err(AppError::invalid("state", reason));
    }
    if !market.is_empty() {
        app.market(market)?;
    }
    let asked = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut rows: Vec<ConflictRow> =
        app.store.read(|tx| conflict::list(tx, market, state, after, asked))?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().map(|row| (row.market.clone(), row.delivery.clone()));
    Ok(ConflictPage {
        next: last.filter(|_| more),
        data: rows.into_iter().map(conflict_view).collect(),
    })
}

/// Decides a conflict: the content named `keep` stands, over all that has been told so far. Of a
/// closed day the difference becomes an adjustment. Deciding the same again changes nothing.
///
/// Errors: [`AppError::NotFound`] where there is no conflict, [`AppError::Invalid`] where none of
/// its contents has that fingerprint.
pub fn resolve(
    app: &App,
    market: &str,
    delivery: &str,
    keep: &str,
    actor: &str,
) -> Result<ConflictView, AppError> {
    let market = app.market(market)?.clone();
    let (delivery, keep, actor) = (delivery.to_owned(), keep.to_owned(), actor.to_owned());
    let now = app.clock.now();
    app.store.lane(&market_lane(&market.id)?, move |tx| {
        let known = conflict::load(tx, market.id.as_str(), &delivery)?.ok_or_else(|| {
            AppError::NotFound { what: "conflict of delivery", id: delivery.clone() }
        })?;
        let considered = fingerprints(&known);
        if !considered.contains(keep.as_str()) {
            let names: Vec<&str> = considered.iter().map(|name| &**name).collect();
            let reason = format!("{keep:?} is none of {}", names.join(", "));
            return Err(AppError::invalid("/keep", reason));
        }
        let decision = Decision { keep: keep.as_str().into(), considered };
        if known.resolved_by.is_some() && known.decision.as_ref() == Some(&decision) {
            return Ok(conflict_view(known));
        }
        decide(tx, &market, known, decision, (&actor, now))
    })
}

fn decide(
    tx: &mut LaneTx<'_>,
    market: &doorstep_domain::market::Market,
    known: ConflictRow,
    decision: Decision,
    (actor, now): (&str, Micros),
) -> Result<ConflictView, AppError> {
    let before = conflict_view(known.clone());
    let decided = ConflictRow {
        decision: Some(decision),
        resolved_at_us: Some(now.0),
        resolved_by: Some(actor.to_owned()),
        ..known
    };
    let row = accounting::decide_conflict(tx, market, decided, now)?;
    let after = conflict_view(row);
    let subject = format!("{}/{}", after.market, after.delivery_id);
    let states = (json(&before), json(&after));
    audit::add(tx, now, actor, "conflict.resolve", &subject, (&states.0, &states.1))?;
    tx.announce("conflict.resolved", &after.delivery_id, states.1.as_bytes(), now.0)?;
    Ok(after)
}

fn fingerprints(row: &ConflictRow) -> BTreeSet<Fingerprint> {
    let told: serde_json::Value = serde_json::from_str(&row.told).unwrap_or_default();
    let told = told.as_array().map(Vec::as_slice).unwrap_or_default();
    told.iter().filter_map(|told| told["fingerprint"].as_str()).map(Into::into).collect()
}

fn json(view: &ConflictView) -> String {
    serde_json::to_string(view).unwrap_or_default()
}
