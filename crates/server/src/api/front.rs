//! What stands in front of the router: pings and messages of providers go past it. Each layer of a
//! router costs a request some allocations, and next to nothing of what a ping costs is the ping.

use super::observe::observed;
use super::provider::inbox;
use super::{Api, pings};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower::Service;

/// The one route that is called tens of thousands of times a second.
const PINGS: &str = "/v1/pings";

/// All of the interface, as a connection is served it.
#[derive(Clone)]
pub(super) struct Front {
    api: Api,
    router: Router,
}

impl Front {
    pub(super) fn of(api: &Api) -> Front {
        Front { api: api.clone(), router: api.router() }
    }
}

impl Service<Request> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    /// A router is always ready.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        if request.method() != Method::POST {
            return Box::pin(self.router.call(request));
        }
        if let Some(provider) = inbox::provider_of(request.uri().path()) {
            let (api, provider) = (self.api.clone(), provider.to_owned());
            let answer = |request| async move {
                inbox::receive(&api, &provider, request).await.into_response()
            };
            return Box::pin(async move { Ok(observed(request, inbox::ROUTE, answer).await) });
        }
        if request.uri().path() != PINGS {
            return Box::pin(self.router.call(request));
        }
        let api = self.api.clone();
        DefaultBodyLimit::max(api.limits.body_bytes_max).apply(&mut request);
        let answer = |request| async { pings::send(State(api), request).await.into_response() };
        Box::pin(async move { Ok(observed(request, PINGS, answer).await) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Limits;
    use super::*;
    use crate::app::App;
    use crate::clock::SystemClock;
    use crate::config::Config;
    use crate::keys::{Principal, Role};
    use axum::body::{Body, to_bytes};
    use axum::http::{HeaderMap, StatusCode, header};
    use std::sync::Arc;
    use tower::ServiceExt;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    /// A request with an own trace, so that both answers name the same.
    fn request(method: &str, path: &str, role: Option<Role>, body: &str) -> Request {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"));
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        if let Some(role) = role {
            let principal = Principal { role, ..Principal::local("test") };
            request.extensions_mut().insert(principal);
        }
        request
    }

    async fn told(response: Response) -> (StatusCode, HeaderMap, Vec<u8>) {
        let (mut parts, body) = response.into_parts();
        // A router says it, and otherwise the connection does.
        parts.headers.remove(header::CONTENT_LENGTH);
        let body = to_bytes(body, 1 << 20).await.unwrap().to_vec();
        (parts.status, parts.headers, body)
    }

    /// A5: what goes past the router is answered as it is behind it, right or wrong.
    #[test]
    fn pings_are_answered_as_by_the_router() {
        let nobody = r#"{"courier_id":"","lat":1,"lng":2,"at":"2008-05-19T16:40:02Z"}"#;
        let large = format!("[{}]", " ".repeat(2_000));
        let operator = Some(Role::Operator);
        let cases = [
            ("POST", "/v1/pings", operator, "[]", 202),
            ("POST", "/v1/pings?a=b", operator, "[]", 202),
            ("POST", "/v1/pings", Some(Role::Gateway), nobody, 400),
            ("POST", "/v1/pings", operator, "[{]", 400),
            ("POST", "/v1/pings", operator, &large, 413),
            ("POST", "/v1/pings", Some(Role::Finance), "[]", 403),
            ("POST", "/v1/pings", Some(Role::Courier), "[]", 403),
            ("POST", "/v1/pings", None, "[]", 401),
            ("PUT", "/v1/pings", operator, "[]", 405),
            ("POST", "/v1/providers/nobody/events", None, "{}", 404),
            ("POST", "/v1/providers/no%20body/events", None, "{}", 404),
            ("POST", "/v1/providers//events", None, "{}", 404),
            ("PUT", "/v1/providers/nobody/events", None, "{}", 405),
            ("POST", "/v1/pings/", operator, "[]", 404),
            ("POST", "/V1/pings", operator, "[]", 404),
        ];
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(SystemClock);
        let app = Arc::new(App::open(Config::default(), directory.path(), clock).unwrap());
        let limits = Limits { body_bytes_max: 1_024, ..Limits::default() };
        let api = Api::new(Arc::clone(&app), limits);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for (method, path, role, body, status) in cases {
                let asked = || request(method, path, role, body);
                let past = told(Front::of(&api).oneshot(asked()).await.unwrap()).await;
                let behind = told(api.router().oneshot(asked()).await.unwrap()).await;
                assert_eq!(past.0, status, "{method} {path} {role:?} {body:.20}");
                assert_eq!(past.1["x-trace-id"], TRACE);
                // A refused ping is kept, each time under a name of its own.
                if !String::from_utf8_lossy(&past.2).contains("dead_letter") {
                    assert_eq!(past, behind, "{method} {path} {role:?} {body:.20}");
                }
            }
        });
        // Engines are closed on a plain thread.
        drop((runtime, api));
    }
}
