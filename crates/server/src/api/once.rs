//! A POST that claims is done once: `Idempotency-Key`, as the IETF draft of that name has it.
//!
//! Missing → 400, used for another request → 422, still being answered → 409; otherwise what was
//! answered the first time is answered again. A request that failed has changed nothing, and its
//! key may be used again.

use super::Api;
use super::limits::{
    ANSWER_KEPT_US, ANSWERS_FORGOTTEN_AT_ONCE, IDEMPOTENCY_KEY_BYTES_MAX, REQUEST_RUNS_MAX_US,
};
use super::problem::Problem;
use super::reply;
use crate::app::App;
use crate::error::AppError;
use crate::keys::Principal;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use doorstep_store::idempotency::{self, Begun, RequestKey};
use doorstep_store::{LaneId, StoreError};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::IntoParams;

/// The header.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The header as it is described; [`key_of`] is what reads it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes; nothing is ever made of it")]
pub(super) struct OnceKey {
    /// New for each thing that is to be done, such as a UUID; it may stand in double quotes.
    #[param(
        rename = "Idempotency-Key",
        min_length = 1,
        max_length = 130,
        pattern = r#"^("[!#-~]{1,128}"|[!#-~]{1,128})$"#
    )]
    key: String,
}

/// A request that is to be done once.
pub(super) struct Once {
    scope: String,
    key: String,
    fingerprint: [u8; 32],
}

impl Once {
    /// Reads the key of a request for `route` by `principal`; `parts` is all that it asks.
    pub(super) fn of(
        headers: &HeaderMap,
        principal: &Principal,
        route: &str,
        parts: &[&[u8]],
    ) -> Result<Once, Problem> {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Ok(Once {
            scope: format!("{} {route}", principal.name),
            key: key_of(headers)?,
            fingerprint: hash.finalize().into(),
        })
    }

    /// Scope, key and fingerprint, for whoever notes the request in the transaction that does it.
    pub(super) fn into_parts(self) -> (String, String, [u8; 32]) {
        (self.scope, self.key, self.fingerprint)
    }

    fn request(&self) -> RequestKey<'_> {
        RequestKey { scope: &self.scope, key: &self.key }
    }

    fn lane(&self) -> Result<LaneId, StoreError> {
        let byte = self.fingerprint[0] % 16;
        LaneId::new(format!("requests/{byte}"))
    }
}

impl Api {
    /// Does `work` unless it was done under this key before, and answers `status` with its JSON.
    pub(super) async fn once<T: Serialize + Clone + 'static>(
        &self,
        once: Once,
        status: StatusCode,
        work: impl FnOnce(&App) -> Result<T, AppError> + Send + 'static,
    ) -> Result<Response, Problem> {
        self.once_hiding(once, status, T::clone, work).await
    }

    /// As [`Api::once`], but only `kept` of the answer is kept and answered to a repetition.
    pub(super) async fn once_hiding<T: Serialize, K: Serialize>(
        &self,
        once: Once,
        status: StatusCode,
        kept: impl FnOnce(&T) -> K + Send + 'static,
        work: impl FnOnce(&App) -> Result<T, AppError> + Send + 'static,
    ) -> Result<Response, Problem> {
        self.answer(move |app| {
            if let Some(kept) = begin(app, &once)? {
                return Ok(replayed(reply::json_bytes(status, kept)));
            }
            match work(app) {
                Ok(view) => {
                    keep(app, once, serde_json::to_vec(&kept(&view)).map_err(Problem::internal)?)?;
                    reply::json(status, &view)
                }
                Err(error) => {
                    release(app, once)?;
                    Err(error.into())
                }
            }
        })
        .await
    }
}

/// Notes the request as running; the answer it had before, if it is done.
fn begin(app: &App, once: &Once) -> Result<Option<Vec<u8>>, Problem> {
    let now = app.clock.now();
    let (scope, key) = (once.scope.clone(), once.key.clone());
    let fingerprint = once.fingerprint;
    let begun = app.store.lane(&once.lane().map_err(AppError::from)?, move |tx| {
        let request = RequestKey { scope: &scope, key: &key };
        let expires = now.plus(REQUEST_RUNS_MAX_US);
        idempotency::begin(tx, request, &fingerprint, now.0, expires.0).map_err(AppError::from)
    })?;
    let refused = |status, code: &str, detail: &str| Err(Problem::new(status, code, detail));
    match begun {
        Begun::New => Ok(None),
        Begun::Replay(kept) => Ok(Some(kept)),
        Begun::Running => refused(
            StatusCode::CONFLICT,
            "request_running",
            "the request with this Idempotency-Key is still being answered; ask again later",
        ),
        Begun::Mismatch => Err(key_reused()),
    }
}

/// Says that a key was used for something else.
pub(super) fn key_reused() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "idempotency_key_reused",
        "this Idempotency-Key was used for another request",
    )
}

/// Marks an answer as that of an earlier request.
pub(super) fn replayed(mut response: Response) -> Response {
    let replayed = HeaderValue::from_static("true");
    response.headers_mut().insert("idempotency-replayed", replayed);
    response
}

fn keep(app: &App, once: Once, body: Vec<u8>) -> Result<(), AppError> {
    let (lane, until) = (once.lane()?, app.clock.now().plus(ANSWER_KEPT_US));
    app.store.lane(&lane, move |tx| {
        idempotency::finish(tx, once.request(), &body, until.0).map_err(AppError::from)
    })
}

fn release(app: &App, once: Once) -> Result<(), AppError> {
    let lane = once.lane()?;
    app.store.lane(&lane, move |tx| {
        idempotency::release(tx, once.request()).map(|_| ()).map_err(AppError::from)
    })
}

/// Forgets answers that have been kept long enough.
pub(super) fn forget_expired(app: &App) -> Result<(), AppError> {
    let (lane, now) = (LaneId::new("requests/expiry")?, app.clock.now());
    // Markets with a store of their own keep answers there too.
    let own = app.markets.keys().map(|market| app.stock.store_of(app, market));
    let own = own.filter(|store| !std::ptr::eq(*store, &app.store));
    for store in std::iter::once(&app.store).chain(own) {
        store.lane(&lane, move |tx| {
            idempotency::expire(tx, now.0, ANSWERS_FORGOTTEN_AT_ONCE).map_err(AppError::from)
        })?;
    }
    Ok(())
}

/// The key, a structured-field string; the quotes may be left out.
fn key_of(headers: &HeaderMap) -> Result<String, Problem> {
    let wrong =
        |code: &str, reason: String| Err(Problem::field("Idempotency-Key", reason).with_code(code));
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        let reason = "this request needs one, such as a new UUID".to_owned();
        return wrong("idempotency_key_missing", reason);
    };
    let text = value.to_str().unwrap_or_default().trim();
    let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let plain = bare.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
    if bare.is_empty() || bare.len() > IDEMPOTENCY_KEY_BYTES_MAX || !plain {
        let reason = format!("must be 1 to {IDEMPOTENCY_KEY_BYTES_MAX} printable characters");
        return wrong("idempotency_key_invalid", reason);
    }
    Ok(bare.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use doorstep_domain::time::{Clock, Micros};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    #[test]
    fn keys_may_be_quoted_or_bare() {
        let long = "x".repeat(IDEMPOTENCY_KEY_BYTES_MAX + 1);
        let cases = [
            ("\"8e03978e-40d5\"", Some("8e03978e-40d5")),
            ("8e03978e-40d5", Some("8e03978e-40d5")),
            ("\"\"", None),
            ("two words", None),
            ("\"half", None),
            (&long, None),
        ];
        for (sent, key) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(IDEMPOTENCY_KEY, sent.parse().unwrap());
            assert_eq!(key_of(&headers).ok().as_deref(), key, "{sent}");
        }
        assert!(key_of(&HeaderMap::new()).is_err());
    }

    /// A repetition while the first request is under way is told so; one whose process was killed
    /// is done anew once nobody can be doing it any more.
    #[test]
    fn a_request_under_way_is_not_done_twice() {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(HandClock::default());
        let app = App::open(Config::default(), directory.path(), Arc::<HandClock>::clone(&clock));
        let app = app.unwrap();
        let once = || Once { scope: "ann close".into(), key: "k".into(), fingerprint: [7; 32] };
        assert!(begin(&app, &once()).unwrap().is_none(), "it is new");
        let running = begin(&app, &once()).unwrap_err();
        assert_eq!(running.code(), "request_running");
        clock.0.store(REQUEST_RUNS_MAX_US, Ordering::Relaxed);
        assert!(begin(&app, &once()).unwrap().is_none(), "whoever did it has ended");
        keep(&app, once(), b"done".to_vec()).unwrap();
        clock.0.fetch_add(ANSWER_KEPT_US - 1, Ordering::Relaxed);
        forget_expired(&app).unwrap();
        assert_eq!(begin(&app, &once()).unwrap().unwrap(), b"done");
        clock.0.fetch_add(1, Ordering::Relaxed);
        assert!(begin(&app, &once()).unwrap().is_none(), "the answer was forgotten");
    }

    #[derive(Default)]
    struct HandClock(AtomicI64);

    impl Clock for HandClock {
        fn now(&self) -> Micros {
            Micros(self.0.load(Ordering::Relaxed))
        }
    }
}
