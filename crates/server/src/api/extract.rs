//! Parts of a request, read strictly: what does not fit is answered with the field and the reason.

use super::problem::Problem;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

/// Query parameters. The type says which there are; an unknown one is refused.
#[derive(Debug)]
pub(super) struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(asked)) => Ok(Asked(asked)),
            Err(rejection) => Err(query_problem(&rejection.body_text())),
        }
    }
}

/// Segments of the path.
#[derive(Debug)]
pub(super) struct Named<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(named)) => Ok(Named(named)),
            Err(rejection) => Err(Problem::field("path", rejection.body_text())),
        }
    }
}

/// A whole body, as it was sent.
#[derive(Debug)]
pub(super) struct Raw(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Bytes::from_request(request, state).await {
            Ok(bytes) => Ok(Raw(bytes)),
            Err(rejection) => Err(Problem::of_status(rejection.status(), rejection.body_text())),
        }
    }
}

/// Reads a JSON body; an empty one is an empty object.
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| {
        let code = if error.is_data() { "invalid" } else { "malformed" };
        Problem::field("", error.to_string()).with_code(code)
    })
}

/// Text that must be UTF-8.
pub(super) fn text(body: &[u8]) -> Result<String, Problem> {
    let text = std::str::from_utf8(body).map_err(|error| Problem::field("", error.to_string()))?;
    Ok(text.to_owned())
}

/// `Failed to deserialize query string: day: "x" is not a day` names the parameter in the middle;
/// a missing one is named at the end.
fn query_problem(text: &str) -> Problem {
    let reason = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(text);
    let missing = reason.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
    match (missing, reason.split_once(": ")) {
        (Some(name), _) => Problem::field(name, "is missing"),
        (None, Some((name, reason))) if !name.contains(' ') => Problem::field(name, reason),
        _ => Problem::field("query", reason),
    }
}
