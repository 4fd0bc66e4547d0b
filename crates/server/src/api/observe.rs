//! Around every request: its trace, its place in the logs and metrics, and its problem's last
//! fields.

use super::problem::{PROBLEM_JSON, Problem};
use crate::keys::{Principal, random_hex};
use crate::metric;
use axum::body::to_bytes;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;
use tracing::Instrument;

/// Bytes of a short answer by axum itself that become a problem's detail.
const PLAIN_ANSWER_BYTES_MAX: usize = 4_096;

/// Routes that devices call thousands of times a second: of what goes well there the metrics tell,
/// and a line for each would cost more than taking the ping.
const DEVICES: [&str; 4] = ["/v1/pings", "/owntracks", "/pub", "/osmand"];

/// Part of the routes whose paths hold a secret, the link by which a customer sees a delivery: what
/// is logged of them is the route.
const SECRET: &str = "/track/";

/// Marks an error that another program's clients read: it keeps that program's form.
#[derive(Clone, Copy)]
pub(super) struct InFormOfOthers;

/// Answers with the trace in `x-trace-id`; errors become problems that say where they happened.
pub(super) async fn observe(request: Request, next: Next) -> Response {
    let trace_id = trace_id(request.headers());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let local = request.extensions().get::<Principal>().is_some();
    // A route, not a path: labels must be few.
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("unmatched", MatchedPath::as_str).to_owned();
    let logged = if route.contains(SECRET) { route.clone() } else { path.clone() };
    let of_a_device = DEVICES.contains(&route.as_str());
    let span = if of_a_device {
        tracing::debug_span!("request", trace_id, %method, route)
    } else {
        tracing::info_span!("request", trace_id, %method, route)
    };
    #[expect(clippy::disallowed_methods, reason = "how long an answer took is measured here")]
    let started = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let mut response = finish(response, &path, &trace_id, local).await;
    #[expect(clippy::disallowed_methods, reason = "how long an answer took is measured here")]
    let seconds = started.elapsed().as_secs_f64();
    let status = response.status().as_u16();
    metric::answered(&method, &route, status, seconds);
    if !of_a_device {
        span.in_scope(|| tracing::info!(status, seconds, path = logged, "answered"));
    } else if status >= 500 {
        tracing::error!(trace_id, route, status, seconds, "a device was not served");
    } else {
        span.in_scope(|| tracing::debug!(status, seconds, path = logged, "answered"));
    }
    if let Ok(value) = HeaderValue::from_str(&trace_id) {
        response.headers_mut().insert("x-trace-id", value);
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

/// The trace of W3C `traceparent` where the caller has one, otherwise a new one.
fn trace_id(headers: &HeaderMap) -> String {
    let parent = headers.get("traceparent").and_then(|value| value.to_str().ok());
    let given = parent.and_then(|parent| parent.split('-').nth(1)).filter(|trace| {
        let zero = trace.bytes().all(|digit| digit == b'0');
        trace.len() == 32 && !zero && trace.bytes().all(|digit| digit.is_ascii_hexdigit())
    });
    // Without randomness a request is still answered; it only cannot be told from another.
    given.map_or_else(|| random_hex::<16>().unwrap_or_default(), str::to_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_s_trace_is_taken_where_it_is_one() {
        let mine = "4bf92f3577b34da6a3ce929d0e0e4736";
        let cases = [
            (format!("00-{mine}-00f067aa0ba902b7-01"), true),
            (format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)), false),
            ("00-nonsense-01".to_owned(), false),
            (String::new(), false),
        ];
        for (parent, taken) in cases {
            let mut headers = HeaderMap::new();
            headers.insert("traceparent", parent.parse().unwrap());
            let trace = trace_id(&headers);
            assert_eq!(trace == mine, taken, "{parent}");
            assert_eq!(trace.len(), 32);
        }
    }
}
