//! Subscriptions and their attempts, shown.

use super::of;
use crate::app::App;
use crate::error::AppError;
use crate::keys::{Principal, Role};
use doorstep_domain::id::MerchantId;
use doorstep_domain::time::Micros;
use doorstep_store::subscription::{self, SubscriptionRow};
use doorstep_store::task::{self, AttemptRow};
use serde::Serialize;
use utoipa::ToSchema;

/// A subscription without its secret.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SubscriptionView {
    /// Its name.
    pub subscription_id: String,
    /// Where messages go.
    pub url: String,
    /// Only of this market.
    pub market: Option<String>,
    /// Only of this merchant.
    pub merchant_id: Option<String>,
    /// Types of messages; none for all.
    pub types: Vec<String>,
    /// What it is for.
    pub label: String,
    /// Whether messages about one delivery come one after another.
    pub ordered: bool,
    /// `enabled` or `disabled`.
    pub state: &'static str,
    /// Why nothing is sent.
    pub disabled_because: Option<String>,
    /// Since when; RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub disabled_at: Option<Micros>,
    /// Until when the secret before this one signs as well; RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub secret_before_until: Option<Micros>,
    /// RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Micros,
}

impl From<SubscriptionRow> for SubscriptionView {
    fn from(row: SubscriptionRow) -> SubscriptionView {
        let state = if row.disabled.is_some() { "disabled" } else { "enabled" };
        let (disabled_because, disabled_at_us) = row.disabled.unzip();
        SubscriptionView {
            subscription_id: row.subscription_id,
            url: row.url,
            market: row.market,
            merchant_id: row.merchant,
            types: row.types.split_ascii_whitespace().map(str::to_owned).collect(),
            label: row.label,
            ordered: row.is_ordered,
            state,
            disabled_because,
            disabled_at: disabled_at_us.map(Micros),
            secret_before_until: row.secret_before.map(|(_, until_us)| Micros(until_us)),
            created_at: Micros(row.created_at_us),
        }
    }
}

/// A subscription whose secret was just made.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CreatedSubscription {
    /// The subscription.
    #[serde(flatten)]
    pub subscription: SubscriptionView,
    /// Its secret, shown now and never again: a repeated request is answered without it.
    #[schema(required = false)]
    pub secret: String,
}

/// One attempt to send a message.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AttemptView {
    /// The message, as `webhook-id` names it.
    pub message_id: String,
    /// Counts the attempts of this message, from 1.
    pub attempt: i64,
    /// RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Micros,
    /// Milliseconds.
    pub took_ms: i64,
    /// `done`, `failed`, `throttled`, `dropped`, `refused`, `gone` or `lost`.
    pub outcome: String,
    /// How it went, for a person.
    pub detail: String,
}

impl From<AttemptRow> for AttemptView {
    fn from(row: AttemptRow) -> AttemptView {
        AttemptView {
            message_id: row.task_id,
            attempt: row.attempt,
            at: Micros(row.began_at_us),
            took_ms: row.took_us / 1_000,
            outcome: row.outcome,
            detail: row.detail,
        }
    }
}

/// Subscriptions behind `after`, by name, at most `limit`; merchants see their own.
pub fn list(
    app: &App,
    who: &Principal,
    after: &str,
    limit: u32,
) -> Result<Vec<SubscriptionView>, AppError> {
    let merchant = match (who.role, &who.merchant) {
        (Role::Merchant, None) => return Ok(Vec::new()),
        (_, merchant) => merchant.as_ref().map(MerchantId::as_str),
    };
    let rows = app
        .store
        .read(|tx| subscription::page(tx, merchant, after, limit).map_err(AppError::from))?;
    Ok(rows.into_iter().map(SubscriptionView::from).collect())
}

/// One subscription. Errors: [`AppError::NotFound`].
pub fn show(app: &App, id: &str, who: &Principal) -> Result<SubscriptionView, AppError> {
    app.store.read(|tx| Ok(of(tx, id, who)?.into()))
}

/// What was tried lately for a subscription, the newest first, before this attempt; at most
/// `limit`. Errors: [`AppError::NotFound`].
pub fn attempts(
    app: &App,
    id: &str,
    who: &Principal,
    before: (i64, &str, i64),
    limit: u32,
) -> Result<Vec<AttemptView>, AppError> {
    app.store.read(|tx| {
        of(tx, id, who)?;
        let rows = task::attempts_of_owner(tx, id, before, limit)?;
        Ok(rows.into_iter().map(AttemptView::from).collect())
    })
}
