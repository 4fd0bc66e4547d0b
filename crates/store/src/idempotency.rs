//! What was answered to a request that may come again.
//!
//! Follows the IETF draft `idempotency-key-header`: a repeated key gets the first answer, a key
//! used for another request is an error, and so is a key whose first request is still running.

use crate::lane::keepable;
use crate::{StoreError, Tx, TxExt};

/// A request's key. Who chose it is part of its scope, so that keys of strangers never meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestKey<'a> {
    /// Whose key it is, and for what kind of request.
    pub scope: &'a str,
    /// The key the client sent.
    pub key: &'a str,
}

/// What is known about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is new, and noted as running: do it, then [`finish`].
    New,
    /// It is being done by somebody else.
    Running,
    /// It was done; this was the answer.
    Replay(Vec<u8>),
    /// The key was used for another request.
    Mismatch,
}

/// Notes a request, or finds it. `fingerprint` is a digest of its content. After `expires_at_us`
/// the key is free again: whoever did the request has ended without finishing or releasing it.
/// Times are microseconds UTC.
pub fn begin(
    tx: &mut dyn Tx,
    request: RequestKey<'_>,
    fingerprint: &[u8],
    now_us: i64,
    expires_at_us: i64,
) -> Result<Begun, StoreError> {
    keepable("scope", request.scope)?;
    keepable("key", request.key)?;
    let noted = tx.execute(
        "insert into idempotency_key \
           (scope, key, fingerprint, status, response, created_at_us, expires_at_us) \
         values ($1, $2, $3, 'running', null, $4, $5) \
         on conflict (scope, key) do update set \
           fingerprint = excluded.fingerprint, status = 'running', response = null, \
           created_at_us = excluded.created_at_us, expires_at_us = excluded.expires_at_us \
         where idempotency_key.expires_at_us <= excluded.created_at_us",
        &[
            request.scope.into(),
            request.key.into(),
            fingerprint.into(),
            now_us.into(),
            expires_at_us.into(),
        ],
    )?;
    if noted > 0 {
        return Ok(Begun::New);
    }
    tx.query_one(
        "select fingerprint, response from idempotency_key where scope = $1 and key = $2",
        &[request.scope.into(), request.key.into()],
        |row| {
            Ok(match (row.bytes(0)? == fingerprint, row.optional_bytes(1)?) {
                (false, _) => Begun::Mismatch,
                (true, Some(response)) => Begun::Replay(response.to_owned()),
                (true, None) => Begun::Running,
            })
        },
    )
}

/// Keeps the answer until `expires_at_us` (microseconds UTC). A key that is not running is refused
/// with [`StoreError::Invalid`].
pub fn finish(
    tx: &mut dyn Tx,
    request: RequestKey<'_>,
    response: &[u8],
    expires_at_us: i64,
) -> Result<(), StoreError> {
    let finished = tx.execute(
        "update idempotency_key set status = 'done', response = $3, expires_at_us = $4 \
         where scope = $1 and key = $2 and status = 'running'",
        &[request.scope.into(), request.key.into(), response.into(), expires_at_us.into()],
    )?;
    match finished {
        0 => Err(StoreError::invalid("the request is not running")),
        _ => Ok(()),
    }
}

/// The answer that is kept of a request; none where it was never done, or is forgotten.
pub fn answered(
    tx: &mut dyn Tx,
    request: RequestKey<'_>,
    now_us: i64,
) -> Result<Option<Vec<u8>>, StoreError> {
    let found = tx.query_optional(
        "select response from idempotency_key \
         where scope = $1 and key = $2 and status = 'done' and expires_at_us > $3",
        &[request.scope.into(), request.key.into(), now_us.into()],
        |row| Ok(row.optional_bytes(0)?.map(<[u8]>::to_vec)),
    )?;
    Ok(found.flatten())
}

/// Frees the key of a request that was given up; answers whether it was running.
pub fn release(tx: &mut dyn Tx, request: RequestKey<'_>) -> Result<bool, StoreError> {
    let released = tx.execute(
        "delete from idempotency_key where scope = $1 and key = $2 and status = 'running'",
        &[request.scope.into(), request.key.into()],
    )?;
    Ok(released > 0)
}

/// Deletes at most `limit` keys that have expired, the oldest first; answers how many.
pub fn expire(tx: &mut dyn Tx, now_us: i64, limit: u32) -> Result<u64, StoreError> {
    tx.execute(
        "delete from idempotency_key where (scope, key) in ( \
           select scope, key from idempotency_key where expires_at_us <= $1 \
           order by expires_at_us limit $2)",
        &[now_us.into(), limit.into()],
    )
}
