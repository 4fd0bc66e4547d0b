//! Answers: JSON, pages, and what has not changed since it was last asked for.

use super::limits::{Limits, PAGE_ENTRIES};
use super::problem::Problem;
use crate::keys::hex;
use crate::orders::missing::Warning;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The entries.
    pub data: Vec<T>,
    /// What to send as `cursor` for the next page.
    pub next_cursor: Option<String>,
    /// Whether there is one.
    pub has_more: bool,
}

/// A page of a list over all markets.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PageOfMarkets<T> {
    /// The entries.
    pub data: Vec<T>,
    /// What to send as `cursor` for the next page.
    pub next_cursor: Option<String>,
    /// Whether there is one.
    pub has_more: bool,
    /// Markets of which nothing is there, for their store is not; left out where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// How many entries a page may have. Errors: 400 outside of 1 to the limit.
pub(super) fn page_entries(asked: Option<usize>, limits: &Limits) -> Result<usize, Problem> {
    let most = limits.page_entries_max;
    match asked {
        None => Ok(PAGE_ENTRIES.min(most)),
        Some(entries) if (1..=most).contains(&entries) => Ok(entries),
        Some(entries) => {
            Err(Problem::field("limit", format!("{entries} is not within 1 and {most}")))
        }
    }
}

impl<T> Page<T> {
    /// A page of at most `most` out of entries of which one more than that was asked for; `name`
    /// gives the cursor that stands for an entry.
    pub(super) fn of(mut entries: Vec<T>, most: usize, name: impl Fn(&T) -> String) -> Page<T> {
        let has_more = entries.len() > most;
        entries.truncate(most);
        let next_cursor = entries.last().filter(|_| has_more).map(name);
        Page { data: entries, next_cursor, has_more }
    }
}

/// An answer in JSON, made on the thread that has the value at hand.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_vec(value).map_err(Problem::internal)?;
    Ok(json_bytes(status, body))
}

/// An answer whose JSON is written already.
pub(super) fn json_bytes(status: StatusCode, body: Vec<u8>) -> Response {
    let content_type = HeaderValue::from_static("application/json");
    let private = HeaderValue::from_static("private, no-cache");
    (status, [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, private)], body)
        .into_response()
}

/// The media type of GeoJSON (RFC 7946).
pub(super) const GEO_JSON: &str = "application/geo+json";

/// An answer in JSON that is GeoJSON; one without a body stays as it is.
pub(super) fn as_geo_json(mut response: Response) -> Response {
    if response.status().is_success() {
        let geo_json = HeaderValue::from_static(GEO_JSON);
        response.headers_mut().insert(header::CONTENT_TYPE, geo_json);
    }
    response
}

/// JSON with an `ETag`; 304 where the client has just that already.
pub(super) fn tagged(asked: &HeaderMap, value: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_vec(value).map_err(Problem::internal)?;
    with_tag(asked, &tag_of_bytes(&body), || Ok(body))
}

/// The `ETag` of a value.
pub(super) fn tag_of(value: &impl Serialize) -> Result<String, Problem> {
    Ok(tag_of_bytes(&serde_json::to_vec(value).map_err(Problem::internal)?))
}

/// As [`tagged`], by the tag of what matters of the value.
pub(super) fn tagged_as(
    asked: &HeaderMap,
    tag: &str,
    value: &impl Serialize,
) -> Result<Response, Problem> {
    with_tag(asked, tag, || serde_json::to_vec(value).map_err(Problem::internal))
}

fn tag_of_bytes(body: &[u8]) -> String {
    format!("\"{}\"", hex(&Sha256::digest(body)[..16]))
}

fn with_tag(
    asked: &HeaderMap,
    tag: &str,
    body: impl FnOnce() -> Result<Vec<u8>, Problem>,
) -> Result<Response, Problem> {
    let mut response = if is_known(asked, tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        json_bytes(StatusCode::OK, body()?)
    };
    let tag = HeaderValue::from_str(tag).map_err(Problem::internal)?;
    response.headers_mut().insert(header::ETAG, tag);
    Ok(response)
}

/// Whether the client has the answer of this tag already.
pub(super) fn is_known(asked: &HeaderMap, tag: &str) -> bool {
    let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known
        .flat_map(|list| list.split(','))
        .map(|known| known.trim().trim_start_matches("W/"))
        .any(|known| known == tag || known == "*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_whether_and_where_it_goes_on() {
        let cases = [(3, 3, None), (4, 3, Some("3")), (0, 3, None)];
        for (found, most, next) in cases {
            let page = Page::of((1..=found).collect(), most, i32::to_string);
            assert_eq!(page.next_cursor.as_deref(), next, "{found} of {most}");
            assert_eq!(page.has_more, next.is_some());
            assert!(page.data.len() <= most);
        }
    }

    #[test]
    fn what_is_known_is_not_sent_again() {
        let first = tagged(&HeaderMap::new(), &"x").unwrap();
        let tag = first.headers()[header::ETAG].clone();
        let cases = [(tag.to_str().unwrap().to_owned(), 304), ("\"other\"".to_owned(), 200)];
        for (known, status) in cases {
            let mut asked = HeaderMap::new();
            asked.insert(header::IF_NONE_MATCH, known.parse().unwrap());
            assert_eq!(tagged(&asked, &"x").unwrap().status().as_u16(), status, "{known}");
        }
    }
}
