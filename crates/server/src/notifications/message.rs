//! What subscriptions are told: the body of a message, and which task sends it.

use crate::app::App;
use crate::dispatch::links;
use crate::dispatch::told::DeliveryTold;
use crate::error::AppError;
use crate::keys::hex;
use crate::provider::told::ProviderTold;
use doorstep_domain::notify::WEBHOOK;
use doorstep_domain::time::Micros;
use doorstep_store::subscription::SubscriptionRow;
use doorstep_store::task::NewTask;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Kind of a task that sends a message to a subscription.
pub(super) const WEBHOOK_KIND: &str = "webhook";

/// Type of a message that somebody asked for to see whether it arrives.
pub(super) const TEST_TYPE: &str = "test";

/// What a task of this kind needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct WebhookWork {
    pub(super) subscription_id: String,
    /// Written once: every attempt sends the same bytes.
    pub(super) body: String,
}

/// A message as it is sent (Standard Webhooks 1.0).
#[derive(Serialize)]
struct Message<'a, T: Serialize> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: Micros,
    #[serde(rename = "data")]
    content: T,
}

/// What is said of a delivery that came to another state.
#[derive(Serialize)]
struct Delivery<'a> {
    delivery_id: &'a str,
    market: &'a str,
    merchant_id: &'a str,
    reference: Option<&'a str>,
    status: &'a str,
    revision: i64,
    courier_id: Option<&'a str>,
    reason: Option<&'a str>,
    at: Micros,
    recorded_at: Micros,
    tracking_url: &'a str,
}

/// Where a delivery can be followed: behind the address of this server where that is configured.
pub(super) fn link(app: &App, delivery: &str) -> Result<String, AppError> {
    let path = links::tracking_url(app, delivery)?;
    let base = app.config.notifications.public_url.as_deref().unwrap_or_default();
    Ok(format!("{}{path}", base.trim_end_matches('/')))
}

/// The body that tells of a delivery.
pub(super) fn body(kind: &str, told: &DeliveryTold, link: &str) -> Result<String, AppError> {
    let content = Delivery {
        delivery_id: &told.delivery_id,
        market: &told.market,
        merchant_id: &told.merchant_id,
        reference: told.reference.as_deref(),
        status: told.status.as_str(),
        revision: told.revision,
        courier_id: told.courier_id.as_deref(),
        reason: told.reason.as_deref(),
        at: told.at,
        recorded_at: told.recorded_at,
        tracking_url: link,
    };
    written(kind, told.at, content)
}

/// What is said of a delivery that another provider carries, and that is only followed.
#[derive(Serialize)]
struct Followed<'a> {
    delivery_id: &'a str,
    market: &'a str,
    merchant_id: &'a str,
    provider: &'a str,
    reference: Option<&'a str>,
    status: &'a str,
    revision: i64,
    attempt: u32,
    reason: Option<&'a str>,
    courier: Option<&'a str>,
    conflict: bool,
    at: Micros,
    heard_at: Micros,
    recorded_at: Micros,
    tracking_url: Option<&'a str>,
}

/// The body that tells of a delivery that is only followed.
pub(super) fn body_of_followed(kind: &str, told: &ProviderTold) -> Result<String, AppError> {
    let content = Followed {
        delivery_id: &told.delivery_id,
        market: &told.market,
        merchant_id: &told.merchant_id,
        provider: &told.provider,
        reference: told.reference.as_deref(),
        status: told.status.as_str(),
        revision: told.revision,
        attempt: told.attempt,
        reason: told.reason.as_deref(),
        courier: told.courier_name.as_deref(),
        conflict: told.conflict,
        at: told.at,
        heard_at: told.heard_at,
        recorded_at: told.recorded_at,
        tracking_url: told.tracking_url.as_deref(),
    };
    written(kind, told.at, content)
}

/// The body of a message that tells nothing but that it arrived.
pub(super) fn test_body(subscription_id: &str, now: Micros) -> Result<String, AppError> {
    written(TEST_TYPE, now, serde_json::json!({ "subscription_id": subscription_id }))
}

fn written(kind: &str, timestamp: Micros, content: impl Serialize) -> Result<String, AppError> {
    let message = Message { kind, timestamp, content };
    serde_json::to_string(&message).map_err(|error| AppError::machine("a message", error))
}

/// Whether a subscription wants messages of this type.
pub(super) fn wants(subscription: &SubscriptionRow, kind: &str) -> bool {
    let mut types = subscription.types.split_ascii_whitespace().peekable();
    types.peek().is_none() || types.any(|wanted| wanted == kind)
}

/// The name of the message about something: made of what it is about, so that it is the same
/// whoever makes it, and sorted by when that was.
pub(crate) fn message_id(at: Micros, about: &str) -> String {
    let about = Sha256::digest(about.as_bytes());
    format!("{}{}", message_ids_from(at), hex(&about[..10]))
}

/// What the names of messages begin with from an instant on.
pub(super) fn message_ids_from(at: Micros) -> String {
    format!("msg_{:014x}", at.0.max(0))
}

/// The task that sends a body to a subscription.
pub(super) fn task(
    subscription: &SubscriptionRow,
    about: (&str, Micros),
    order: Option<(&str, i64)>,
    body: &str,
    now: Micros,
) -> Result<NewTask, AppError> {
    let id = &subscription.subscription_id;
    let (dedupe_key, at) = (format!("{}#{id}", about.0), about.1);
    let work = WebhookWork { subscription_id: id.clone(), body: body.to_owned() };
    let payload =
        serde_json::to_vec(&work).map_err(|error| AppError::machine("a message", error))?;
    let order = order.filter(|_| subscription.is_ordered);
    Ok(NewTask {
        task_id: message_id(at, &dedupe_key),
        kind: WEBHOOK_KIND.to_owned(),
        owner: id.clone(),
        dedupe_key,
        order_key: order.map(|(delivery, _)| format!("{id}/{delivery}")),
        place: order.map_or(0, |(_, place)| place),
        payload,
        due_at_us: now.0,
        attempts_max: WEBHOOK.attempts_max(),
        created_at_us: now.0,
    })
}
