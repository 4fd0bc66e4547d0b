//! What the shop's page asks besides what everybody may: where it sells, and an order by its link.

use super::Api;
use super::extract::Named;
use super::openapi::{IfNoneMatch, Reading, Revalidating};
use super::problem::Problem;
use super::reply;
use crate::app::App;
use crate::orders::linked::{self, LinkedView};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use doorstep_domain::market::Market;
use doorstep_domain::time::Micros;
use serde::Serialize;
use utoipa::ToSchema;

/// Where things are sold.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ShopView {
    /// By name.
    markets: Vec<ShopMarket>,
}

/// A market as a shop shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ShopMarket {
    /// Its name.
    market: String,
    /// ISO 4217, of all prices there.
    currency: String,
    /// IANA, of opening hours there.
    time_zone: String,
}

/// An order for whoever waits for it, and what time it is here.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LinkedNow {
    /// RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    server_time: Micros,
    #[serde(flatten)]
    linked: LinkedView,
}

/// Where things are sold, with the currency of prices and the zone of opening hours.
#[utoipa::path(
    get, path = "/v1/shop", operation_id = "show_shop",
    tag = "orders",
    responses((status = 200, description = "The markets", body = ShopView), Reading)
)]
pub(super) async fn show(State(api): State<Api>) -> Result<Response, Problem> {
    api.json(|app| Ok(ShopView { markets: markets(app) })).await
}

fn markets(app: &App) -> Vec<ShopMarket> {
    let market = |market: &Market| ShopMarket {
        market: market.id.to_string(),
        currency: market.currency.to_string(),
        time_zone: market.time_zone.to_string(),
    };
    app.markets.values().map(market).collect()
}

/// An order by its customer's link, as it is now: with the names of what was ordered, and when its
/// deliveries are expected.
#[utoipa::path(
    get, path = "/v1/shop/orders/{link}", operation_id = "show_order_by_link",
    tag = "orders", security(()),
    params(("link" = String, Path, description = "`ORDER.TOKEN`"), IfNoneMatch),
    responses((status = 200, description = "The order", body = LinkedNow), Revalidating)
)]
pub(super) async fn by_link(
    State(api): State<Api>,
    Named(link): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    api.answer(move |app| {
        let linked = linked::by_link(app, &link)?;
        let tag = reply::tag_of(&linked)?;
        reply::tagged_as(&headers, &tag, &LinkedNow { server_time: app.clock.now(), linked })
    })
    .await
}
