//! Terms of markets: pay plans and fees, by version, previewed and applied (B13).
//!
//! Days are priced when they are read, so a version takes effect on every open day at once, in the
//! transaction that adds it. A closed day keeps the terms it was closed under.

mod file;
mod preview;
mod timeline;

pub use file::{MarketPlan, PlanFile};
pub use preview::{Change, DayPreview, MarketPreview, PlanPreview, preview};

use crate::app::{App, market_lane};
use crate::error::AppError;
use doorstep_domain::limits::EVENT_TIME_MIN;
use doorstep_domain::market::{Market, Terms, TermsHistory, TermsVersion};
use doorstep_domain::time::Micros;
use doorstep_store::{LaneId, LaneTx, Tx, audit, day, market};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What applying a plan file did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanApplied {
    /// Market by market, by name.
    pub markets: Vec<MarketApplied>,
}

/// What applying a plan file did to one market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MarketApplied {
    /// Which.
    pub market: String,
    /// Whether these terms were in force already: then nothing was changed.
    pub repeated: bool,
    /// The versions added: one, and two more for each run of closed days it must leave alone.
    pub versions: Vec<i64>,
    /// First instant governed by the terms, RFC 3339; null where it is every open day.
    pub effective_from: Option<String>,
}

/// One version of a market's terms.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct VersionView {
    /// Counts up from 1 within a market.
    pub version: i64,
    /// First instant governed by it, RFC 3339; null where there is none before it.
    pub effective_from: Option<String>,
    /// First instant governed by another one, RFC 3339; null where none follows, or where it
    /// governs nothing.
    pub effective_until: Option<String>,
    /// When it was added, RFC 3339.
    pub created_at: String,
    /// By whom.
    pub created_by: String,
    /// Whether it governs any instant: a later version may have overtaken it.
    pub in_force: bool,
    /// The terms, as in a plan file.
    #[schema(value_type = Object)]
    pub terms: Terms,
}

/// Every version of a market's terms, by number.
pub fn list(app: &App, market: &str) -> Result<Vec<VersionView>, AppError> {
    let market = app.market(market)?;
    let kept = app.store.read(|tx| market::versions(tx, market.id.as_str()))?;
    let history = TermsHistory::new(kept.iter().map(|kept| kept.version.clone()).collect());
    let place = |number| {
        let mut governing = history.versions().iter();
        governing.position(|version| version.version == number)
    };
    let until = |place: usize| history.versions().get(place + 1);
    let view = |kept: market::KeptTerms| VersionView {
        version: kept.version.version,
        effective_from: shown_instant(kept.version.effective_from),
        effective_until: place(kept.version.version)
            .and_then(until)
            .and_then(|next| shown_instant(next.effective_from)),
        created_at: kept.created_at.to_string(),
        created_by: kept.created_by,
        in_force: place(kept.version.version).is_some(),
        terms: kept.version.terms,
    };
    Ok(kept.into_iter().map(view).collect())
}

/// Puts the terms of a plan file in force, for all its markets in one transaction.
///
/// Errors: [`AppError::Invalid`] with the JSON pointer of the key at fault.
pub fn apply(app: &App, text: &str, actor: &str) -> Result<PlanApplied, AppError> {
    let file = PlanFile::read(text, app)?;
    let (actor, now) = (actor.to_owned(), app.clock.now());
    let mut plans: Vec<(LaneId, Market, MarketPlan)> = Vec::new();
    for (id, plan) in file.markets {
        plans.push((market_lane(&id)?, app.market(id.as_str())?.clone(), plan));
    }
    let lanes: Vec<LaneId> = plans.iter().map(|(lane, ..)| lane.clone()).collect();
    app.store.lanes(&lanes, move |tx| {
        let markets = plans.iter().map(|(lane, market, plan)| {
            let decided = Decided::new(tx, market, plan)?;
            decided.keep(tx, lane, &actor, now)
        });
        Ok(PlanApplied { markets: markets.collect::<Result<_, AppError>>()? })
    })
}

/// What a plan means for a market as it stands.
struct Decided<'m> {
    market: &'m Market,
    effective_from: Micros,
    before: TermsHistory,
    /// The versions to add, in order; none where nothing would change.
    added: Vec<TermsVersion>,
}

impl<'m> Decided<'m> {
    fn new(
        tx: &mut dyn Tx,
        market: &'m Market,
        plan: &MarketPlan,
    ) -> Result<Decided<'m>, AppError> {
        let id = market.id.as_str();
        let kept = market::versions(tx, id)?;
        let newest = kept.last().map_or(0, |kept| kept.version.version);
        let before = TermsHistory::new(kept.into_iter().map(|kept| kept.version).collect());
        let effective_from = plan.effective_from.unwrap_or(EVENT_TIME_MIN);
        let base = before
            .at(effective_from)
            .ok_or_else(|| AppError::NotFound { what: "terms of market", id: id.to_owned() })?;
        let terms = Terms {
            pay: plan.pay.clone().unwrap_or_else(|| base.terms.pay.clone()),
            fees: plan.fees.unwrap_or(base.terms.fees),
        };
        let runs = timeline::closed_runs(market, &closed_days(tx, market)?);
        let added = timeline::versions(&before, &runs, effective_from, &terms, newest);
        Ok(Decided { market, effective_from, before, added })
    }

    /// The history with what is to be added.
    fn after(&self) -> TermsHistory {
        let versions = self.before.versions().iter().chain(&self.added);
        TermsHistory::new(versions.cloned().collect())
    }

    fn keep(
        self,
        tx: &mut LaneTx<'_>,
        lane: &LaneId,
        actor: &str,
        now: Micros,
    ) -> Result<MarketApplied, AppError> {
        let id = self.market.id.as_str();
        let mut versions = Vec::with_capacity(self.added.len());
        for version in &self.added {
            let from = version.effective_from;
            versions.push(market::add_terms(tx, id, from, &version.terms, now, actor)?);
        }
        if !versions.is_empty() {
            let before = json(self.before.versions())?;
            let after = json(&self.added)?;
            audit::add(tx, now, actor, "plan.apply", id, (&before, &after))?;
            tx.announce_in(lane, "plan.applied", id, after.as_bytes(), now.0)?;
        }
        Ok(MarketApplied {
            market: id.to_owned(),
            repeated: versions.is_empty(),
            versions,
            effective_from: shown_instant(self.effective_from),
        })
    }
}

/// The closed days of a market, in order.
fn closed_days(tx: &mut dyn Tx, market: &Market) -> Result<Vec<i64>, AppError> {
    let days = day::all(tx, market.id.as_str())?;
    Ok(days.into_iter().filter(|day| day.closed.is_some()).map(|day| day.day).collect())
}

fn json(versions: &[TermsVersion]) -> Result<String, AppError> {
    let by_number: BTreeMap<i64, &TermsVersion> =
        versions.iter().map(|version| (version.version, version)).collect();
    serde_json::to_string(&by_number.into_values().collect::<Vec<_>>())
        .map_err(|error| AppError::machine("writing terms", error))
}

/// An instant as it is shown; `None` before anything can have happened.
fn shown_instant(at: Micros) -> Option<String> {
    (at > EVENT_TIME_MIN).then(|| at.to_string())
}
