//! A message on its way to a subscription (Standard Webhooks 1.0).

use super::message::WebhookWork;
use super::report::{End, Failed, Report};
use super::signature::sign;
use crate::app::App;
use crate::calls::{Answer, Request};
use crate::error::AppError;
use doorstep_domain::notify::{Verdict, verdict};
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_store::subscription::{self, SubscriptionRow};
use doorstep_store::task::TaskRow;

/// Sends once. Errors: of our engines only; how it went there is the report.
pub(super) fn send(app: &App, task: &TaskRow, now: Micros) -> Result<Report, AppError> {
    let work: WebhookWork = match serde_json::from_slice(&task.payload) {
        Ok(work) => work,
        Err(error) => return Ok(Report::new(End::Refused, format!("the task: {error}"))),
    };
    let found = app
        .store
        .read(|tx| subscription::load(tx, &work.subscription_id).map_err(AppError::from))?;
    let Some(subscription) = found else {
        return Ok(Report::new(End::Dropped, "the subscription was removed"));
    };
    if let Some((because, _)) = &subscription.disabled {
        return Ok(Report::new(End::Dropped, format!("the subscription is disabled: {because}")));
    }
    let request = request(&subscription, &task.task_id, &work.body, now)?;
    Ok(match app.notifications.outside.webhook(&request) {
        Ok(answer) => report(&answer),
        Err(error) => error.into(),
    })
}

/// The name is the same for every attempt, time and signatures are new. While a secret is being
/// replaced both sign, so that the receiver may change at any moment.
fn request(
    subscription: &SubscriptionRow,
    message_id: &str,
    body: &str,
    now: Micros,
) -> Result<Request, AppError> {
    let at_s = now.0.div_euclid(SECOND_US);
    let signed = |secret: &[u8]| sign(secret, message_id, at_s, body.as_bytes());
    let mut signatures = signed(&subscription.secret)?;
    if let Some((before, until_us)) = &subscription.secret_before
        && now.0 < *until_us
    {
        signatures = format!("{signatures} {}", signed(before)?);
    }
    let request = Request::post(&subscription.url, body)
        .header("content-type", "application/json")
        .header("webhook-id", message_id)
        .header("webhook-timestamp", at_s.to_string())
        .header("webhook-signature", signatures);
    Ok(request)
}

pub(crate) fn report(answer: &Answer) -> Report {
    let retry_after_us = answer.retry_after_us();
    let failed = Failed { retry_after_us, is_of_the_owner: true, is_throttled: false };
    let end = match verdict(answer.status) {
        Verdict::Taken => End::Told,
        Verdict::Failed => End::Failed(failed),
        Verdict::Throttled => End::Failed(Failed { is_throttled: true, ..failed }),
        Verdict::Gone => End::Gone,
    };
    Report::new(end, format!("status {}", answer.status))
}
