//! Whether a letter can be taken now, and what is appended where it is.

use super::letter::{About, Letter};
use crate::app::App;
use crate::error::AppError;
use crate::keys::hex;
use crate::provider;
use crate::stock::import::{self, Again};
use crate::tracking::door;
use crate::wire;
use doorstep_domain::event::{self, MarketRules, Rejection, RejectionCode};
use doorstep_domain::time::Micros;
use doorstep_log::{Log, Record};
use doorstep_store::{LaneId, LaneTx};

/// What a letter has become: records and where they go, or stock that is moved.
#[derive(Debug, Clone, Default)]
pub(super) struct Acceptable {
    events: Vec<Record>,
    /// By partition: whose a block is was decided when it was filled.
    pings: Vec<(u32, Record)>,
    providers: Vec<Record>,
    /// What is not told to the log: stock is moved.
    stock: Option<Again>,
    told: String,
}

/// Why a letter still cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StillRefused {
    /// Machine-readable kind.
    pub code: &'static str,
    /// Why.
    pub reason: String,
}

impl From<Rejection> for StillRefused {
    fn from(rejection: Rejection) -> StillRefused {
        StillRefused { code: rejection.code.as_str(), reason: rejection.to_string() }
    }
}

impl From<StillRefused> for AppError {
    fn from(StillRefused { code, reason }: StillRefused) -> AppError {
        AppError::Refused { code, reason }
    }
}

impl Acceptable {
    /// Inside a lane nothing may wait: where the log is busy, the command fails and is tried
    /// again.
    pub(super) fn append(&self, log: &Log, now: Micros) -> Result<(), AppError> {
        if !self.events.is_empty() {
            log.try_append(wire::EVENTS, self.events.clone(), now.0)?;
        }
        if !self.providers.is_empty() {
            log.try_append(wire::PROVIDER_EVENTS, self.providers.clone(), now.0)?;
        }
        for (partition, block) in &self.pings {
            log.try_append_to(wire::PINGS, *partition, vec![block.clone()], now.0)?;
        }
        Ok(())
    }

    /// The lane that it takes besides, if any.
    pub(super) fn lane(&self) -> Option<&LaneId> {
        self.stock.as_ref()?.lane()
    }

    /// What can only be done in another store is done, once.
    pub(super) fn take_elsewhere(&self, app: &App) -> Result<(), AppError> {
        self.stock.as_ref().map_or(Ok(()), |line| line.take_elsewhere(app))
    }

    /// What is done in the transaction that notes what became of the letter.
    pub(super) fn take(&self, tx: &mut LaneTx<'_>) -> Result<(), AppError> {
        match self.stock.as_ref().filter(|line| line.lane().is_some()) {
            Some(line) => line.take(tx),
            None => Ok(()),
        }
    }

    /// Adds another one.
    pub(super) fn join(&mut self, other: &Acceptable) {
        self.events.extend_from_slice(&other.events);
        self.pings.extend_from_slice(&other.pings);
        self.providers.extend_from_slice(&other.providers);
    }

    /// What was taken, for the audit trail.
    pub(super) fn told(&self) -> &str {
        &self.told
    }
}

/// Reads a letter as it came, or repaired. The inner error says why it still cannot be taken.
pub(super) fn acceptable(
    app: &App,
    about: About,
    letter: &Letter,
    repaired: Option<&[u8]>,
    actor: &str,
) -> Result<Result<Acceptable, StillRefused>, AppError> {
    let raw = repaired.unwrap_or(&letter.raw);
    let acceptable = match about {
        About::Events => event(app, letter, repaired.is_some(), raw),
        About::Pings => pings(app, letter, repaired)?,
        About::Providers => provider::again::again(app, letter, raw).map(|record| Acceptable {
            providers: vec![record],
            told: told(raw),
            ..Acceptable::default()
        }),
        About::StockImports => return stock(app, letter, raw, actor),
    };
    Ok(acceptable.map_err(StillRefused::from))
}

fn stock(
    app: &App,
    letter: &Letter,
    raw: &[u8],
    actor: &str,
) -> Result<Result<Acceptable, StillRefused>, AppError> {
    let is_count = letter.header.line.as_ref().is_some_and(|line| line.count);
    let again = import::again(app, (&letter.header.letter_id, is_count), raw, actor)?;
    Ok(match again {
        Ok(line) => Ok(Acceptable { stock: Some(line), told: told(raw), ..Acceptable::default() }),
        Err(refused) => {
            let reason = format!("{} {}", refused.pointer, refused.reason).trim().to_owned();
            Err(StillRefused { code: refused.code, reason })
        }
    })
}

fn event(app: &App, letter: &Letter, repaired: bool, raw: &[u8]) -> Result<Acceptable, Rejection> {
    if !repaired && is_judged_by_its_neighbours(&letter.header.code) {
        // The accountant has it already, and would answer the same.
        let reason = format!("{}; it cannot be taken unrepaired", letter.header.reason);
        let code = if letter.header.code == RejectionCode::TooManyFacts.as_str() {
            RejectionCode::TooManyFacts
        } else {
            RejectionCode::DeliveredBeforeItExists
        };
        return Err(Rejection::new(code, letter.header.pointer.clone(), reason));
    }
    let event = event::parse(raw)?;
    let rules = app.markets.get(&event.market);
    let rules = rules.map(|market| MarketRules { currency: market.currency });
    event::admit(&event, rules, app.clock.now())?;
    let record = Record { key: event.subject().as_bytes().to_vec(), value: raw.to_vec() };
    let told = told(raw);
    Ok(Acceptable { events: vec![record], told, ..Acceptable::default() })
}

fn pings(
    app: &App,
    letter: &Letter,
    repaired: Option<&[u8]>,
) -> Result<Result<Acceptable, Rejection>, AppError> {
    let told = told(repaired.unwrap_or(&letter.raw));
    let accepted = door::again(app, letter, repaired)?;
    Ok(accepted.map(|pings| Acceptable { pings, told, ..Acceptable::default() }))
}

/// What was replayed, as the audit trail tells it: a binary batch in hexadecimal, since a column of
/// text takes no zero byte.
fn told(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(text) if !text.contains('\0') => text.to_owned(),
        _ => hex(raw),
    }
}

/// Refusals that say nothing of the event itself, only of what else is known.
fn is_judged_by_its_neighbours(code: &str) -> bool {
    [RejectionCode::DeliveredBeforeItExists, RejectionCode::TooManyFacts]
        .iter()
        .any(|judged| judged.as_str() == code)
}
