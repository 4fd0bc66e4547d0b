//! API keys: kept as hashes, shown once.

use crate::{Row, StoreError, Tx, TxExt};

/// An API key without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// Its name.
    pub key_id: String,
    /// `operator`, `finance`, `courier`, `gateway`, `merchant` or `shop`.
    pub role: String,
    /// Whose, for the role `courier`.
    pub courier: Option<String>,
    /// Whose, for the role `merchant`.
    pub merchant: Option<String>,
    /// What for, in a person's words.
    pub label: String,
    /// Microseconds.
    pub created_at_us: i64,
    /// Microseconds; a revoked key opens nothing.
    pub revoked_at_us: Option<i64>,
}

const COLUMNS: &str = "key_id, role, courier_id, merchant_id, label, created_at_us, revoked_at_us";

fn read(row: &Row<'_>) -> Result<KeyRow, StoreError> {
    Ok(KeyRow {
        key_id: row.text(0)?.to_owned(),
        role: row.text(1)?.to_owned(),
        courier: row.optional_text(2)?.map(str::to_owned),
        merchant: row.optional_text(3)?.map(str::to_owned),
        label: row.text(4)?.to_owned(),
        created_at_us: row.int(5)?,
        revoked_at_us: row.optional_int(6)?,
    })
}

/// Adds a key with the SHA-256 of its secret; the same secret again is left as it is.
pub fn add(tx: &mut dyn Tx, key: &KeyRow, secret_hash: &[u8]) -> Result<bool, StoreError> {
    let added = tx.execute(
        "insert into api_key
             (key_id, secret_hash, role, courier_id, merchant_id, label, created_at_us)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        &[
            (&key.key_id).into(),
            secret_hash.into(),
            (&key.role).into(),
            key.courier.as_ref().into(),
            key.merchant.as_ref().into(),
            (&key.label).into(),
            key.created_at_us.into(),
        ],
    )?;
    Ok(added > 0)
}

/// The key that a secret's SHA-256 belongs to, unless it was revoked.
pub fn by_secret(tx: &mut dyn Tx, secret_hash: &[u8]) -> Result<Option<KeyRow>, StoreError> {
    let sql =
        format!("select {COLUMNS} from api_key where secret_hash = $1 and revoked_at_us is null");
    tx.query_optional(&sql, &[secret_hash.into()], read)
}

/// All keys, oldest first.
pub fn all(tx: &mut dyn Tx) -> Result<Vec<KeyRow>, StoreError> {
    let sql = format!("select {COLUMNS} from api_key order by created_at_us, key_id");
    tx.query_all(&sql, &[], read)
}

/// Revokes a key; false where there is none of that name, or it was revoked before.
pub fn revoke(tx: &mut dyn Tx, key_id: &str, now_us: i64) -> Result<bool, StoreError> {
    let revoked = tx.execute(
        "update api_key set revoked_at_us = $2 where key_id = $1 and revoked_at_us is null",
        &[key_id.into(), now_us.into()],
    )?;
    Ok(revoked > 0)
}

/// What changes whenever any key is revoked, by whichever process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Revocations {
    count: i64,
    newest_at_us: i64,
}

/// How often keys were revoked so far; as long as it stays the same, what was open is open.
pub fn revocations(tx: &mut dyn Tx) -> Result<Revocations, StoreError> {
    tx.query_one(
        "select count(*), coalesce(max(revoked_at_us), 0) from api_key
         where revoked_at_us is not null",
        &[],
        |row| Ok(Revocations { count: row.int(0)?, newest_at_us: row.int(1)? }),
    )
}
