//! Streets in, as GeoJSON; and what the map is drawn of.

use super::Api;
use super::body::unpacked;
use super::extract::{Asked, Raw};
use super::openapi::{IfNoneMatch, Reading, Revalidating, Sending};
use super::problem::Problem;
use super::reply;
use crate::streets::{self, MarketMap, StreetsTaken};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use doorstep_domain::id::MarketId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

/// Whose streets are sent.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StreetsSent {
    /// Where.
    #[param(value_type = String)]
    market: MarketId,
    /// Whether the market's streets so far are removed first.
    #[serde(default)]
    replace: bool,
}

/// Whose streets are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StreetsAsked {
    /// Where.
    #[param(value_type = String)]
    market: MarketId,
}

/// The markets that can be looked at.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MarketMaps {
    /// By name.
    data: Vec<MarketMap>,
}

/// Takes streets of a market: a GeoJSON feature collection, or one feature a line.
///
/// A street that is known by its identifier is replaced; the rest stays. What is refused is told
/// with its place and the reason. `Content-Encoding` may be `gzip` or `zstd`.
#[utoipa::path(
    post, path = "/v1/streets", operation_id = "send_streets",
    tag = "map",
    params(StreetsSent),
    request_body(
        description = "LineString features: `id`, `name`, `class`, house numbers `left` and \
                       `right` as `[first, last]`, `zip`, junctions `from` and `to`",
        content((serde_json::Value = "application/geo+json"), (String = "application/x-ndjson"))
    ),
    responses((status = 200, description = "In place", body = StreetsTaken), Sending)
)]
pub(super) async fn send(
    State(api): State<Api>,
    Asked(sent): Asked<StreetsSent>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let limits = api.limits;
    api.answer(move |app| {
        let body = unpacked(&headers, &body, &limits)?;
        let taken = streets::take(app, &sent.market, features(&body), sent.replace)?;
        reply::json(StatusCode::OK, &taken)
    })
    .await
}

/// A market's streets as GeoJSON, for the map: class and name, six decimals.
#[utoipa::path(
    get, path = "/v1/map/streets", operation_id = "show_streets",
    tag = "map",
    params(StreetsAsked, IfNoneMatch),
    responses(
        (status = 200, description = "A feature collection", content_type = "application/geo+json",
         body = serde_json::Value),
        Revalidating,
    )
)]
pub(super) async fn show(
    State(api): State<Api>,
    Asked(asked): Asked<StreetsAsked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let layer = api.run(move |app| streets::layer(app, &asked.market)).await?;
    drawn(&headers, &layer.tag, |is_packed| {
        Ok(if is_packed { layer.gzip.clone() } else { layer.json.clone() })
    })
}

/// Streets under a tag, as GeoJSON; nothing to whom has them already. `body` writes them, as gzip
/// where that is asked of it.
pub(super) fn drawn(
    headers: &HeaderMap,
    tag: &str,
    body: impl FnOnce(bool) -> Result<Vec<u8>, Problem>,
) -> Result<Response, Problem> {
    let is_packed = takes_gzip(headers);
    let tag = if is_packed { tag.replacen('"', "\"gz-", 1) } else { tag.to_owned() };
    let is_known = reply::is_known(headers, &tag);
    let body = if is_known { Vec::new() } else { body(is_packed)? };
    let status = if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let mut response = (status, [(header::CONTENT_TYPE, reply::GEO_JSON)], body).into_response();
    let answered = response.headers_mut();
    answered.insert(header::ETAG, HeaderValue::from_str(&tag).map_err(Problem::internal)?);
    answered.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    answered.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if is_packed && !is_known {
        answered.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

/// The markets, and where their streets are.
#[utoipa::path(
    get, path = "/v1/map/markets", operation_id = "list_market_maps",
    tag = "map",
    responses((status = 200, description = "By name", body = MarketMaps), Reading)
)]
pub(super) async fn markets(State(api): State<Api>) -> Result<Response, Problem> {
    api.json(|app| Ok(MarketMaps { data: streets::maps(app)? })).await
}

/// Whether the client unpacks gzip.
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    accepted.unwrap_or_default().split(',').any(|encoding| {
        let (name, weight) = encoding.split_once(';').unwrap_or((encoding, ""));
        name.trim() == "gzip" && !matches!(weight.trim(), "q=0" | "q=0.0")
    })
}

#[derive(Deserialize)]
struct Collection<'a> {
    #[serde(borrow)]
    features: Vec<&'a RawValue>,
}

/// The features of a body with their numbers, counted from 1: those of a collection, of an array,
/// or one a line (RFC 8142 puts a record separator before each).
fn features(body: &[u8]) -> Vec<(u64, &[u8])> {
    let collection = serde_json::from_slice::<Collection<'_>>(body).map(|found| found.features);
    let array = || serde_json::from_slice::<Vec<&RawValue>>(body);
    if let Ok(found) = collection.or_else(|_| array()) {
        return (1..).zip(found.into_iter().map(|feature| feature.get().as_bytes())).collect();
    }
    if serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok() {
        return vec![(1, body)];
    }
    let bare = |line: &[u8]| line.strip_prefix(b"\x1e").map_or(line.len(), <[u8]>::len);
    let lines =
        body.split(|byte| *byte == b'\n').map(|line| line[line.len() - bare(line)..].trim_ascii());
    (1..).zip(lines).filter(|(_, line)| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_found_in_each_form() {
        let cases: [(&str, &[u8], &[u64]); 6] = [
            ("a collection", br#"{"type":"FeatureCollection","features":[{},{"a":1}]}"#, &[1, 2]),
            ("an array", b"[{},\n{}]", &[1, 2]),
            ("one, on several lines", b"{\n\"type\": \"Feature\"\n}", &[1]),
            ("lines", b"{}\n\n{}\n", &[1, 3]),
            ("separated records", b"\x1e{}\n\x1e{}\n", &[1, 2]),
            ("nothing", b"", &[]),
        ];
        for (form, body, numbers) in cases {
            let found = features(body);
            assert_eq!(
                found.iter().map(|(number, _)| *number).collect::<Vec<_>>(),
                numbers,
                "{form}"
            );
            assert!(found.iter().all(|(_, feature)| feature.starts_with(b"{")), "{form}");
        }
    }

    #[test]
    fn gzip_is_sent_to_whom_takes_it() {
        let cases = [
            (None, false),
            (Some("gzip, deflate, br"), true),
            (Some("br;q=1.0, gzip;q=0.8"), true),
            (Some("gzip;q=0"), false),
            (Some("x-gzip"), false),
        ];
        for (accepted, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.extend(accepted.map(|value| (header::ACCEPT_ENCODING, value.parse().unwrap())));
            assert_eq!(takes_gzip(&headers), expected, "{accepted:?}");
        }
    }
}
