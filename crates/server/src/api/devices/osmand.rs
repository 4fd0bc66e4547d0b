//! Traccar Client and OsmAnd (<https://www.traccar.org/osmand/>): pairs in a query or a form, and
//! the current app's JSON. The apps can send no header, so the device's `id` is the courier's key.

use super::super::Api;
use super::super::extract::Raw;
use super::super::openapi::Sending;
use super::super::problem::Problem;
use super::courier_of;
use crate::keys::Secret;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use doorstep_domain::event::Rejection;
use doorstep_domain::tracking::{Ping, osmand};
use serde_json::Value;

/// Pairs as they stand in a query or a form, decoded.
type Pairs = Vec<(String, String)>;

/// What a device said: under which key, the ping, and what is kept of it where it is wrong.
struct Said {
    secret: Option<Secret>,
    ping: Result<Ping, Rejection>,
    /// Without the key: a dead letter is read by many.
    raw: Vec<u8>,
}

/// What Traccar Client and OsmAnd send as a query.
///
/// `id` (the courier's key), `lat`, `lon` or `location`, `timestamp`, and where known `speed` in
/// knots, `bearing`, `accuracy`, `batt`. 400 where the device is not known.
#[utoipa::path(
    get, path = "/osmand", operation_id = "osmand_query",
    tag = "tracking",
    params(("id" = String, Query, description = "The courier's key")),
    responses((status = 200, description = "Durable, or refused and kept"), Sending)
)]
pub(in crate::api) async fn query(State(api): State<Api>, uri: Uri) -> Result<(), Problem> {
    api.osmand(of_pairs(&pairs_of(&uri)?), StatusCode::BAD_REQUEST).await
}

/// The same as a form, as a query without a body, or as the JSON of the current app.
///
/// In JSON the courier's key is `device_id`; there 404 says that the device is not known.
#[utoipa::path(
    post, path = "/osmand", operation_id = "osmand_report",
    tag = "tracking",
    request_body(
        content(
            (String = "application/x-www-form-urlencoded"),
            (serde_json::Value = "application/json"),
        )
    ),
    responses((status = 200, description = "Durable, or refused and kept"), Sending)
)]
pub(in crate::api) async fn report(
    State(api): State<Api>,
    uri: Uri,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<(), Problem> {
    if is_json(&headers, &body) {
        return api.osmand(of_json(&body), StatusCode::NOT_FOUND).await;
    }
    let mut pairs = pairs_of(&uri)?;
    let form = std::str::from_utf8(&body).ok().map(str::trim);
    let form = form.and_then(|form| format!("/?{form}").parse().ok());
    let form: Uri = form.ok_or_else(|| Problem::field("", "is not a form"))?;
    pairs.extend(pairs_of(&form)?);
    api.osmand(of_pairs(&pairs), StatusCode::BAD_REQUEST).await
}

impl Api {
    /// Takes what a device said; `unknown` is how the app is told that the device is not known.
    async fn osmand(&self, said: Said, unknown: StatusCode) -> Result<(), Problem> {
        let stranger = || {
            let detail = "the device's id is not a courier's key, or that was revoked";
            Problem::new(unknown, "unknown_device", detail)
        };
        let secret = said.secret.ok_or_else(stranger)?;
        let principal = self.whose_if_any(secret).await?.ok_or_else(stranger)?;
        let courier = courier_of(&principal).ok_or_else(stranger)?;
        let heard = self.hear(courier, said.ping, &said.raw).await;
        heard.map_err(|problem| match problem.code() {
            "unknown_courier" => problem.with_status(unknown),
            _ => problem,
        })
    }
}

fn pairs_of(uri: &Uri) -> Result<Pairs, Problem> {
    let pairs = Query::<Pairs>::try_from_uri(uri);
    pairs.map(|Query(pairs)| pairs).map_err(|error| Problem::field("query", error.body_text()))
}

fn of_pairs(pairs: &Pairs) -> Said {
    let names_device = |name: &str| matches!(name, "id" | "deviceid" | "device_id");
    let secret = pairs.iter().rfind(|(name, _)| names_device(name));
    let kept: Vec<String> = pairs
        .iter()
        .filter(|(name, _)| !names_device(name))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let borrowed = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Said {
        secret: secret.map(|(_, secret)| Secret::presented(secret.trim())),
        ping: osmand::from_pairs(borrowed).map(|(_, ping)| ping),
        raw: kept.join("&").into_bytes(),
    }
}

fn of_json(body: &[u8]) -> Said {
    let mut report: Value = serde_json::from_slice(body).unwrap_or_default();
    let device = report.as_object_mut().and_then(|report| report.remove("device_id"));
    Said {
        secret: device.as_ref().and_then(Value::as_str).map(Secret::presented),
        ping: osmand::from_json(body).map(|(_, ping)| ping),
        raw: report.to_string().into_bytes(),
    }
}

fn is_json(headers: &HeaderMap, body: &[u8]) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    match content_type {
        Some(told) => told.trim_start().to_ascii_lowercase().starts_with("application/json"),
        None => body.trim_ascii_start().first() == Some(&b'{'),
    }
}
