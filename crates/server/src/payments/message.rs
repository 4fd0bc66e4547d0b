//! What is said to whoever takes payments, and by them.

use crate::error::AppError;
use crate::keys::hex;
use doorstep_domain::notify::{PAYMENT, WEBHOOK};
use doorstep_domain::time::Micros;
use doorstep_store::task::NewTask;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Kind of a task that asks for a payment.
pub(crate) const PAYMENT_KIND: &str = "payment";

/// Kind of a task that asks for money to be given back.
pub(crate) const REFUND_KIND: &str = "refund";

/// Whose tasks they are: they rest together while nobody answers.
const OWNER: &str = "payments";

/// Types of the messages.
const REQUESTED: &str = "payment.requested";
const REFUND_REQUESTED: &str = "payment.refund_requested";

/// What a task of this kind needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PaymentWork {
    /// Written once: every attempt sends the same bytes.
    pub body: String,
    /// After this it is no use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Micros>,
}

/// What is asked of whoever takes payments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Asking<'a> {
    pub order_id: &'a str,
    pub amount_minor: i64,
    pub currency: &'a str,
    /// The payment to be given back; none where one is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<&'a str>,
    /// Until when it is of use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Micros>,
    /// What the asker calls the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<&'a str>,
    /// Why, for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
}

/// A message as it is sent (Standard Webhooks 1.0).
#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: Micros,
    #[serde(rename = "data")]
    content: &'a Asking<'a>,
}

/// The task that asks for a payment, once for each order.
pub(super) fn request(asking: &Asking<'_>, now: Micros) -> Result<NewTask, AppError> {
    let to = (PAYMENT_KIND, REQUESTED, PAYMENT.attempts_max());
    task(to, asking.order_id, asking, now)
}

/// The task that asks for money to be given back, once for what it is `about`.
pub(super) fn give_back(
    about: &str,
    asking: &Asking<'_>,
    now: Micros,
) -> Result<NewTask, AppError> {
    let to = (REFUND_KIND, REFUND_REQUESTED, WEBHOOK.attempts_max());
    task(to, about, asking, now)
}

fn task(
    (task_kind, kind, attempts_max): (&str, &str, i64),
    about: &str,
    asking: &Asking<'_>,
    now: Micros,
) -> Result<NewTask, AppError> {
    let unwritten = |error: serde_json::Error| AppError::machine("a message", error);
    let message = Message { kind, timestamp: now, content: asking };
    let body = serde_json::to_string(&message).map_err(unwritten)?;
    let work = PaymentWork { body, until: asking.expires_at };
    // Names of orders and payments may be anybody's words: keys are made of what they come to.
    let digest = |text: &str| hex(&Sha256::digest(text.as_bytes())[..16]);
    let dedupe_key = format!("{kind}/{}", digest(about));
    let name = &digest(&dedupe_key)[..20];
    Ok(NewTask {
        task_id: format!("msg_{:014x}{name}", now.0.max(0)),
        kind: task_kind.to_owned(),
        owner: OWNER.to_owned(),
        // What is asked of an order comes in the order in which it was asked.
        order_key: Some(format!("{OWNER}/{}", digest(asking.order_id))),
        place: now.0,
        dedupe_key,
        payload: serde_json::to_vec(&work).map_err(unwritten)?,
        due_at_us: now.0,
        attempts_max,
        created_at_us: now.0,
    })
}

/// What whoever takes payments says.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Heard {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(rename = "data", default)]
    pub content: serde_json::Value,
}

/// How a payment went.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Paid {
    pub order_id: String,
    /// As whoever takes payments calls it; nothing where it failed before it had a name.
    #[serde(default)]
    pub payment: String,
    #[serde(default)]
    pub amount_minor: i64,
}
