//! Around every request: its trace, its place in the logs and metrics, and its problem's last
//! fields.

mod trace;

use super::problem::{PROBLEM_JSON, Problem};
use crate::keys::Principal;
use crate::metric;
use axum::body::to_bytes;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;
use trace::trace_id;
use tracing::Instrument;

const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

/// Bytes of a short answer by axum itself that become a problem's detail.
const PLAIN_ANSWER_BYTES_MAX: usize = 4_096;

/// Routes that devices, providers and shops call thousands of times a second: of what goes well
/// there the metrics tell, and a line for each would cost more than taking the ping.
const DEVICES: [&str; 6] = [
    "/v1/pings",
    "/owntracks",
    "/pub",
    "/osmand",
    "/v1/availability",
    "/v1/providers/{provider}/events",
];

/// Part of the routes whose paths hold a secret, the link by which a customer sees a delivery: what
/// is logged of them is the route.
const SECRET: &str = "/track/";

/// Marks an error that another program's clients read: it keeps that program's form.
#[derive(Clone, Copy)]
pub(super) struct InFormOfOthers;

/// Answers with the trace in `x-trace-id`; errors become problems that say where they happened.
pub(super) async fn observe(request: Request, next: Next) -> Response {
    // A route, not a path: labels must be few.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    observed(request, route, |request| next.run(request)).await
}

/// As [`observe`], around whatever answers on this route.
pub(super) async fn observed<A: Future<Output = Response>>(
    request: Request,
    route: &str,
    answer: impl FnOnce(Request) -> A,
) -> Response {
    let trace_id = trace_id(request.headers());
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let local = request.extensions().get::<Principal>().is_some();
    let of_a_device = DEVICES.contains(&route);
    let span = if of_a_device {
        tracing::debug_span!("request", trace_id, %method, route)
    } else {
        tracing::info_span!("request", trace_id, %method, route)
    };
    #[expect(clippy::disallowed_methods, reason = "how long an answer took is measured here")]
    let started = Instant::now();
    let response = answer(request).instrument(span.clone()).await;
    let mut response = finish(response, uri.path(), &trace_id, local).await;
    #[expect(clippy::disallowed_methods, reason = "how long an answer took is measured here")]
    let seconds = started.elapsed().as_secs_f64();
    let status = response.status().as_u16();
    let logged = if route.contains(SECRET) { route } else { uri.path() };
    metric::answered(&method, route, status, seconds);
    if !of_a_device {
        span.in_scope(|| tracing::info!(status, seconds, path = logged, "answered"));
    } else if status >= 500 {
        tracing::error!(trace_id, route, status, seconds, "a device was not served");
    } else {
        span.in_scope(|| tracing::debug!(status, seconds, path = logged, "answered"));
    }
    if let Ok(value) = HeaderValue::try_from(trace_id) {
        response.headers_mut().insert(TRACE_ID, value);
    }
    response
}

async fn finish(mut response: Response, path: &str, trace_id: &str, local: bool) -> Response {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        return problem.at(path, trace_id, local).render();
    }
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let told = response.headers().get(header::CONTENT_TYPE);
    let is_ours = response.extensions().get::<InFormOfOthers>().is_none();
    if !is_error || !is_ours || told.is_some_and(|told| told == PROBLEM_JSON) {
        return response;
    }
    let allow = response.headers().get(header::ALLOW).cloned();
    let body = to_bytes(response.into_body(), PLAIN_ANSWER_BYTES_MAX).await.unwrap_or_default();
    let detail = String::from_utf8_lossy(&body).into_owned();
    let mut rendered = Problem::of_status(status, detail).at(path, trace_id, local).render();
    if let Some(allow) = allow {
        rendered.headers_mut().insert(header::ALLOW, allow);
    }
    rendered
}
