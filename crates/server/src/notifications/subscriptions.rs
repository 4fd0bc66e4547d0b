//! Subscriptions: who is told of what by webhook. Operators have them for everything, merchants for
//! their own deliveries.

mod again;
mod change;
mod view;

pub use again::{Replay, Replayed, Tested, replay, test};
pub use change::{ChangedSubscription, change, remove, rotate};
pub use view::{AttemptView, CreatedSubscription, SubscriptionView, attempts, list, show};

use super::heard;
use super::runner::SUBSCRIPTIONS;
use super::signature::SigningSecret;
use crate::app::App;
use crate::error::AppError;
use crate::keys::{Principal, Role, random_hex};
use doorstep_domain::id::{MarketId, MerchantId};
use doorstep_domain::notify::is_message_type;
use doorstep_domain::time::Micros;
use doorstep_store::subscription::{self, SubscriptionRow};
use doorstep_store::{LaneId, Tx, audit};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Subscriptions of one merchant; each message of theirs is sent to all of them.
const OF_A_MERCHANT_MAX: i64 = 20;

/// Subscriptions of operators.
const OF_OPERATORS_MAX: i64 = 200;

/// Most bytes of a label: it is shown in a table.
const LABEL_BYTES_MAX: usize = 128;

/// Most bytes of a URL: what clients of HTTP commonly take.
const URL_BYTES_MAX: usize = 2_000;

/// A subscription to be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSubscription {
    /// Where messages go, by `POST`.
    pub url: String,
    /// Only of this market; of all where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub market: Option<MarketId>,
    /// Only of this merchant; a merchant's key says it by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub merchant_id: Option<MerchantId>,
    /// Types of messages, such as `delivery.picked_up`; all where left out.
    #[serde(default)]
    pub types: Vec<String>,
    /// What it is for, in a person's words.
    #[serde(default)]
    pub label: String,
    /// Whether a message about a delivery waits until those before it are through, or given up.
    #[serde(default)]
    pub ordered: bool,
}

/// Makes a subscription. Its secret is in the answer, and nowhere else.
///
/// Errors: [`AppError::Invalid`] with the field; [`AppError::Refused`] `too_many_subscriptions`.
pub fn create(
    app: &App,
    new: &NewSubscription,
    principal: &Principal,
) -> Result<CreatedSubscription, AppError> {
    let merchant = merchant_of(new, principal)?;
    check_url(app, &new.url)?;
    check_words(&new.types, &new.label)?;
    if let Some(market) = &new.market {
        let unknown = |_| AppError::invalid("/market", format!("{:?} is unknown", market.as_str()));
        app.market(market.as_str()).map_err(unknown)?;
    }
    let (secret, now) = (SigningSecret::random()?, app.clock.now());
    let row = SubscriptionRow {
        subscription_id: format!("sub_{:014x}{}", now.0, random_hex::<5>()?),
        url: new.url.clone(),
        market: new.market.clone().map(String::from),
        merchant,
        types: new.types.join(" "),
        label: new.label.clone(),
        is_ordered: new.ordered,
        secret: secret.bytes().to_vec(),
        secret_before: None,
        disabled: None,
        created_at_us: now.0,
        created_by: principal.name.clone(),
    };
    let (kept, actor) = (row.clone(), principal.name.clone());
    app.store.lane(&lane()?, move |tx| {
        has_room(tx, kept.merchant.as_deref())?;
        subscription::save(tx, &kept)?;
        trail(tx, now, &actor, "subscription.create", (None, Some(&kept)))
    })?;
    Ok(CreatedSubscription { subscription: row.into(), secret: secret.reveal() })
}

fn merchant_of(new: &NewSubscription, who: &Principal) -> Result<Option<String>, AppError> {
    let (own, asked) = (who.merchant.as_ref(), new.merchant_id.as_ref());
    if who.role != Role::Merchant {
        return Ok(asked.cloned().map(String::from));
    }
    match asked {
        Some(asked) if Some(asked) != own => {
            Err(AppError::invalid("/merchant_id", "is not the merchant whose key this is"))
        }
        _ => Ok(own.cloned().map(String::from)),
    }
}

fn has_room(tx: &mut dyn Tx, merchant: Option<&str>) -> Result<(), AppError> {
    let most = if merchant.is_some() { OF_A_MERCHANT_MAX } else { OF_OPERATORS_MAX };
    if subscription::count(tx, merchant)? < most {
        return Ok(());
    }
    let reason = format!("there are {most} already, the most there may be; remove one first");
    Err(AppError::Refused { code: "too_many_subscriptions", reason })
}

fn check_url(app: &App, url: &str) -> Result<(), AppError> {
    if url.len() > URL_BYTES_MAX {
        let reason = format!("is longer than {URL_BYTES_MAX} bytes");
        return Err(AppError::invalid("/url", reason));
    }
    let admitted = app.notifications.outside.admits(url);
    admitted.map_err(|reason| AppError::invalid("/url", reason))
}

fn check_words(types: &[String], label: &str) -> Result<(), AppError> {
    let known = heard::kinds();
    let is_known = |kind: &String| is_message_type(kind) && known.contains(kind);
    if let Some(at) = types.iter().position(|kind| !is_known(kind)) {
        let known: Vec<String> = known.into_iter().collect();
        let reason = format!("{:?} is not known: {} are", types[at], known.join(", "));
        return Err(AppError::invalid(format!("/types/{at}"), reason));
    }
    if label.len() > LABEL_BYTES_MAX || label.chars().any(char::is_control) {
        let reason = format!("is longer than {LABEL_BYTES_MAX} bytes, or more than a line");
        return Err(AppError::invalid("/label", reason));
    }
    Ok(())
}

/// A subscription that somebody may see. Errors: [`AppError::NotFound`], also where it is another
/// merchant's.
fn of(tx: &mut dyn Tx, id: &str, who: &Principal) -> Result<SubscriptionRow, AppError> {
    let own = who.merchant.as_ref().map(MerchantId::as_str);
    let is_theirs = |row: &SubscriptionRow| {
        who.role != Role::Merchant || (own.is_some() && row.merchant.as_deref() == own)
    };
    let unknown = || AppError::NotFound { what: "subscription", id: id.to_owned() };
    subscription::load(tx, id)?.filter(is_theirs).ok_or_else(unknown)
}

fn lane() -> Result<LaneId, AppError> {
    Ok(LaneId::new(SUBSCRIPTIONS)?)
}

/// Writes into the audit trail what became of a subscription, without its secrets.
fn trail(
    tx: &mut dyn Tx,
    now: Micros,
    actor: &str,
    action: &str,
    (before, after): (Option<&SubscriptionRow>, Option<&SubscriptionRow>),
) -> Result<(), AppError> {
    let json = |row: Option<&SubscriptionRow>| {
        let view = row.map(|row| SubscriptionView::from(row.clone()));
        view.and_then(|view| serde_json::to_string(&view).ok()).unwrap_or_default()
    };
    let subject = before.or(after).map_or("", |row| &row.subscription_id);
    Ok(audit::add(tx, now, actor, action, subject, (&json(before), &json(after)))?)
}
