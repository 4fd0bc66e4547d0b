//! Pay of couriers' days.

use super::Api;
use super::access::forbidden;
use super::extract::{Asked, Named};
use super::openapi::{IfNoneMatch, Revalidating};
use super::problem::Problem;
use super::reply;
use crate::keys::{Principal, Role};
use crate::pay::{self, PayView, Query};
use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use doorstep_domain::id::{CourierId, MarketId};
use doorstep_domain::time::Day;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which of a courier's days.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DayAsked {
    /// The local day; today in each market's own zone where it is left out.
    #[param(value_type = Option<String>, format = Date)]
    day: Option<Day>,
    /// Only this market.
    #[param(value_type = Option<String>)]
    market: Option<MarketId>,
    /// With the lines that the pay is the sum of.
    #[serde(default)]
    explain: bool,
}

/// A courier's pay on a day, the open interval included.
///
/// One entry for each market in which there is anything. `provisional` until the day is closed.
#[utoipa::path(
    get, path = "/v1/couriers/{courier_id}/pay", operation_id = "show_pay_of_courier",
    tag = "pay",
    params(("courier_id" = String, Path, description = "Whose"), DayAsked, IfNoneMatch),
    responses((status = 200, description = "By market", body = Vec<PayView>), Revalidating)
)]
pub(super) async fn pay(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(courier): Named<CourierId>,
    Asked(asked): Asked<DayAsked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if principal.role == Role::Courier && principal.courier.as_ref() != Some(&courier) {
        return Err(forbidden(&principal));
    }
    let query = Query {
        market: asked.market.map(String::from),
        day: asked.day,
        courier: Some(courier.into()),
        explain: asked.explain,
    };
    api.answer(move |app| reply::tagged(&headers, &pay::list(app, &query)?)).await
}

/// Whose pay, where, when.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PayAsked {
    /// Where.
    #[param(value_type = String)]
    market: MarketId,
    /// The local day; today where it is left out.
    #[param(value_type = Option<String>, format = Date)]
    day: Option<Day>,
    /// Only this courier.
    #[param(value_type = Option<String>)]
    courier: Option<CourierId>,
    /// With the lines that the pay is the sum of.
    #[serde(default)]
    explain: bool,
}

/// The pay of everybody in a market on a day.
#[utoipa::path(
    get, path = "/v1/pay", operation_id = "list_pay",
    tag = "pay",
    params(PayAsked, IfNoneMatch),
    responses((status = 200, description = "By courier", body = Vec<PayView>), Revalidating)
)]
pub(super) async fn pay_of_everybody(
    State(api): State<Api>,
    Asked(asked): Asked<PayAsked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = Query {
        market: Some(asked.market.into()),
        day: asked.day,
        courier: asked.courier.map(String::from),
        explain: asked.explain,
    };
    api.answer(move |app| reply::tagged(&headers, &pay::list(app, &query)?)).await
}
