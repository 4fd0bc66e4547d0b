//! A message on its way to whoever takes payments (Standard Webhooks 1.0).

use super::message::PaymentWork;
use crate::app::App;
use crate::calls::Request;
use crate::error::AppError;
use crate::notifications::report::{End, Report};
use crate::notifications::webhook;
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_store::task::TaskRow;

pub(crate) use super::message::{PAYMENT_KIND, REFUND_KIND};

/// Sends once. Errors: of our engines only; how it went there is the report.
pub(crate) fn send(app: &App, task: &TaskRow, now: Micros) -> Result<Report, AppError> {
    let Some(payments) = &app.payments else {
        return Ok(Report::new(End::Refused, "there is no [payments]"));
    };
    let work: PaymentWork = match serde_json::from_slice(&task.payload) {
        Ok(work) => work,
        Err(error) => return Ok(Report::new(End::Refused, format!("the task: {error}"))),
    };
    if work.until.is_some_and(|until| until <= now) {
        return Ok(Report::new(End::Dropped, "the reservation is over"));
    }
    let at_s = now.0.div_euclid(SECOND_US);
    let signature = payments.sign(&task.task_id, at_s, work.body.as_bytes())?;
    let request = Request::post(&payments.url, work.body.as_str())
        .header("content-type", "application/json")
        .header("webhook-id", &task.task_id)
        .header("webhook-timestamp", at_s.to_string())
        .header("webhook-signature", signature);
    Ok(match app.notifications.gateway_call(&request) {
        // Nobody there any more is for a person to see: there is money in it.
        Ok(answer) => match webhook::report(&answer) {
            Report { end: End::Gone, detail } => Report::new(End::Refused, detail),
            report => report,
        },
        Err(error) => error.into(),
    })
}
