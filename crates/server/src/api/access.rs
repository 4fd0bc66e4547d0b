//! Who may come in: keys become principals, and each group of routes says whom it takes.

use super::Api;
use super::problem::Problem;
use crate::keys::{self, Principal, Role, Secret};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use doorstep_domain::id::CourierId;
use http_body::Body;
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

/// How long somebody who may not come in is heard out.
const HEARD_OUT: Duration = Duration::from_secs(5);

/// The gate in front of a group of routes.
#[derive(Clone)]
pub(super) struct Gate {
    /// Where keys are looked up.
    pub api: Api,
    /// Who may pass.
    pub roles: &'static [Role],
}

/// The code of a key that opens nothing.
pub(super) const UNAUTHORIZED: &str = "unauthorized";

/// Whom operators' routes take.
pub(super) const OPERATORS: &[Role] = &[Role::Operator];

/// Whom finance's routes take.
pub(super) const FINANCE: &[Role] = &[Role::Operator, Role::Finance];

/// Whom routes about positions take: couriers see their own.
pub(super) const WATCHERS: &[Role] = &[Role::Operator, Role::Courier];

/// Whom routes take that look themselves at whose things are asked for.
pub(super) const EVERYBODY: &[Role] = &[Role::Operator, Role::Finance, Role::Courier];

/// Whoever has a key at all.
pub(super) const ANYBODY: &[Role] =
    &[Role::Operator, Role::Finance, Role::Courier, Role::Gateway, Role::Merchant];

/// Lets a request pass with its [`Principal`] in the extensions, or answers 401 or 403.
pub(super) async fn admit(
    State(gate): State<Gate>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    // Only this process can have put a principal there: whoever opened the data directory.
    let asked = match request.extensions_mut().remove::<Principal>() {
        Some(local) => Ok(local),
        None => gate.api.principal(request.headers()).await,
    };
    pass(gate, asked, request, next).await
}

/// As [`admit`], for what is asked thousands of times a second: a key seen lately is not looked up.
/// One that another process has revoked opens for two seconds more; one revoked in this process
/// opens nothing from then on.
pub(super) async fn admit_known(
    State(gate): State<Gate>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let asked = match request.extensions_mut().remove::<Principal>() {
        Some(local) => Ok(local),
        None => match presented(request.headers()) {
            Ok(secret) => gate.api.whose(secret).await.map(|known| known.as_ref().clone()),
            Err(problem) => Err(problem),
        },
    };
    pass(gate, asked, request, next).await
}

async fn pass(
    gate: Gate,
    asked: Result<Principal, Problem>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let admitted = asked.and_then(|principal| {
        let takes = gate.roles.contains(&principal.role);
        if takes { Ok(principal) } else { Err(forbidden(&principal)) }
    });
    match admitted {
        Ok(principal) => {
            request.extensions_mut().insert(principal);
            Ok(next.run(request).await)
        }
        Err(problem) => {
            hear_out(request, gate.api.limits.body_bytes_max).await;
            Err(problem)
        }
    }
}

/// Lets a stranger finish speaking, within limits: whoever is still sending when the connection
/// closes learns of a broken pipe and not of the answer.
pub(super) async fn hear_out(request: Request, bytes_max: usize) {
    let mut body = request.into_body();
    let heard = async {
        let mut bytes = 0;
        while let Some(Ok(frame)) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
        {
            bytes += frame.data_ref().map_or(0, |chunk| chunk.len());
            if bytes > bytes_max {
                return;
            }
        }
    };
    // Out of time or not, what comes next is the answer.
    let _ = tokio::time::timeout(HEARD_OUT, heard).await;
}

/// Tells a principal that this is not theirs.
pub(super) fn forbidden(principal: &Principal) -> Problem {
    let detail = format!("the role {} may not do this", principal.role.as_str());
    Problem::new(StatusCode::FORBIDDEN, "forbidden", detail)
}

/// Lets a courier at what is their own, and whoever is no courier at everybody's.
pub(super) fn own(principal: &Principal, courier: &CourierId) -> Result<(), Problem> {
    match principal.role {
        Role::Courier if principal.courier.as_ref() != Some(courier) => Err(forbidden(principal)),
        _ => Ok(()),
    }
}

impl Api {
    /// Whose key the request carries. It is looked up each time: a key that was revoked opens
    /// nothing from then on, whichever process revoked it.
    pub(super) async fn principal(&self, headers: &HeaderMap) -> Result<Principal, Problem> {
        let secret = presented(headers)?;
        let found = self.run(move |app| keys::principal_of(app, &secret)).await?;
        found.ok_or_else(|| unauthorized("this key is not known, or was revoked"))
    }

    /// Whether a key that a connection came in with was revoked since: it opens nothing more. None
    /// has whoever opened the data directory; where the store is not there nobody knows.
    pub(super) async fn is_revoked(&self, secret: Option<&Secret>) -> bool {
        match secret {
            None => false,
            Some(secret) => {
                let whose = self.whose(secret.clone()).await;
                whose.is_err_and(|problem| problem.code() == UNAUTHORIZED)
            }
        }
    }
}

fn presented(headers: &HeaderMap) -> Result<Secret, Problem> {
    let how = "send a key as `Authorization: Bearer …`; `doorstep keys create` makes one";
    bearer(headers).ok_or_else(|| unauthorized(how))
}

pub(super) fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return offered(headers);
    };
    let value = value.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Secret::presented(secret.trim()))
}

/// The key among the protocols that a WebSocket offers, as `key.SECRET`: a page in a browser can
/// set no other header of it.
fn offered(headers: &HeaderMap) -> Option<Secret> {
    let offers = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    let mut offers = offers.filter_map(|value| value.to_str().ok()).flat_map(|all| all.split(','));
    offers.find_map(|offer| offer.trim().strip_prefix("key.")).map(Secret::presented)
}

pub(super) fn unauthorized(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, UNAUTHORIZED, detail)
}
