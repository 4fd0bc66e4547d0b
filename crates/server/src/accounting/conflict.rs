//! Conflicts as the accountant finds them: delivered more than once, differently (A7).

use super::apply::Account;
use crate::error::AppError;
use doorstep_domain::delivery::{ConflictPolicy, Decision, FactSet, Lifecycle, Told};
use doorstep_domain::event::{Carrier, Step};
use doorstep_store::Tx;
use doorstep_store::conflict::{self, ConflictRow};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The conflict kept about a delivery. Only one that was ended more than once can have any.
pub(super) fn known(
    tx: &mut dyn Tx,
    account: &Account<'_>,
    delivery: &str,
    facts: &FactSet,
) -> Result<Option<ConflictRow>, AppError> {
    let ends = |step: &Step| matches!(step, Step::Delivered(_) | Step::Cancelled);
    if facts.iter().filter(|fact| ends(&fact.step)).count() < 2 {
        return Ok(None);
    }
    Ok(conflict::load(tx, account.market.id.as_str(), delivery)?)
}

/// What a closed day has fixed: what stood when it was closed still stands, until a person or a
/// higher revision says otherwise.
pub(super) fn fixed_by_close(
    tx: &mut dyn Tx,
    account: &mut Account<'_>,
    then: &Lifecycle,
) -> Result<Option<Decision>, AppError> {
    let Some(stands) = &then.standing.stands else {
        return Ok(None);
    };
    if account.market.conflicts == ConflictPolicy::HighestRevision {
        return Ok(None);
    }
    let closed = account.is_closed(tx, account.day(stands.at))?;
    let fixed = || Decision { keep: stands.fingerprint.clone(), considered: BTreeSet::new() };
    Ok(closed.then(fixed))
}

/// The conflict as it stands after a change; none where all that was told agrees and always did.
pub(super) fn row(
    account: &Account<'_>,
    delivery: &str,
    after: &Lifecycle,
    known: Option<&ConflictRow>,
    decision: Option<Decision>,
) -> Option<ConflictRow> {
    let standing = &after.standing;
    if standing.disputed_by.is_empty() && standing.set_aside.is_empty() {
        return known.filter(|row| row.state == "open").map(|row| taken_back(row, after));
    }
    let stands = standing.stands.as_ref()?;
    let decided_by = known.and_then(|row| row.resolved_by.clone());
    let state = match (&decided_by, standing.disputed_by.is_empty()) {
        (_, false) => "open",
        (Some(_), true) => "resolved",
        (None, true) => "by-policy",
    };
    let others = standing.disputed_by.iter().chain(&standing.set_aside);
    let told: Vec<Value> = std::iter::once((stands, true))
        .chain(others.map(|told| (told, false)))
        .map(|(told, stands)| shown(told, stands))
        .collect();
    Some(ConflictRow {
        market: account.market.id.as_str().to_owned(),
        delivery: delivery.to_owned(),
        day: account.day(stands.at),
        state: state.to_owned(),
        told: Value::from(told).to_string(),
        decision,
        raised_at_us: known.map_or(account.now.0, |row| row.raised_at_us),
        resolved_at_us: known.and_then(|row| row.resolved_at_us),
        resolved_by: decided_by,
    })
}

/// Whoever contradicted has taken it back: nobody has to decide any more.
fn taken_back(row: &ConflictRow, after: &Lifecycle) -> ConflictRow {
    let told: Vec<Value> = after.standing.stands.iter().map(|told| shown(told, true)).collect();
    let state = if row.resolved_by.is_some() { "resolved" } else { "by-policy" };
    ConflictRow { state: state.to_owned(), told: Value::from(told).to_string(), ..row.clone() }
}

fn shown(told: &Told, stands: bool) -> Value {
    let Some(completion) = &told.completion else {
        return json!({ "fingerprint": told.fingerprint, "stands": stands, "at": told.at,
            "cancelled": true });
    };
    let mut shown = json!({
        "fingerprint": told.fingerprint,
        "stands": stands,
        "at": told.at,
        "merchant_id": completion.merchant,
        "order_minor": completion.order_minor,
        "tip_minor": completion.tip_minor,
        "distance_m": completion.distance_m,
        "revision": completion.revision,
    });
    match &completion.carrier {
        Carrier::Courier(courier) => shown["courier_id"] = json!(courier),
        Carrier::Provider { telling, .. } => shown["provider"] = json!(telling.provider),
    }
    shown
}
