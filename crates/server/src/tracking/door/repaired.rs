//! Pings that were refused before and are read again: from a dead letter, as they came or repaired.

use super::reading::{Form, sort};
use super::sorting::{Sender, Why};
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::event::Rejection;
use doorstep_domain::tracking::batch::MAGIC;
use doorstep_log::Record;

/// Blocks to append, each with its partition.
pub(crate) type Blocks = Vec<(u32, Record)>;

/// Reads one ping, or a batch of them. It blocks. The inner error: the first that still cannot be
/// taken; then none is.
pub(crate) fn again(app: &App, raw: &[u8]) -> Result<Result<Blocks, Rejection>, AppError> {
    let form = if raw.starts_with(&MAGIC) { Form::Batch } else { Form::Single };
    let mut sorted = match sort(app, form, raw, &Sender::Anybody) {
        Ok(sorted) => sorted,
        Err(rejection) => return Ok(Err(rejection)),
    };
    sorted.look(app)?;
    sorted.settle(&app.couriers.known());
    match sorted.refused().first().map(|refused| &refused.why) {
        Some(Why::Wrong(rejection)) => return Ok(Err(rejection.clone())),
        Some(Why::TooMany { .. }) => return Err(AppError::Busy { retry_after_ms: 1_000 }),
        None => {}
    }
    let record = |((partition, market), value): ((u16, u16), Vec<u8>)| {
        let market = app.couriers.markets().get(usize::from(market))?;
        let key = market.as_str().as_bytes().to_vec();
        Some((u32::from(partition), Record { key, value }))
    };
    Ok(Ok(sorted.packed.close().into_iter().filter_map(record).collect()))
}
