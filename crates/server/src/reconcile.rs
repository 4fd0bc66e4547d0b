//! Reconciliation: what a day should have come to by the log alone, compared line by line with
//! what the store says, and repaired where asked (B14).
//!
//! The day is recomputed by the accountant's own code into a scratch store on disk, so memory does
//! not grow with the day. What the log cannot know is taken from the store: the terms in force,
//! and what persons and closes have decided about conflicts. Records the accountant has not yet
//! read are its lag, and no difference.

mod compare;
mod figures;
mod kept;
mod posted;
mod recompute;
mod repair;
mod restore;
mod stated;

use crate::app::{App, terms_of};
use crate::error::AppError;
use crate::metric;
use crate::pay::PricedDay;
use compare::Found;
use doorstep_domain::market::Market;
use doorstep_domain::pay::IntervalDefinition;
use doorstep_domain::time::Day;
use doorstep_store::{Tx, day};
use serde::Serialize;
use utoipa::ToSchema;

/// What a reconciliation found, and did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reconciliation {
    /// Which market.
    pub market: String,
    /// Which local day.
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    /// Whether the day is closed: then statements and their adjustments were compared.
    pub closed: bool,
    /// Deliveries recomputed.
    pub deliveries: u64,
    /// Records of the log that the accountant has not read yet; they were not considered.
    pub lag_records: u64,
    /// Where log and store differ, before any repair; at most [`DIFFERENCES_MAX`] are listed.
    pub differences: Vec<Difference>,
    /// How many there are.
    pub differences_found: u64,
    /// The money among them, without sign, in minor units.
    pub delta_minor: i64,
    /// Rows replaced and adjustments posted.
    pub repaired: u64,
    /// Whether not all was repaired: then `reasons` say why and what to do.
    pub unfinished: bool,
    /// Why a repair is unfinished: there was more than is done at once, or what the close has kept
    /// is damaged beyond what can be proven; then nothing of the day was corrected.
    pub reasons: Vec<String>,
}

/// One line in which log and store differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Difference {
    /// `courier`, `merchant`, `delivery`, or `day` where it is the day's own.
    pub party_kind: &'static str,
    /// Its identifier.
    pub party_id: String,
    /// What differs: `pay_minor`, `fee_minor`, `work_interval`, `facts`, …; of what the close of a
    /// day has kept: `statement`, `posting pay`, `digest`, …
    pub figure: &'static str,
    /// What it is by the log; of what was kept, what the statement or the facts say.
    pub log: String,
    /// What it is in the store; of a closed day, the statement with its adjustments.
    pub store: String,
    /// By how much the store is off, log less store, in minor units; 0 where it is not money.
    pub delta_minor: i64,
}

/// Most differences listed; further ones are counted.
pub const DIFFERENCES_MAX: usize = 10_000;

impl Reconciliation {
    /// Whether log and store agreed, before any repair.
    pub fn agrees(&self) -> bool {
        self.differences_found == 0
    }
}

/// Recomputes a day from the log and compares; where `repair` names an actor, also repairs: an
/// open day's rows are replaced, a closed day is corrected by adjustments on the next open one.
/// What the close has kept must be whole first: it is restored where it can be proven what it was.
/// Repairing twice changes nothing the second time.
pub fn reconcile(
    app: &App,
    market: &str,
    day: Day,
    repair: Option<&str>,
) -> Result<Reconciliation, AppError> {
    let market = app.market(market)?;
    let (mut outcome, found) = app.store.read(|main| inspect(app, main, market, day))?;
    metrics::gauge!(metric::RECONCILE_DELTA, "market" => market.id.to_string())
        .set(outcome.delta_minor as f64);
    if let Some(actor) = repair {
        (outcome.repaired, outcome.reasons) = repair::repair(app, market, day, found, actor)?;
        outcome.unfinished = !outcome.reasons.is_empty();
    }
    Ok(outcome)
}

/// Looks at one state of the store throughout: the cursors say how much of the log made it.
fn inspect(
    app: &App,
    main: &mut dyn Tx,
    market: &Market,
    day: Day,
) -> Result<(Reconciliation, Found), AppError> {
    let closed = day::load(main, market.id.as_str(), day.number())?.and_then(|row| row.closed);
    let digest = closed.as_ref().map(|closed| closed.digest.as_str());
    let history = terms_of(main, market)?;
    let priced = PricedDay::new(market, day, &history, None)?;
    let scratch = recompute::recompute(app, main, &priced)?;
    let found = scratch.read(|log| compare::compare(main, log, &priced, digest))?;
    let mut differences = found.differences.clone();
    differences.truncate(DIFFERENCES_MAX);
    let outcome = Reconciliation {
        market: market.id.to_string(),
        day,
        closed: closed.is_some(),
        deliveries: found.deliveries,
        lag_records: scratch.lag_records,
        differences,
        differences_found: found.differences_found,
        delta_minor: found.delta_minor,
        repaired: 0,
        unfinished: found.unfinished,
        reasons: Vec::new(),
    };
    Ok((outcome, found))
}

/// Whether time online is what the day pays for.
fn is_by_presence(priced: &PricedDay<'_>) -> bool {
    priced.rates.rules().interval == IntervalDefinition::Online
}
