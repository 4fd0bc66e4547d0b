//! Traccar Client and OsmAnd (<https://www.traccar.org/osmand/>): pairs in a query or a form, and
//! the current app's JSON. The apps can send no header, so the device's `id` is the courier's key.

use super::super::Api;
use super::super::extract::Raw;
use super::super::openapi::Sending;
use super::super::problem::Problem;
use super::courier_of;
use crate::dead_letters::PingForm;
use crate::keys::Secret;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use doorstep_domain::tracking::osmand;
use utoipa::IntoParams;

/// The pairs that are read; further ones are passed over.
#[expect(dead_code, reason = "it describes the query, which is read as it came")]
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct Pairs {
    /// The courier's key.
    id: String,
    /// Degrees north; `location` says both.
    lat: Option<f64>,
    /// Degrees east.
    lon: Option<f64>,
    /// `lat,lon`.
    location: Option<String>,
    /// Seconds or milliseconds since 1970, or RFC 3339; the time of arrival where left out.
    timestamp: Option<String>,
    /// Knots.
    speed: Option<f64>,
    /// Degrees clockwise from north.
    bearing: Option<f64>,
    /// Metres.
    accuracy: Option<f64>,
    /// Percent.
    batt: Option<f64>,
    /// `false` where the device has no fix: that is refused and kept.
    valid: Option<bool>,
}

/// What a device said, and under which key.
struct Report {
    secret: Option<Secret>,
    form: PingForm,
    /// As it came but for the key: a dead letter is read by many.
    raw: Vec<u8>,
}

/// What Traccar Client and OsmAnd send as a query.
///
/// `id` (the courier's key), `lat`, `lon` or `location`, `timestamp`, and where known `speed` in
/// knots, `bearing`, `accuracy`, `batt`. 400 where the device is not known.
#[utoipa::path(
    get, path = "/osmand", operation_id = "osmand_query",
    tag = "tracking",
    params(Pairs),
    responses((status = 200, description = "Durable, or refused and kept"), Sending)
)]
pub(in crate::api) async fn query(State(api): State<Api>, uri: Uri) -> Result<(), Problem> {
    let query = uri.query().unwrap_or_default().as_bytes();
    api.osmand(of_pairs(query), StatusCode::BAD_REQUEST).await
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
        return api.osmand(of_json(&uri, &body), StatusCode::NOT_FOUND).await;
    }
    let query = uri.query().unwrap_or_default().as_bytes();
    let both: Vec<&[u8]> = [query, &body].into_iter().filter(|pairs| !pairs.is_empty()).collect();
    api.osmand(of_pairs(&both.join(&b'&')), StatusCode::BAD_REQUEST).await
}

impl Api {
    /// Takes what a device said; `unknown` is how the app is told that the device is not known.
    async fn osmand(&self, report: Report, unknown: StatusCode) -> Result<(), Problem> {
        let stranger = || {
            let detail = "the device's id is not a courier's key, or that was revoked";
            Problem::new(unknown, "unknown_device", detail)
        };
        let secret = report.secret.ok_or_else(stranger)?;
        let principal = self.whose_if_any(secret).await?.ok_or_else(stranger)?;
        let courier = courier_of(&principal).ok_or_else(stranger)?;
        let said = match report.form {
            PingForm::OsmandJson => osmand::from_json(&report.raw),
            _ => osmand::from_pairs(&report.raw, self.app.clock.now()),
        };
        let heard = self.hear(courier, (report.form, said), &report.raw).await;
        heard.map_err(|problem| match problem.code() {
            "unknown_courier" => problem.with_status(unknown),
            _ => problem,
        })
    }
}

fn of_pairs(pairs: &[u8]) -> Report {
    let (device, raw) = osmand::without_device_of_pairs(pairs);
    let secret = device.map(|device| Secret::presented(&device));
    Report { secret, form: PingForm::Osmand, raw }
}

/// A report that breaks off before it names its device may be known by the query.
fn of_json(uri: &Uri, body: &[u8]) -> Report {
    let (device, raw) = osmand::without_device_of_json(body);
    let query = uri.query().unwrap_or_default().as_bytes();
    let device = device.or_else(|| osmand::without_device_of_pairs(query).0);
    let secret = device.map(|device| Secret::presented(&device));
    Report { secret, form: PingForm::OsmandJson, raw }
}

fn is_json(headers: &HeaderMap, body: &[u8]) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    match content_type {
        Some(told) => told.trim_start().to_ascii_lowercase().starts_with("application/json"),
        None => body.trim_ascii_start().first() == Some(&b'{'),
    }
}
