//! Pings that were refused before and are read again: from a dead letter, as they came or repaired.

use super::give_back;
use super::reading::{Form, sort, sort_one};
use super::sorting::{NothingTaken, Sender, Sorted, Why};
use crate::app::App;
use crate::dead_letters::{Letter, PingForm};
use crate::error::AppError;
use doorstep_domain::event::{Rejection, RejectionCode};
use doorstep_domain::id::CourierId;
use doorstep_domain::tracking::batch::MAGIC;
use doorstep_domain::tracking::{json, osmand, owntracks};
use doorstep_log::Record;

/// Blocks to append, each with its partition.
pub(crate) type Blocks = Vec<(u32, Record)>;

/// Reads a letter again, in its form and as what its courier's device said; or what repairs it,
/// which may be of that form or of our own, and for whomever it names. It blocks. The inner error:
/// the first ping that still cannot be taken; then none is.
pub(crate) fn again(
    app: &App,
    letter: &Letter,
    repaired: Option<&[u8]>,
) -> Result<Result<Blocks, Rejection>, AppError> {
    app.couriers.load(&app.store)?;
    let mut sorted = match sorted_again(app, letter, repaired) {
        Ok(sorted) => sorted,
        Err(nothing) => return refused(nothing),
    };
    sorted.look(app)?;
    if let Err(nothing) = sorted.settle(&app.couriers.known()) {
        return refused(nothing);
    }
    if let Some(first) = sorted.refused().first().map(|refused| refused.why.clone()) {
        give_back(app, &mut sorted);
        return refused(match first {
            Why::Wrong(rejection) => NothingTaken::Wrong(rejection),
            Why::TooMany { wait_us } => NothingTaken::TooFast { wait_us },
        });
    }
    let record = |((partition, market), value): ((u16, u16), Vec<u8>)| {
        let market = app.couriers.markets().get(usize::from(market))?;
        let key = market.as_str().as_bytes().to_vec();
        Some((u32::from(partition), Record { key, value }))
    };
    Ok(Ok(sorted.packed.close().into_iter().filter_map(record).collect()))
}

fn sorted_again(
    app: &App,
    letter: &Letter,
    repaired: Option<&[u8]>,
) -> Result<Sorted, NothingTaken> {
    let raw = repaired.unwrap_or(&letter.raw);
    let courier = letter.header.courier.as_deref();
    let courier: Option<CourierId> = courier.and_then(|courier| courier.parse().ok());
    // Letters of before forms were noted are in one of our own.
    let form = letter.header.form.unwrap_or(PingForm::Json);
    let is_ours = matches!(form, PingForm::Json | PingForm::Binary)
        || (repaired.is_some() && (raw.starts_with(&MAGIC) || json::parse(raw).is_ok()));
    match courier {
        Some(courier) if !is_ours => {
            let arrived = letter.header.received_at;
            let read = match form {
                PingForm::Owntracks => owntracks::parse(raw).and_then(|ping| ping.ok_or_else(none)),
                PingForm::Osmand => osmand::from_pairs(raw, arrived),
                _ => osmand::from_json(raw),
            };
            Ok(sort_one(app, &courier, form, read, raw))
        }
        courier => {
            let form = if raw.starts_with(&MAGIC) { Form::Batch } else { Form::Single };
            // Whoever repairs speaks for themselves: an operator.
            let sender = courier.filter(|_| repaired.is_none());
            sort(app, form, raw, &sender.map_or(Sender::Anybody, Sender::Courier))
        }
    }
}

fn none() -> Rejection {
    Rejection::new(RejectionCode::Malformed, "/_type", "is not \"location\"")
}

fn refused<T>(nothing: NothingTaken) -> Result<Result<T, Rejection>, AppError> {
    match nothing {
        NothingTaken::Wrong(rejection) => Ok(Err(rejection)),
        NothingTaken::TooFast { wait_us } => {
            Err(AppError::Busy { retry_after_ms: u64::try_from(wait_us / 1_000).unwrap_or(0) })
        }
    }
}
