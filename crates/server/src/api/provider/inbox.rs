//! What providers send: verified over the raw bytes, made durable, answered with exactly 200.

use super::super::Api;
use super::super::extract::{Asked, Named, Raw};
use super::super::openapi::{Reading, Sending};
use super::super::problem::{Problem, unavailable};
use crate::provider::envelope::Envelope;
use crate::provider::inbox::MESSAGE_BYTES_MAX;
use crate::provider::metric;
use crate::provider::verify::Message;
use axum::extract::{FromRequest, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

/// The route, as it is described and counted.
pub(in crate::api) const ROUTE: &str = "/v1/providers/{provider}/events";

/// What is answered, in bytes: a text that a provider wants to see again is a short one.
const CHECK_BYTES_MAX: usize = 1_024;

/// What a provider wants to see again.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct CheckAsked {
    /// Any text.
    check: String,
}

/// Whose messages go to a path, where it is [`ROUTE`].
pub(in crate::api) fn provider_of(path: &str) -> Option<&str> {
    let name = path.strip_prefix("/v1/providers/")?.strip_suffix("/events")?;
    // What is written otherwise than it is configured is for the router to read.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (!name.is_empty() && name.bytes().all(plain)).then_some(name)
}

/// Takes a message of a provider.
///
/// Its signature is verified over the bytes as they came; they are durable when this is answered,
/// and read afterwards. What is signed and cannot be read is kept as a dead letter.
#[utoipa::path(
    post, path = "/v1/providers/{provider}/events", operation_id = "receive_provider_events",
    tag = "providers", security(()),
    request_body(
        description = "What the provider sends",
        content((serde_json::Value = "application/json"))
    ),
    params(("provider" = String, Path, description = "By its name in the configuration")),
    responses((status = 200, description = "Durable"), Sending)
)]
pub(in crate::api) async fn take(
    State(api): State<Api>,
    Named(provider): Named<String>,
    request: Request,
) -> Result<Response, Problem> {
    receive(&api, &provider, request).await
}

/// Answers with the text that is asked for, as Onfleet wants to see before it sends anything.
#[utoipa::path(
    get, path = "/v1/providers/{provider}/events", operation_id = "check_provider_events",
    tag = "providers", security(()),
    params(
        ("provider" = String, Path, description = "By its name in the configuration"),
        CheckAsked,
    ),
    responses((status = 200, description = "The text", body = String), Reading)
)]
pub(in crate::api) async fn check(
    State(api): State<Api>,
    Named(provider): Named<String>,
    Asked(asked): Asked<CheckAsked>,
) -> Result<Response, Problem> {
    api.app.providers.find(&provider)?;
    if asked.check.len() > CHECK_BYTES_MAX {
        let reason = format!("has more than {CHECK_BYTES_MAX} bytes");
        return Err(Problem::field("check", reason));
    }
    let plain = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((plain, asked.check).into_response())
}

/// Takes a message. Nothing here holds a thread while it waits for the disk.
pub(in crate::api) async fn receive(
    api: &Api,
    provider: &str,
    request: Request,
) -> Result<Response, Problem> {
    let app = &api.app;
    let provider = app.providers.find(provider)?;
    let (method, headers) = (request.method().clone(), request.headers().clone());
    let Raw(body) = Raw::from_request(request, api).await?;
    if body.len() > MESSAGE_BYTES_MAX {
        let reason = format!("a message may have {MESSAGE_BYTES_MAX} bytes");
        return Err(Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE, reason));
    }
    let message = Message { method: method.as_str(), headers: &headers, body: &body };
    if !provider.verifier.admits(message) {
        metric::answered(&provider.name, "unsigned");
        let detail = format!("the signature is not one of {}'s over these bytes", provider.name);
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "wrong_signature", detail));
    }
    let envelope = Envelope::of(provider, &headers, app.clock.now());
    let durable = app.inbox.offer(envelope.record(&body))?;
    let appended = durable.await.map_err(|_| unavailable("the inbox ended".to_owned()))?;
    appended.map_err(|error| unavailable(error.to_string()))?;
    metric::answered(&provider.name, "taken");
    Ok(StatusCode::OK.into_response())
}
