//! Events in: appended to the log before they are answered.

use super::Api;
use super::body::{Form, events, form, unpacked};
use super::extract::Raw;
use super::limits::LAG_RETRY_AFTER_MS;
use super::openapi::Sending;
use super::problem::Problem;
use super::reply;
use crate::accounting::intake::{Refused, Taken, take};
use crate::app::App;
use crate::metric;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// Takes events: one CloudEvent, a batch of them, or one a line.
///
/// Answered once everything that was accepted is durable. What is refused is kept as a dead
/// letter, with the number of its line or its place in the batch. A single event that is refused
/// is answered with 400. `Content-Encoding` may be `gzip` or `zstd`. Sending the same event again
/// changes nothing: events carry their identity.
#[utoipa::path(
    post, path = "/v1/events", operation_id = "send_events",
    tag = "events",
    request_body(
        description = "One event, an array, or lines",
        content(
            (serde_json::Value = "application/cloudevents+json"),
            (Vec<serde_json::Value> = "application/cloudevents-batch+json"),
            (serde_json::Value = "application/json"),
            (String = "application/x-ndjson"),
        )
    ),
    responses((status = 202, description = "Durable", body = Taken), Sending)
)]
pub(super) async fn send(
    State(api): State<Api>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let limits = api.limits;
    api.answer(move |app| {
        check_lag(app, limits.lag_records_max)?;
        let body = unpacked(&headers, &body, &limits)?;
        let form = form(&headers, &body)?;
        let mut taken = take(app, events(form, &body)?)?;
        metric::taken(&taken);
        match (form, taken.rejected.pop()) {
            (Form::Single, Some(refused)) => Err(refusal(refused)),
            (_, last) => {
                taken.rejected.extend(last);
                reply::json(StatusCode::ACCEPTED, &taken)
            }
        }
    })
    .await
}

/// Refuses more where the accountant is hopelessly behind, so that the log does not grow for ever.
fn check_lag(app: &App, lag_records_max: u64) -> Result<(), Problem> {
    let lag = crate::status::lag_records(app)?;
    if lag <= lag_records_max {
        return Ok(());
    }
    let detail = format!("{lag} events wait to be counted; nothing was taken, send them later");
    Err(Problem::busy("lagging", detail, LAG_RETRY_AFTER_MS))
}

fn refusal(refused: Refused) -> Problem {
    Problem::field(refused.pointer, refused.reason)
        .with_code(&refused.code)
        .with_dead_letter(refused.dead_letter)
}
