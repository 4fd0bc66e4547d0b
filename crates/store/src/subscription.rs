//! Subscriptions: whom to tell of what by webhook.

use crate::{Row, StoreError, Tx, TxExt};

/// A subscription with its secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct SubscriptionRow {
    /// Its name.
    pub subscription_id: String,
    /// Where messages go.
    pub url: String,
    /// Only of this market.
    pub market: Option<String>,
    /// Only of this merchant.
    pub merchant: Option<String>,
    /// Types of messages, separated by spaces; empty for all.
    pub types: String,
    /// What for, in a person's words.
    pub label: String,
    /// Whether messages about one delivery are sent one after another.
    pub is_ordered: bool,
    /// Signs every message.
    pub secret: Vec<u8>,
    /// Signed until a while ago, and still signs until then, in microseconds.
    pub secret_before: Option<(Vec<u8>, i64)>,
    /// Why, and since when in microseconds, nothing is sent.
    pub disabled: Option<(String, i64)>,
    /// Microseconds.
    pub created_at_us: i64,
    /// Who asked for it, as it stands in the audit trail.
    pub created_by: String,
}

impl std::fmt::Debug for SubscriptionRow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without its secrets, so that no log ever has them.
        let (id, url) = (&self.subscription_id, &self.url);
        formatter.debug_struct("SubscriptionRow").field("id", id).field("url", url).finish()
    }
}

const COLUMNS: &str = "subscription_id, url, market_id, merchant_id, types, label, is_ordered,
    secret, secret_before, secret_before_until_us, disabled_because, disabled_at_us,
    created_at_us, created_by";

fn row_of(row: &Row<'_>) -> Result<SubscriptionRow, StoreError> {
    let secret_before = row.optional_bytes(8)?.map(<[u8]>::to_owned);
    let disabled_because = row.optional_text(10)?.map(str::to_owned);
    Ok(SubscriptionRow {
        subscription_id: row.text(0)?.to_owned(),
        url: row.text(1)?.to_owned(),
        market: row.optional_text(2)?.map(str::to_owned),
        merchant: row.optional_text(3)?.map(str::to_owned),
        types: row.text(4)?.to_owned(),
        label: row.text(5)?.to_owned(),
        is_ordered: row.truth(6)?,
        secret: row.bytes(7)?.to_owned(),
        secret_before: secret_before.zip(row.optional_int(9)?),
        disabled: disabled_because.zip(row.optional_int(11)?),
        created_at_us: row.int(12)?,
        created_by: row.text(13)?.to_owned(),
    })
}

/// Adds a subscription, or writes everything that may change of one.
pub fn save(tx: &mut dyn Tx, subscription: &SubscriptionRow) -> Result<(), StoreError> {
    let (secret_before, disabled) = (&subscription.secret_before, &subscription.disabled);
    tx.execute(
        "insert into subscription (subscription_id, url, market_id, merchant_id, types, label,
             is_ordered, secret, secret_before, secret_before_until_us, disabled_because,
             disabled_at_us, created_at_us, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         on conflict (subscription_id) do update set
             url = excluded.url, market_id = excluded.market_id, types = excluded.types,
             label = excluded.label, is_ordered = excluded.is_ordered, secret = excluded.secret,
             secret_before = excluded.secret_before,
             secret_before_until_us = excluded.secret_before_until_us,
             disabled_because = excluded.disabled_because,
             disabled_at_us = excluded.disabled_at_us",
        &[
            (&subscription.subscription_id).into(),
            (&subscription.url).into(),
            subscription.market.as_ref().into(),
            subscription.merchant.as_ref().into(),
            (&subscription.types).into(),
            (&subscription.label).into(),
            subscription.is_ordered.into(),
            (&subscription.secret).into(),
            secret_before.as_ref().map(|(secret, _)| secret).into(),
            secret_before.as_ref().map(|(_, until_us)| *until_us).into(),
            disabled.as_ref().map(|(because, _)| because).into(),
            disabled.as_ref().map(|(_, at_us)| *at_us).into(),
            subscription.created_at_us.into(),
            (&subscription.created_by).into(),
        ],
    )?;
    Ok(())
}

/// A subscription by name.
pub fn load(tx: &mut dyn Tx, subscription_id: &str) -> Result<Option<SubscriptionRow>, StoreError> {
    let sql = format!("select {COLUMNS} from subscription where subscription_id = $1");
    tx.query_optional(&sql, &[subscription_id.into()], row_of)
}

/// Subscriptions behind `after`, by name, of a merchant or of all, at most `limit`.
pub fn page(
    tx: &mut dyn Tx,
    merchant: Option<&str>,
    after: &str,
    limit: u32,
) -> Result<Vec<SubscriptionRow>, StoreError> {
    let sql = format!(
        "select {COLUMNS} from subscription
         where ($1 = '' or merchant_id = $1) and subscription_id > $2
         order by subscription_id limit $3"
    );
    let params = [merchant.unwrap_or("").into(), after.into(), limit.into()];
    tx.query_all(&sql, &params, row_of)
}

/// Those that may be told of a merchant's delivery in a market; secrets and all.
pub fn listening(
    tx: &mut dyn Tx,
    market: &str,
    merchant: &str,
) -> Result<Vec<SubscriptionRow>, StoreError> {
    let sql = format!(
        "select {COLUMNS} from subscription
         where disabled_because is null
             and (merchant_id is null or merchant_id = $2)
             and (market_id is null or market_id = $1)
         order by subscription_id"
    );
    tx.query_all(&sql, &[market.into(), merchant.into()], row_of)
}

/// Stops sending, with the reason; false where it was stopped before, or is not known.
pub fn disable(
    tx: &mut dyn Tx,
    subscription_id: &str,
    because: &str,
    now_us: i64,
) -> Result<bool, StoreError> {
    let disabled = tx.execute(
        "update subscription set disabled_because = $2, disabled_at_us = $3
         where subscription_id = $1 and disabled_because is null",
        &[subscription_id.into(), because.into(), now_us.into()],
    )?;
    Ok(disabled > 0)
}

/// Removes a subscription; false where there is none of that name.
pub fn remove(tx: &mut dyn Tx, subscription_id: &str) -> Result<bool, StoreError> {
    let sql = "delete from subscription where subscription_id = $1";
    Ok(tx.execute(sql, &[subscription_id.into()])? > 0)
}

/// How many subscriptions a merchant has; of none, those of operators.
pub fn count(tx: &mut dyn Tx, merchant: Option<&str>) -> Result<i64, StoreError> {
    let sql = "select count(*) from subscription where merchant_id is not distinct from $1";
    tx.query_one(sql, &[merchant.into()], |row| row.int(0))
}
