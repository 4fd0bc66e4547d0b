//! Whether a letter can be taken now, and what is appended where it is.

use super::letter::{About, Letter};
use crate::app::App;
use crate::error::AppError;
use crate::keys::hex;
use crate::provider;
use crate::tracking::door;
use crate::wire;
use doorstep_domain::event::{self, MarketRules, Rejection, RejectionCode};
use doorstep_domain::time::Micros;
use doorstep_log::{Log, Record};

/// What a letter has become: records, and where they go.
#[derive(Debug, Clone, Default)]
pub(super) struct Acceptable {
    events: Vec<Record>,
    /// By partition: whose a block is was decided when it was filled.
    pings: Vec<(u32, Record)>,
    providers: Vec<Record>,
    told: String,
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
) -> Result<Result<Acceptable, Rejection>, AppError> {
    let raw = repaired.unwrap_or(&letter.raw);
    match about {
        About::Events => Ok(event(app, letter, repaired.is_some(), raw)),
        About::Pings => pings(app, letter, repaired),
        About::Providers => Ok(provider::again::again(app, letter, raw).map(|record| Acceptable {
            providers: vec![record],
            told: told(raw),
            ..Acceptable::default()
        })),
    }
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

/// The refusal of a letter that cannot be taken.
pub(super) fn still_refused(rejection: &Rejection) -> AppError {
    AppError::Refused { code: rejection.code.as_str(), reason: rejection.to_string() }
}
