//! What new facts change about one delivery.

use super::apply::Account;
use super::conflict;
use super::read::Origin;
use crate::error::AppError;
use doorstep_domain::delivery::{Decision, FactSet, Lifecycle, fold};
use doorstep_domain::event::Carrier;
use doorstep_domain::id::CourierId;
use doorstep_domain::limits::INTERVAL_US_MAX;
use doorstep_domain::market::Market;
use doorstep_store::Tx;
use doorstep_store::conflict::ConflictRow;
use doorstep_store::interval::{ChargedRow, CompletedRow, IntervalRow, NOBODY};

/// A delivery before and after new facts.
pub(super) struct Change {
    pub(super) delivery: String,
    pub(super) facts: FactSet,
    pub(super) after: Lifecycle,
    pub(super) rows_before: Vec<IntervalRow>,
    pub(super) rows_after: Vec<IntervalRow>,
    /// The conflict as it now stands, if there is one.
    pub(super) conflict: Option<ConflictRow>,
    /// It became open by these facts.
    pub(super) raises_conflict: bool,
    /// It was waiting for the rest of its lifecycle before.
    pub(super) waited: bool,
    /// Where the newest of the facts stands; none where no fact was new.
    pub(super) was_told_at: Option<Origin>,
    /// Rows of a closed day came, went or changed.
    pub(super) corrects_closed_day: bool,
}

impl Change {
    /// What further facts change.
    pub(super) fn between(
        tx: &mut dyn Tx,
        account: &mut Account<'_>,
        delivery: &str,
        before: &FactSet,
        facts: FactSet,
        origin: Origin,
    ) -> Result<Change, AppError> {
        let known = conflict::known(tx, account, delivery, &facts)?;
        let decided = known.as_ref().and_then(|row| row.decision.clone());
        let then = fold(before, account.market.rules(), decided.as_ref());
        let decision = match decided {
            Some(decision) => Some(decision),
            None => conflict::fixed_by_close(tx, account, &then)?,
        };
        let mut change = Change::of(account, delivery, &then, facts, decision, known.as_ref());
        change.was_told_at = Some(origin);
        change.look_for_closed_days(tx, account)?;
        Ok(change)
    }

    /// What a decision over the same facts changes.
    pub(super) fn decided(
        tx: &mut dyn Tx,
        account: &mut Account<'_>,
        facts: FactSet,
        known: Option<&ConflictRow>,
        decided: &ConflictRow,
    ) -> Result<Change, AppError> {
        let before = known.and_then(|row| row.decision.as_ref());
        let then = fold(&facts, account.market.rules(), before);
        let decision = decided.decision.clone();
        let mut change =
            Change::of(account, &decided.delivery, &then, facts, decision, Some(decided));
        change.look_for_closed_days(tx, account)?;
        Ok(change)
    }

    fn of(
        account: &Account<'_>,
        delivery: &str,
        then: &Lifecycle,
        facts: FactSet,
        decision: Option<Decision>,
        known: Option<&ConflictRow>,
    ) -> Change {
        let after = fold(&facts, account.market.rules(), decision.as_ref());
        let conflict = conflict::row(account, delivery, &after, known, decision);
        let was_open = known.is_some_and(|row| row.state == "open");
        Change {
            delivery: delivery.to_owned(),
            raises_conflict: !was_open && conflict.as_ref().is_some_and(|row| row.state == "open"),
            waited: then.waiting.is_some(),
            corrects_closed_day: false,
            rows_before: rows_of(account.market, delivery, then),
            rows_after: rows_of(account.market, delivery, &after),
            facts,
            after,
            conflict,
            was_told_at: None,
        }
    }

    fn look_for_closed_days(
        &mut self,
        tx: &mut dyn Tx,
        account: &mut Account<'_>,
    ) -> Result<(), AppError> {
        let changed: Vec<i64> =
            self.rows_gone().chain(self.rows_come()).map(|row| row.day).collect();
        for day in changed {
            self.corrects_closed_day |= account.is_closed(tx, day)?;
        }
        Ok(())
    }

    /// Rows that are not there any more.
    pub(super) fn rows_gone(&self) -> impl Iterator<Item = &IntervalRow> {
        let stays = |row: &&IntervalRow| {
            self.rows_after
                .iter()
                .any(|other| (other.day, &other.courier) == (row.day, &row.courier))
        };
        self.rows_before.iter().filter(move |row| !stays(row))
    }

    /// Rows that are new, or not as they were.
    pub(super) fn rows_come(&self) -> impl Iterator<Item = &IntervalRow> {
        self.rows_after.iter().filter(|row| !self.rows_before.contains(row))
    }
}

/// The rows that a lifecycle has: one for each local day from the start of the carrying, as far as
/// it is believed, to the completion. What a provider carried has one row, of nobody's time.
pub(crate) fn rows_of(market: &Market, delivery: &str, lifecycle: &Lifecycle) -> Vec<IntervalRow> {
    let Some((delivered, completion)) = lifecycle.standing.completed() else {
        return Vec::new();
    };
    let carried = lifecycle.carried.as_ref();
    let believed = |at: &doorstep_domain::time::Micros| *at >= delivered.plus(-INTERVAL_US_MAX);
    let assigned = carried.and_then(|attempt| attempt.assigned).filter(believed);
    let picked_up = carried.and_then(|attempt| attempt.picked_up).filter(believed);
    let start = [assigned, picked_up].into_iter().flatten().min().unwrap_or(delivered);
    let last = market.time_zone.day(delivered);
    let courier = completion.carrier.courier().map_or(NOBODY, CourierId::as_str);
    let mut rows = Vec::with_capacity(1);
    let mut day = market.time_zone.day(start).min(last);
    while day <= last {
        let completed = (day == last).then(|| CompletedRow {
            merchant: completion.merchant.as_str().to_owned(),
            // What was given back was not sold; more than was sold cannot be given back of it.
            order_minor: completion.order_minor.saturating_sub(lifecycle.refunded_minor).max(0),
            tip_minor: completion.tip_minor,
            distance_m: completion.distance_m,
            provider: charged(&completion.carrier),
        });
        rows.push(IntervalRow {
            day: day.number(),
            courier: courier.to_owned(),
            delivery: delivery.to_owned(),
            assigned,
            picked_up,
            delivered,
            completion: completed,
        });
        day = day.next();
    }
    rows
}

fn charged(carrier: &Carrier) -> Option<ChargedRow> {
    match carrier {
        Carrier::Courier(_) => None,
        Carrier::Provider { telling, cost_minor } => Some(ChargedRow {
            provider: telling.provider.as_str().to_owned(),
            cost_minor: *cost_minor,
        }),
    }
}
