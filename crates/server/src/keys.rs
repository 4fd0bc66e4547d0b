//! API keys: who may do what. A secret is shown once and kept as its SHA-256 only.

mod recent;
mod secret;

pub use recent::Recent;
pub use secret::Secret;
pub(crate) use secret::{hex, random_hex};

use crate::app::App;
use crate::error::AppError;
use doorstep_domain::id::{CourierId, MerchantId};
use doorstep_domain::time::Micros;
use doorstep_store::key::{self, KeyRow};
use doorstep_store::{LaneId, audit};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything.
    Operator,
    /// Money: reading it, closing days, conflicts, plans, reconciliation, the audit trail.
    Finance,
    /// One courier's own pay, pings and position.
    Courier,
    /// Pings and events of anybody, and asking for deliveries: what stands at the edge.
    Gateway,
    /// One merchant's own deliveries, orders and stock.
    Merchant,
    /// Looking at what can be had, and ordering it: made to be given to browsers.
    Shop,
}

impl Role {
    /// As kept and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Operator => "operator",
            Role::Finance => "finance",
            Role::Courier => "courier",
            Role::Gateway => "gateway",
            Role::Merchant => "merchant",
            Role::Shop => "shop",
        }
    }

    fn named(name: &str) -> Option<Role> {
        use Role::*;
        let all = [Operator, Finance, Courier, Gateway, Merchant, Shop];
        all.into_iter().find(|role| role.as_str() == name)
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// As it stands in the audit trail: `key:key_…`, or `local:USER` on the machine itself.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Who they are, for [`Role::Courier`].
    pub courier: Option<CourierId>,
    /// Whose deliveries are theirs, for [`Role::Merchant`].
    pub merchant: Option<MerchantId>,
}

impl Principal {
    /// Whoever can open the data directory may do everything with it.
    pub fn local(user: &str) -> Principal {
        let name = format!("local:{user}");
        Principal { name, role: Role::Operator, courier: None, merchant: None }
    }
}

/// A key to be made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// What it shall open.
    pub role: Role,
    /// Whose it is; required for the role `courier`, and only there.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub courier_id: Option<CourierId>,
    /// Whose it is; required for the role `merchant`, and only there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub merchant_id: Option<MerchantId>,
    /// What it is for, in a person's words.
    #[serde(default)]
    pub label: String,
}

/// A key without its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KeyView {
    /// Its name, by which it is revoked.
    pub key_id: String,
    /// `operator`, `finance`, `courier`, `gateway`, `merchant` or `shop`.
    pub role: String,
    /// Whose it is, for the role `courier`.
    pub courier_id: Option<String>,
    /// Whose it is, for the role `merchant`.
    pub merchant_id: Option<String>,
    /// What it is for.
    pub label: String,
    /// RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Micros,
    /// RFC 3339; a revoked key opens nothing.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Micros>,
}

/// A key that was just made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CreatedKey {
    /// The key.
    #[serde(flatten)]
    pub key: KeyView,
    /// Its secret, shown now and never again: a repeated request is answered without it.
    #[schema(required = false)]
    pub secret: String,
}

/// Most bytes of a label: it is shown in a table.
const LABEL_BYTES_MAX: usize = 128;

/// Makes a key with a given secret. Errors: [`AppError::Invalid`] where role and courier disagree.
pub fn create(
    app: &App,
    new: &NewKey,
    secret: &Secret,
    actor: &str,
) -> Result<CreatedKey, AppError> {
    check(new)?;
    let row = KeyRow {
        key_id: secret.key_id(),
        role: new.role.as_str().to_owned(),
        courier: new.courier_id.as_ref().map(|courier| courier.as_str().to_owned()),
        merchant: new.merchant_id.as_ref().map(|merchant| merchant.as_str().to_owned()),
        label: new.label.clone(),
        created_at_us: app.clock.now().0,
        revoked_at_us: None,
    };
    let (kept, hash, actor) = (row.clone(), secret.hash(), actor.to_owned());
    app.store.lane(&lane()?, move |tx| {
        if key::add(tx, &kept, &hash)? {
            let after = as_json(&KeyView::from(kept.clone()));
            let now = Micros(kept.created_at_us);
            audit::add(tx, now, &actor, "key.create", &kept.key_id, ("", &after))?;
        }
        Ok::<_, AppError>(())
    })?;
    Ok(CreatedKey { key: row.into(), secret: secret.reveal().to_owned() })
}

/// Every key ever made, oldest first.
pub fn list(app: &App) -> Result<Vec<KeyView>, AppError> {
    let rows = app.store.read(|tx| key::all(tx).map_err(AppError::from))?;
    Ok(rows.into_iter().map(KeyView::from).collect())
}

/// Revokes a key: from the next request on it opens nothing. Revoking it again changes nothing.
pub fn revoke(app: &App, key_id: &str, actor: &str) -> Result<KeyView, AppError> {
    let (id, actor, now) = (key_id.to_owned(), actor.to_owned(), app.clock.now());
    let revoked = app.store.lane(&lane()?, move |tx| {
        let find = |rows: Vec<KeyRow>| rows.into_iter().find(|row| row.key_id == id);
        let unknown = || AppError::NotFound { what: "key", id: id.clone() };
        let before = find(key::all(tx)?).ok_or_else(unknown)?;
        key::revoke(tx, &id, now.0)?;
        let after = find(key::all(tx)?).ok_or_else(unknown)?;
        let (before, after) = (KeyView::from(before), KeyView::from(after));
        if before.revoked_at.is_none() {
            let states = (as_json(&before), as_json(&after));
            audit::add(tx, now, &actor, "key.revoke", &id, (&states.0, &states.1))?;
        }
        Ok::<_, AppError>(after)
    });
    app.keys.forget();
    revoked
}

/// Who a secret belongs to; nobody where it is unknown or revoked.
///
/// The hash is what is looked up, so the time it takes says nothing about the secret.
pub fn principal_of(app: &App, secret: &Secret) -> Result<Option<Principal>, AppError> {
    let hash = secret.hash();
    let found = app.stock.read_common(app, |tx| key::by_secret(tx, &hash))?;
    Ok(found.and_then(|row| {
        Some(Principal {
            name: format!("key:{}", row.key_id),
            role: Role::named(&row.role)?,
            courier: row.courier.and_then(|courier| courier.parse().ok()),
            merchant: row.merchant.and_then(|merchant| merchant.parse().ok()),
        })
    }))
}

/// Makes sure that somebody can get in: takes the `configured` secret, or else on the very first
/// start makes one, which is answered to be shown once.
pub fn admin(app: &App, configured: Option<&str>) -> Result<Option<Secret>, AppError> {
    let operator = |label: &str| NewKey {
        role: Role::Operator,
        courier_id: None,
        merchant_id: None,
        label: label.to_owned(),
    };
    if let Some(configured) = configured {
        let secret = Secret::configured(configured)?;
        if secret.is_guessable() {
            tracing::warn!("DOORSTEP_ADMIN_KEY is short enough to be guessed");
        }
        create(app, &operator("DOORSTEP_ADMIN_KEY"), &secret, "local:environment")?;
        return Ok(None);
    }
    if list(app)?.iter().any(|key| key.role == Role::Operator.as_str()) {
        return Ok(None);
    }
    let secret = Secret::random()?;
    create(app, &operator("first start"), &secret, "local:first-start")?;
    Ok(Some(secret))
}

fn check(new: &NewKey) -> Result<(), AppError> {
    match (new.role, &new.courier_id) {
        (Role::Courier, None) => {
            return Err(AppError::invalid("/courier_id", "a key for a courier says whose it is"));
        }
        (role, Some(_)) if role != Role::Courier => {
            return Err(AppError::invalid("/courier_id", "only the role courier has one"));
        }
        _ => {}
    }
    match (new.role, &new.merchant_id) {
        (Role::Merchant, None) => {
            return Err(AppError::invalid("/merchant_id", "a key for a merchant says whose it is"));
        }
        (role, Some(_)) if role != Role::Merchant => {
            return Err(AppError::invalid("/merchant_id", "only the role merchant has one"));
        }
        _ => {}
    }
    if new.label.len() > LABEL_BYTES_MAX {
        let reason = format!("is longer than {LABEL_BYTES_MAX} bytes");
        return Err(AppError::invalid("/label", reason));
    }
    Ok(())
}

impl From<KeyRow> for KeyView {
    fn from(row: KeyRow) -> KeyView {
        KeyView {
            key_id: row.key_id,
            role: row.role,
            courier_id: row.courier,
            merchant_id: row.merchant,
            label: row.label,
            created_at: Micros(row.created_at_us),
            revoked_at: row.revoked_at_us.map(Micros),
        }
    }
}

fn as_json(key: &KeyView) -> String {
    serde_json::to_string(key).unwrap_or_default()
}

fn lane() -> Result<LaneId, AppError> {
    Ok(LaneId::new("keys")?)
}
