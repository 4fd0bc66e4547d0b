//! OwnTracks over HTTP (<https://owntracks.org/booklet/tech/http/>): Basic authentication with the
//! courier as user and the courier's key as password.

use super::super::Api;
use super::super::access::{forbidden, unauthorized};
use super::super::extract::Raw;
use super::super::openapi::Sending;
use super::super::problem::Problem;
use super::super::reply;
use super::courier_of;
use crate::dead_letters::PingForm;
use crate::keys::{Role, Secret};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep_domain::id::CourierId;
use doorstep_domain::tracking::owntracks;

/// What OwnTracks sends: a location, or anything else, which is passed over.
///
/// User: the courier; password: the courier's key. A gateway's or operator's key speaks for
/// whichever courier is named as the user. Answered with `[]`: no commands to the device.
#[utoipa::path(
    post, path = "/owntracks", operation_id = "owntracks",
    tag = "tracking",
    request_body(content((serde_json::Value = "application/json"))),
    responses(
        (status = 200, description = "Durable, or nothing to take", body = Vec<String>),
        Sending,
    )
)]
pub(in crate::api) async fn send(
    State(api): State<Api>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let courier = api.basic(&headers).await?;
    let said = match owntracks::parse(&body) {
        Ok(None) => return nothing_to_say(),
        Ok(Some(ping)) => Ok(ping),
        Err(rejection) => Err(rejection),
    };
    api.hear(&courier, (PingForm::Owntracks, said), &body).await?;
    nothing_to_say()
}

/// As `/owntracks`: the path that the apps' own guide names.
#[utoipa::path(
    post, path = "/pub", operation_id = "owntracks_pub",
    tag = "tracking",
    request_body(content((serde_json::Value = "application/json"))),
    responses(
        (status = 200, description = "Durable, or nothing to take", body = Vec<String>),
        Sending,
    )
)]
pub(in crate::api) async fn publish(
    state: State<Api>,
    headers: HeaderMap,
    body: Raw,
) -> Result<Response, Problem> {
    send(state, headers, body).await
}

impl Api {
    /// The courier that a device speaks for. Errors: 401 and 403.
    async fn basic(&self, headers: &HeaderMap) -> Result<CourierId, Problem> {
        let wanted = || unauthorized("send the courier as user, and the courier's key as password");
        let (user, password) = credentials(headers).ok_or_else(wanted)?;
        let principal = self.whose(Secret::presented(&password)).await?;
        let named: CourierId = user
            .parse()
            .map_err(|error| unauthorized(&format!("the user is no courier: it {error}")))?;
        let speaks_for_anybody = matches!(principal.role, Role::Operator | Role::Gateway);
        if speaks_for_anybody || courier_of(&principal) == Some(&named) {
            return Ok(named);
        }
        Err(forbidden(&principal))
    }
}

/// User and password, RFC 7617.
fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    let decoded = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(encoded.trim()))?;
    let pair = String::from_utf8(decoded.ok()?).ok()?;
    let (user, password) = pair.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

fn nothing_to_say() -> Result<Response, Problem> {
    let commands: [&str; 0] = [];
    reply::json(StatusCode::OK, &commands)
}
