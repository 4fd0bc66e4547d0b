//! What a provider answered when it was asked: it becomes messages like those it sends, marked.

use super::envelope::Envelope;
use crate::app::App;
use crate::error::AppError;
use crate::wire::PROVIDER_EVENTS;
use doorstep_log::Record;
use serde_json::Value;

/// Appends answers to what the normalizer reads.
pub(crate) fn append(app: &App, provider: &str, answers: Vec<Value>) -> Result<(), AppError> {
    let now = app.clock.now();
    let envelope = Envelope::of_answer(provider, now);
    let records: Vec<Record> =
        answers.iter().map(|answer| envelope.record(answer.to_string().as_bytes())).collect();
    if !records.is_empty() {
        app.log.append(PROVIDER_EVENTS, records, now.0)?;
    }
    Ok(())
}
