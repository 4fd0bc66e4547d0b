//! Apologies: listed for a person, and settled by one.

use super::super::Api;
use super::super::extract::{Asked, Named, Raw, json};
use super::super::openapi::Reading;
use super::super::problem::Problem;
use super::super::reply::{Page, PageOfMarkets, page_entries};
use crate::keys::Principal;
use crate::orders::apologies::{self, ApologyView};
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use doorstep_domain::id::MarketId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which apologies.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct ApologiesAsked {
    /// Only this market.
    #[param(value_type = Option<String>)]
    market: Option<MarketId>,
    /// Only those that nobody has seen to.
    #[serde(default)]
    open: bool,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Most apologies wanted.
    limit: Option<usize>,
}

/// What was done about it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Settling {
    /// In words.
    words: String,
}

/// The apologies of an order.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Apologies {
    /// One for each item.
    data: Vec<ApologyView>,
}

/// Apologies, the oldest first. Where the store of a market is not there, the others' are listed
/// and `warnings` name it.
#[utoipa::path(
    get, path = "/v1/apologies", operation_id = "list_apologies",
    tag = "orders",
    params(ApologiesAsked),
    responses((status = 200, description = "A page", body = PageOfMarkets<ApologyView>), Reading)
)]
pub(in super::super) async fn list(
    State(api): State<Api>,
    Asked(asked): Asked<ApologiesAsked>,
) -> Result<Response, Problem> {
    let most = page_entries(asked.limit, &api.limits)?;
    // Pages are far smaller than 32 bits.
    let one_more = u32::try_from(most + 1).unwrap_or(u32::MAX);
    api.json(move |app| {
        if let Some(market) = &asked.market {
            app.market(market.as_str())?;
        }
        let after = asked.cursor.as_deref().unwrap_or_default();
        let market = asked.market.as_ref();
        let (found, warnings) = apologies::list(app, market, asked.open, after, one_more)?;
        let page = Page::of(found, most, |apology| apology.place.clone());
        let Page { data, next_cursor, has_more } = page;
        Ok(PageOfMarkets { data, next_cursor, has_more, warnings })
    })
    .await
}

/// Says what was done about the apologies of an order.
#[utoipa::path(
    post, path = "/v1/apologies/{order_id}/settle", operation_id = "settle_apologies",
    tag = "orders",
    request_body = Settling,
    params(("order_id" = String, Path, description = "To whom")),
    responses((status = 200, description = "Settled, now or before", body = Apologies), Reading)
)]
pub(in super::super) async fn settle(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(order): Named<String>,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let words = json::<Settling>(&body)?.words;
    api.json(move |app| {
        Ok(Apologies { data: apologies::settle(app, &order, &words, &principal.name)? })
    })
    .await
}
