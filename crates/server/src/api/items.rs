//! Items: put in place, found, browsed.

use super::Api;
use super::extract::{Asked, Named, Raw, json};
use super::openapi::{IfNoneMatch, Reading, Revalidating};
use super::problem::Problem;
use super::reply::{self, Page, page_entries};
use crate::stock::put::{ItemSaid, put_items};
use crate::stock::search::{self, Asked as Looked};
use crate::stock::view::{CategoryView, ItemView};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use doorstep_domain::id::{ItemId, MarketId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which items.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ItemsAsked {
    /// Words of their names: every one, beginnings too, however they are spelled.
    query: Option<String>,
    /// A category, with everything below it.
    category: Option<String>,
    /// Only what is sold there.
    #[param(value_type = Option<String>)]
    market: Option<MarketId>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Most items wanted.
    limit: Option<usize>,
}

/// Whose categories.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CategoriesAsked {
    /// Only of what is sold there.
    #[param(value_type = Option<String>)]
    market: Option<MarketId>,
}

/// Categories.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Categories {
    /// By path.
    data: Vec<CategoryView>,
}

/// Items, by words of their names the best first, otherwise by category.
#[utoipa::path(
    get, path = "/v1/items", operation_id = "list_items",
    tag = "stock",
    params(ItemsAsked, IfNoneMatch),
    responses((status = 200, description = "A page", body = Page<ItemView>), Revalidating)
)]
pub(super) async fn list(
    State(api): State<Api>,
    Asked(asked): Asked<ItemsAsked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let most = page_entries(asked.limit, &api.limits)?;
    let ItemsAsked { query, category, market, cursor, .. } = asked;
    let looked = Looked { query, category, market, cursor };
    let answer = api.answer(move |app| {
        let found = search::items(app, &looked, most + 1)?;
        reply::tagged(&headers, &Page::of(found, most, |item| item.item_id.clone()))
    });
    answer.await.map(kept_for_an_hour)
}

/// Every category that has items, and how many.
#[utoipa::path(
    get, path = "/v1/items/categories", operation_id = "list_categories",
    tag = "stock",
    params(CategoriesAsked, IfNoneMatch),
    responses((status = 200, description = "By path", body = Categories), Revalidating)
)]
pub(super) async fn categories(
    State(api): State<Api>,
    Asked(asked): Asked<CategoriesAsked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let answer = api.answer(move |app| {
        let data = search::categories(app, asked.market.as_ref())?;
        reply::tagged(&headers, &Categories { data })
    });
    answer.await.map(kept_for_an_hour)
}

/// One item.
#[utoipa::path(
    get, path = "/v1/items/{item_id}", operation_id = "show_item",
    tag = "stock",
    params(("item_id" = String, Path, description = "Which"), IfNoneMatch),
    responses((status = 200, description = "The item", body = ItemView), Revalidating)
)]
pub(super) async fn show(
    State(api): State<Api>,
    Named(item): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let answer = api.answer(move |app| reply::tagged(&headers, &search::item(app, &item)?));
    answer.await.map(kept_for_an_hour)
}

/// Puts an item in place. Prices of markets that are not named stay as they are.
#[utoipa::path(
    put, path = "/v1/items/{item_id}", operation_id = "put_item",
    tag = "stock",
    request_body = ItemSaid,
    params(("item_id" = String, Path, description = "Which")),
    responses((status = 200, description = "As it is now", body = ItemView), Reading)
)]
pub(super) async fn put(
    State(api): State<Api>,
    Named(item): Named<ItemId>,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let said: ItemSaid = json(&body)?;
    api.json(move |app| {
        let id = item.to_string();
        let put = put_items(app, &[(item, said)])?;
        match put.refused.into_iter().next() {
            Some((_, error)) => Err(error),
            None => search::item(app, &id),
        }
    })
    .await
}

/// Items change rarely: whoever has an answer may keep it for an hour, and then ask whether it
/// still stands.
fn kept_for_an_hour(mut response: Response) -> Response {
    let kept = HeaderValue::from_static("private, max-age=3600");
    response.headers_mut().insert(header::CACHE_CONTROL, kept);
    response
}
