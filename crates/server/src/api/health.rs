//! Whether the process lives, is ready, which one it is, and its figures.

use super::Api;
use super::openapi::Reading;
use super::problem::{Details, Problem};
use crate::keys::{Principal, Role};
use crate::metric;
use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::net::SocketAddr;
use utoipa::ToSchema;

/// What a Prometheus scraper reads.
const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Which program answers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Version {
    /// `doorstep`.
    name: &'static str,
    /// Its version.
    version: &'static str,
}

/// Whether the process lives.
#[utoipa::path(
    get, path = "/livez", operation_id = "livez",
    tag = "operation", security(()),
    responses((status = 200, description = "It lives", body = String))
)]
pub(super) async fn livez() -> &'static str {
    "alive\n"
}

/// Whether it takes work: the engines answer, what lies in the centres is in memory, and nobody
/// has told it to stop.
#[utoipa::path(
    get, path = "/readyz", operation_id = "readyz",
    tag = "operation", security(()),
    responses(
        (status = 200, description = "Ready", body = String),
        (status = 503, description = "Stopping, loading, or an engine is not there", body = Details,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn readyz(State(api): State<Api>) -> Result<&'static str, Problem> {
    if api.is_draining() {
        let detail = "the process is stopping";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", detail));
    }
    if api.app.stock.is_loading() {
        let detail = "what lies in the centres is still being read";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "loading", detail));
    }
    api.run(|app| crate::status::lag_records(app).map(|_| "ready\n")).await
}

/// Which version answers.
#[utoipa::path(
    get, path = "/version", operation_id = "version",
    tag = "operation", security(()),
    responses((status = 200, description = "The version", body = Version))
)]
pub(super) async fn version() -> Json<Version> {
    Json(Version { name: "doorstep", version: env!("CARGO_PKG_VERSION") })
}

/// Figures for Prometheus. From the same machine no key is needed; from elsewhere an operator's.
#[utoipa::path(
    get, path = "/metrics", operation_id = "metrics",
    tag = "operation", security((), ("key" = [])),
    responses((status = 200, description = "Prometheus text", body = String), Reading)
)]
pub(super) async fn metrics(State(api): State<Api>, request: Request) -> Result<Response, Problem> {
    if !is_from_here(&request) {
        let principal = api.principal(request.headers()).await?;
        if principal.role != Role::Operator {
            return Err(super::access::forbidden(&principal));
        }
    }
    let text = api.run(metric::render).await?;
    Ok(([(header::CONTENT_TYPE, PROMETHEUS_TEXT)], text).into_response())
}

/// From this process or over loopback. What a proxy passes on comes from somewhere else.
pub(super) fn is_from_here(request: &Request) -> bool {
    let extensions = request.extensions();
    if extensions.get::<Principal>().is_some() {
        return true;
    }
    let passed_on = ["forwarded", "x-forwarded-for", "via"];
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    peer.is_some_and(|peer| peer.0.ip().to_canonical().is_loopback())
        && !passed_on.iter().any(|name| request.headers().contains_key(*name))
}
