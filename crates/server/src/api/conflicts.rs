//! Completions that contradict each other, and the decision which one stands.

use super::Api;
use super::extract::{Asked, Named, Raw, json};
use super::once::{Once, OnceKey};
use super::openapi::{Claiming, Reading};
use super::problem::Problem;
use super::reply::{Page, page_entries};
use crate::conflicts;
use crate::keys::Principal;
use crate::settlement::ConflictView;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use doorstep_domain::id::{DeliveryId, MarketId};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Which conflicts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ConflictsAsked {
    /// Only this market.
    #[param(value_type = Option<String>)]
    market: Option<MarketId>,
    /// `open`, `resolved` or `by-policy`; any where it is left out.
    state: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Most conflicts wanted.
    limit: Option<usize>,
}

/// Conflicts, by market and delivery.
#[utoipa::path(
    get, path = "/v1/conflicts", operation_id = "list_conflicts",
    tag = "conflicts",
    params(ConflictsAsked),
    responses((status = 200, description = "A page", body = Page<ConflictView>), Reading)
)]
pub(super) async fn list(
    State(api): State<Api>,
    Asked(asked): Asked<ConflictsAsked>,
) -> Result<Response, Problem> {
    let most = page_entries(asked.limit, &api.limits)?;
    let (market, delivery) = asked.cursor.as_deref().map_or(Ok(Default::default()), read_cursor)?;
    let of = asked.market.map(String::from).unwrap_or_default();
    let state = asked.state.unwrap_or_default();
    api.json(move |app| {
        let page = conflicts::list(app, &of, &state, (&market, &delivery), most)?;
        let next_cursor = page.next.map(|place| write_cursor(&place));
        Ok(Page { data: page.data, has_more: next_cursor.is_some(), next_cursor })
    })
    .await
}

/// What shall stand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Resolution {
    /// The fingerprint of one of the completions told.
    keep: String,
}

/// Decides which completion of a delivery stands; of a closed day, by an adjustment.
#[utoipa::path(
    post, path = "/v1/conflicts/{market}/{delivery_id}/resolve", operation_id = "resolve_conflict",
    tag = "conflicts",
    request_body = Resolution,
    params(
        ("market" = String, Path, description = "Where"),
        ("delivery_id" = String, Path, description = "Which"),
        OnceKey,
    ),
    responses((status = 200, description = "Decided", body = ConflictView), Claiming)
)]
pub(super) async fn resolve(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named((market, delivery)): Named<(MarketId, DeliveryId)>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let resolution: Resolution = json(&body)?;
    let parts = [market.as_str().as_bytes(), delivery.as_str().as_bytes(), &body];
    let once = Once::of(&headers, &principal, "conflicts.resolve", &parts)?;
    api.once(once, StatusCode::OK, move |app| {
        let (market, delivery) = (market.as_str(), delivery.as_str());
        conflicts::resolve(app, market, delivery, &resolution.keep, &principal.name)
    })
    .await
}

/// A cursor is a market and a delivery; both are foreign text, so they are packed.
fn write_cursor(place: &(String, String)) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).unwrap_or_default())
}

fn read_cursor(cursor: &str) -> Result<(String, String), Problem> {
    let packed = URL_SAFE_NO_PAD.decode(cursor).ok();
    packed
        .and_then(|packed| serde_json::from_slice(&packed).ok())
        .ok_or_else(|| Problem::field("cursor", "is not one of a page before"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_another_text_is_refused() {
        let place = ("sf".to_owned(), "trip/24, ü".to_owned());
        assert_eq!(read_cursor(&write_cursor(&place)).unwrap(), place);
        assert!(read_cursor("sf").is_err());
    }
}
