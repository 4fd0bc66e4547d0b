//! Pings in: made durable before they are answered.

mod form;
pub(super) mod socket;
mod taking;

pub(super) use form::Content;
pub(super) use taking::PingsTaken;

use super::Api;
use super::extract::Raw;
use super::openapi::Sending;
use super::problem::Problem;
use super::recent::REPORTERS;
use super::reply;
use crate::keys::{Principal, Role};
use crate::tracking::door::{Form, Sender};
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use taking::RefusedPing;

/// Takes pings: one, an array, one a line, or a binary batch.
///
/// Answered once everything that was accepted is durable. What is refused is kept as a dead
/// letter, with the number of its line or its place in the batch. What a device sends too fast is
/// not kept: `Retry-After` says when all of it may be sent again, though of no device more than it
/// ever may at once. A single ping that is refused is answered with 400, or 403 where it is
/// another courier's. `Content-Encoding` may be `gzip` or `zstd`. Sending the same ping again
/// changes nothing.
#[utoipa::path(
    post, path = "/v1/pings", operation_id = "send_pings",
    tag = "tracking",
    request_body(
        description = "One ping, an array, lines, or a binary batch",
        content(
            (serde_json::Value = "application/json"),
            (String = "application/x-ndjson"),
            (Vec<u8> = "application/vnd.doorstep.pings"),
        )
    ),
    responses((status = 202, description = "Durable", body = PingsTaken), Sending)
)]
pub(super) async fn send(
    State(api): State<Api>,
    mut request: Request,
) -> Result<Response, Problem> {
    let sender = sender_of(&*api.admitted(&mut request, REPORTERS).await?)?;
    let headers = std::mem::take(request.headers_mut());
    let Raw(body) = Raw::from_request(request, &api).await?;
    let content = Content::of(&headers, body)?;
    let (form, sorted) = api.sorted(content, sender).await?;
    let mut taken = api.take(sorted).await?;
    match (form, taken.rejected.pop()) {
        (Form::Single, Some(refused)) => Err(refusal(refused)),
        (_, last) => {
            taken.rejected.extend(last);
            let mut answer = reply::json(StatusCode::ACCEPTED, &taken)?;
            if let Some(ms) = taken.retry_after_ms {
                let seconds = HeaderValue::from(ms.div_ceil(1_000).max(1));
                answer.headers_mut().insert(header::RETRY_AFTER, seconds);
            }
            Ok(answer)
        }
    }
}

/// For whom a principal may send pings. Errors: 403 where for nobody.
pub(super) fn sender_of(principal: &Principal) -> Result<Sender, Problem> {
    match (principal.role, &principal.courier) {
        (Role::Operator | Role::Gateway, _) => Ok(Sender::Anybody),
        (Role::Courier, Some(courier)) => Ok(Sender::Courier(courier.clone())),
        _ => Err(super::access::forbidden(principal)),
    }
}

fn refusal(refused: RefusedPing) -> Problem {
    let problem = if refused.code == "wrong_courier" {
        Problem::new(StatusCode::FORBIDDEN, &refused.code, refused.reason)
    } else {
        Problem::field(refused.pointer, refused.reason).with_code(&refused.code)
    };
    problem.with_dead_letter(refused.dead_letter.unwrap_or_default())
}
