//! Parts of a request, read strictly: what does not fit is answered with the field and the reason.

use super::Api;
use super::problem::Problem;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use http_body::Body;
use serde::de::DeserializeOwned;
use std::future::poll_fn;
use std::pin::Pin;

/// A body that is too large is heard to its end up to so many times what may be sent.
const HEARD_OUT_TIMES: usize = 4;

/// Query parameters. The type says which there are; an unknown one is refused.
#[derive(Debug)]
pub(super) struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        asked_in(&parts.uri).map(Asked)
    }
}

/// The query parameters of a URI, read as strictly.
pub(super) fn asked_in<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    match Query::<T>::try_from_uri(uri) {
        Ok(Query(asked)) => Ok(asked),
        Err(rejection) => Err(query_problem(&rejection.body_text())),
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

impl FromRequest<Api> for Raw {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let most = api.limits.body_bytes_max;
        let mut body = request.into_body();
        let expected = usize::try_from(body.size_hint().lower()).unwrap_or(most).min(most);
        let (mut only, mut many, mut bytes) = (Bytes::new(), Vec::new(), 0_usize);
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            let frame = frame
                .map_err(|error| Problem::of_status(StatusCode::BAD_REQUEST, error.to_string()))?;
            let Ok(chunk) = frame.into_data() else {
                continue;
            };
            bytes += chunk.len();
            if bytes > most.saturating_mul(HEARD_OUT_TIMES) {
                break;
            } else if bytes > most {
                // Whoever is still sending when the connection closes learns of a broken pipe and
                // not of the answer.
                (only, many) = (Bytes::new(), Vec::new());
            } else if bytes == chunk.len() {
                // Most bodies come in one piece, which stays where it is.
                only = chunk;
            } else {
                if many.is_empty() {
                    many.reserve(expected);
                    many.extend_from_slice(&only);
                }
                many.extend_from_slice(&chunk);
            }
        }
        if bytes > most {
            let reason = format!("a body may have {most} bytes; send it in parts");
            return Err(Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE, reason));
        }
        Ok(Raw(if many.is_empty() { only } else { many.into() }))
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
