//! Couriers: registered before their pings are taken, shown, listed.

use super::Api;
use super::body::{Form, events, form, unpacked};
use super::extract::{Asked, Named, Raw};
use super::openapi::{Reading, Sending};
use super::problem::Problem;
use super::reply::{self, Page, page_entries};
use crate::app::App;
use crate::couriers::{self, CourierView, NewCourier, NotRegistered};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use doorstep_domain::id::MarketId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What became of couriers who were to be registered.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub(super) struct CouriersRegistered {
    /// How many are registered now and were not before.
    registered: u64,
    /// How many were registered already, in that market.
    known: u64,
    /// Who is not, in the order of the lines.
    rejected: Vec<RefusedCourier>,
}

/// One who was not registered.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct RefusedCourier {
    /// Line, or place in the array, counted from 1.
    line: u64,
    /// Machine-readable kind.
    code: String,
    /// JSON pointer to the field; empty for the whole.
    pointer: String,
    /// Why.
    reason: String,
}

/// Which couriers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CouriersAsked {
    /// Only this market.
    #[param(value_type = Option<String>)]
    market: Option<MarketId>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Most couriers wanted.
    limit: Option<usize>,
}

/// Registers couriers: one, an array, or one a line.
///
/// A courier belongs to one market for good: registering them in another is refused, in the same
/// one it changes nothing. A single courier who is refused is answered with 400 or 409.
#[utoipa::path(
    post, path = "/v1/couriers", operation_id = "register_couriers",
    tag = "tracking",
    request_body(
        description = "One courier, an array, or lines",
        content((NewCourier = "application/json"), (String = "application/x-ndjson"))
    ),
    responses((status = 200, description = "Done", body = CouriersRegistered), Sending)
)]
pub(super) async fn register(
    State(api): State<Api>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let limits = api.limits;
    api.answer(move |app| {
        let body = unpacked(&headers, &body, &limits)?;
        let form = form(&headers, &body)?;
        let mut done = register_lines(app, &events(form, &body)?)?;
        match (form, done.rejected.pop()) {
            (Form::Single, Some(refused)) => Err(refusal(refused)),
            (_, last) => {
                done.rejected.extend(last);
                reply::json(StatusCode::OK, &done)
            }
        }
    })
    .await
}

/// Registered couriers, by id.
#[utoipa::path(
    get, path = "/v1/couriers", operation_id = "list_couriers",
    tag = "tracking",
    params(CouriersAsked),
    responses((status = 200, description = "A page", body = Page<CourierView>), Reading)
)]
pub(super) async fn list(
    State(api): State<Api>,
    Asked(asked): Asked<CouriersAsked>,
) -> Result<Response, Problem> {
    let most = page_entries(asked.limit, &api.limits)?;
    // Pages are far smaller than 32 bits.
    let one_more = u32::try_from(most + 1).unwrap_or(u32::MAX);
    let after = asked.cursor.unwrap_or_default();
    api.json(move |app| {
        let found = couriers::list(app, asked.market.as_ref(), &after, one_more)?;
        Ok(Page::of(found, most, |courier| courier.courier_id.clone()))
    })
    .await
}

/// One courier.
#[utoipa::path(
    get, path = "/v1/couriers/{courier_id}", operation_id = "show_courier",
    tag = "tracking",
    params(("courier_id" = String, Path, description = "Who")),
    responses((status = 200, description = "The courier", body = CourierView), Reading)
)]
pub(super) async fn show(
    State(api): State<Api>,
    Named(courier): Named<String>,
) -> Result<Response, Problem> {
    api.json(move |app| couriers::show(app, &courier)).await
}

fn register_lines(app: &App, lines: &[(u64, &[u8])]) -> Result<CouriersRegistered, Problem> {
    let (mut couriers, mut numbers) = (Vec::with_capacity(lines.len()), Vec::new());
    let mut rejected = Vec::new();
    for (line, raw) in lines {
        match serde_json::from_slice::<NewCourier>(raw) {
            Ok(courier) => {
                couriers.push(courier);
                numbers.push(*line);
            }
            Err(error) => {
                let code = if error.is_data() { "invalid" } else { "malformed" };
                let (code, pointer) = (code.to_owned(), String::new());
                let reason = error.to_string();
                rejected.push(RefusedCourier { line: *line, code, pointer, reason });
            }
        }
    }
    let done = couriers::register(app, &couriers)?;
    let refused = done.refused.into_iter().filter_map(|refused| {
        let NotRegistered { index, code, pointer, reason } = refused;
        let line = *numbers.get(index)?;
        Some(RefusedCourier { line, code: code.to_owned(), pointer, reason })
    });
    rejected.extend(refused);
    rejected.sort_by_key(|refused| refused.line);
    Ok(CouriersRegistered { registered: done.new, known: done.known, rejected })
}

fn refusal(refused: RefusedCourier) -> Problem {
    if refused.code == "courier_elsewhere" {
        return Problem::new(StatusCode::CONFLICT, &refused.code, refused.reason);
    }
    Problem::field(refused.pointer, refused.reason).with_code(&refused.code)
}
