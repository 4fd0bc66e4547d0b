//! Subscriptions changed, given a new secret, removed.

use super::{
    CreatedSubscription, SigningSecret, SubscriptionView, check_url, check_words, lane, of, trail,
};
use crate::app::App;
use crate::error::AppError;
use crate::keys::Principal;
use doorstep_domain::time::HOUR_US;
use doorstep_store::subscription::{self, SubscriptionRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long the secret before still signs, in microseconds: time to bring the new one to receivers.
const OVERLAP_US: i64 = 24 * HOUR_US;

/// What shall be different; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedSubscription {
    /// Where messages go from now on, also those that wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Types of messages; none for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub types: Option<Vec<String>>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whether messages about one delivery come one after another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordered: Option<bool>,
    /// Whether anything is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Changes a subscription. Errors: [`AppError::Invalid`] with the field, [`AppError::NotFound`].
pub fn change(
    app: &App,
    id: &str,
    changed: &ChangedSubscription,
    who: &Principal,
) -> Result<SubscriptionView, AppError> {
    if let Some(url) = &changed.url {
        check_url(app, url)?;
    }
    let types = changed.types.as_deref().unwrap_or_default();
    check_words(types, changed.label.as_deref().unwrap_or_default())?;
    let (id, changed, who) = (id.to_owned(), changed.clone(), who.clone());
    let now = app.clock.now();
    app.store.lane(&lane()?, move |tx| {
        let before = of(tx, &id, &who)?;
        let after = applied(&before, &changed, &who.name, now.0);
        if after != before {
            subscription::save(tx, &after)?;
            trail(tx, now, &who.name, "subscription.change", (Some(&before), Some(&after)))?;
        }
        Ok(after.into())
    })
}

fn applied(
    before: &SubscriptionRow,
    changed: &ChangedSubscription,
    actor: &str,
    now_us: i64,
) -> SubscriptionRow {
    let mut after = before.clone();
    if let Some(url) = &changed.url {
        after.url.clone_from(url);
    }
    if let Some(types) = &changed.types {
        after.types = types.join(" ");
    }
    if let Some(label) = &changed.label {
        after.label.clone_from(label);
    }
    after.is_ordered = changed.ordered.unwrap_or(before.is_ordered);
    match changed.enabled {
        Some(true) => after.disabled = None,
        Some(false) if before.disabled.is_none() => {
            after.disabled = Some((format!("disabled by {actor}"), now_us));
        }
        _ => {}
    }
    after
}

/// Makes a new secret; the one before signs beside it for a day more. Errors:
/// [`AppError::NotFound`].
pub fn rotate(app: &App, id: &str, who: &Principal) -> Result<CreatedSubscription, AppError> {
    let (secret, now) = (SigningSecret::random()?, app.clock.now());
    let (fresh, id, who) = (secret.clone(), id.to_owned(), who.clone());
    let subscription: SubscriptionView = app.store.lane(&lane()?, move |tx| {
        let before = of(tx, &id, &who)?;
        let after = SubscriptionRow {
            secret: fresh.bytes().to_vec(),
            secret_before: Some((before.secret.clone(), now.plus(OVERLAP_US).0)),
            ..before.clone()
        };
        subscription::save(tx, &after)?;
        trail(tx, now, &who.name, "subscription.rotate", (Some(&before), Some(&after)))?;
        Ok::<_, AppError>(after.into())
    })?;
    Ok(CreatedSubscription { subscription, secret: secret.reveal() })
}

/// Removes a subscription; what waits for it is dropped. Errors: [`AppError::NotFound`].
pub fn remove(app: &App, id: &str, who: &Principal) -> Result<SubscriptionView, AppError> {
    let (id, who, now) = (id.to_owned(), who.clone(), app.clock.now());
    app.store.lane(&lane()?, move |tx| {
        let before = of(tx, &id, &who)?;
        subscription::remove(tx, &id)?;
        trail(tx, now, &who.name, "subscription.remove", (Some(&before), None))?;
        Ok(before.into())
    })
}
