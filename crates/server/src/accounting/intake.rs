//! The door: events are parsed and admitted before they are appended, so that a sender learns at
//! once, line by line, what cannot be taken. What is refused is kept as a dead letter.

use crate::app::App;
use crate::dead_letters::{self, Letter};
use crate::error::AppError;
use crate::wire::EVENTS;
use doorstep_domain::event::{Event, MarketRules};
use doorstep_domain::event::{Rejection, admit, parse};
use doorstep_domain::id::MarketId;
use doorstep_domain::market::Market;
use doorstep_domain::time::Micros;
use doorstep_log::Record;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What became of what was sent. Everything is durable.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Taken {
    /// Events appended to the log. Whether they are new is found out behind it.
    pub accepted: u64,
    /// What was refused, in the order of the lines.
    pub rejected: Vec<Refused>,
}

/// One refused event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Refused {
    /// Line, or place in the batch, counted from 1.
    pub line: u64,
    /// Machine-readable kind.
    pub code: String,
    /// JSON pointer to the field; empty for the whole event.
    pub pointer: String,
    /// What is wrong with it.
    pub reason: String,
    /// The dead letter under which it is kept.
    pub dead_letter: String,
}

/// Takes events, each with its line number.
///
/// Errors: [`AppError::Busy`] when the log is full; then nothing was taken.
pub fn take<'a>(
    app: &App,
    lines: impl IntoIterator<Item = (u64, &'a [u8])>,
) -> Result<Taken, AppError> {
    let now = app.clock.now();
    let (mut records, mut letters, mut rejected) = (Vec::new(), Vec::new(), Vec::new());
    for (line, raw) in lines {
        match admitted(raw, &app.markets, now) {
            Ok(event) => {
                let key = event.subject().as_bytes().to_vec();
                records.push(Record { key, value: raw.to_vec() });
            }
            Err(rejection) => {
                let letter = Letter::refused(raw, &rejection, now, None);
                rejected.push(Refused {
                    line,
                    code: rejection.code.as_str().to_owned(),
                    pointer: rejection.pointer,
                    reason: rejection.reason,
                    dead_letter: letter.header.letter_id.clone(),
                });
                letters.push(letter);
            }
        }
    }
    let accepted = records.len() as u64;
    if !records.is_empty() {
        app.log.try_append(EVENTS, records, now.0)?;
    }
    if !letters.is_empty() {
        dead_letters::append(&app.log, letters, now)?;
    }
    Ok(Taken { accepted, rejected })
}

/// Parses an event and admits it to its market.
pub fn admitted(
    raw: &[u8],
    markets: &BTreeMap<MarketId, Market>,
    now: Micros,
) -> Result<Event, Rejection> {
    let event = parse(raw)?;
    let rules = markets.get(&event.market).map(|market| MarketRules { currency: market.currency });
    admit(&event, rules, now)?;
    Ok(event)
}
