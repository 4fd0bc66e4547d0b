//! A message that could not be read, read again: as it came or repaired.

use super::envelope::Envelope;
use super::normalizer::reading;
use crate::app::App;
use crate::dead_letters::Letter;
use doorstep_domain::event::{Rejection, RejectionCode};
use doorstep_log::Record;

/// The record of a letter's message. Errors: it still cannot be read.
pub(crate) fn again(app: &App, letter: &Letter, raw: &[u8]) -> Result<Record, Rejection> {
    let Some(provider) = &letter.header.provider else {
        let reason = "nobody knows who sent it";
        return Err(Rejection::new(RejectionCode::Malformed, "", reason));
    };
    let envelope = Envelope::from(provider.clone(), letter.header.received_at);
    reading(app, &envelope, raw)?;
    Ok(envelope.record(raw))
}
