//! Orders and reservations over HTTP.

pub(super) mod apologies;
pub(super) mod claims;

use super::Api;
use super::access::forbidden;
use super::extract::{Asked, Named, Raw, json};
use super::once::{Once, OnceKey, key_reused, replayed};
use super::openapi::{Claiming, IfNoneMatch, Reading, Revalidating};
use super::problem::Problem;
use super::reply::{self, PageOfMarkets, page_entries};
use crate::keys::{Principal, Role};
use crate::orders::ask::{Asker, NewOrder, Way};
use crate::orders::decide::Placing;
use crate::orders::listing::{self, OrdersAsked};
use crate::orders::place::{self, Decided};
use crate::orders::plan::Plan;
use crate::orders::view::{self, OrderView, Shown};
use crate::orders::{self};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use doorstep_domain::id::MarketId;
use doorstep_domain::order::OrderStatus;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// Who orders and reserves, and looks at single orders: merchants at theirs, a shop at its own.
pub(super) const ORDERERS: &[Role] = &[Role::Operator, Role::Gateway, Role::Merchant, Role::Shop];

/// Who lists orders; merchants theirs.
pub(super) const LISTERS: &[Role] = &[Role::Operator, Role::Merchant];

/// Which orders.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OrdersListed {
    /// Only this market.
    #[param(value_type = Option<String>)]
    market: Option<MarketId>,
    /// Only those that stand so.
    #[param(value_type = Option<String>)]
    status: Option<OrderStatus>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Most orders wanted.
    limit: Option<usize>,
}

/// Places an order: it takes all of its stock in one transaction, or nothing. It is durable when
/// this is answered.
#[utoipa::path(
    post, path = "/v1/orders", operation_id = "place_order",
    tag = "orders",
    request_body = NewOrder,
    params(OnceKey),
    responses((status = 201, description = "Placed", body = OrderView), Claiming)
)]
pub(super) async fn place(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let once = Once::of(&headers, &principal, "orders.place", &[&body])?;
    api.decide(asker(principal, once), json(&body)?, Way::Order).await
}

/// Makes a reservation: its stock is held until it is confirmed, released, or its time is over.
#[utoipa::path(
    post, path = "/v1/reservations", operation_id = "make_reservation",
    tag = "orders",
    request_body = NewOrder,
    params(OnceKey),
    responses((status = 201, description = "Held", body = OrderView), Claiming)
)]
pub(super) async fn reserve(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let once = Once::of(&headers, &principal, "reservations.make", &[&body])?;
    api.decide(asker(principal, once), json(&body)?, Way::Reservation).await
}

/// Orders, the newest first. A page may be shorter than asked for and yet not be the last. Where
/// the store of a market is not there, the others' orders are listed and `warnings` name it.
#[utoipa::path(
    get, path = "/v1/orders", operation_id = "list_orders",
    tag = "orders",
    params(OrdersListed),
    responses((status = 200, description = "A page", body = PageOfMarkets<OrderView>), Reading)
)]
pub(super) async fn list(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Asked(asked): Asked<OrdersListed>,
) -> Result<Response, Problem> {
    let most = page_entries(asked.limit, &api.limits)?;
    let merchant = principal.merchant.map(String::from);
    let wanted = OrdersAsked { market: asked.market, status: asked.status, merchant };
    api.json(move |app| {
        if let Some(market) = &wanted.market {
            app.market(market.as_str())?;
        }
        let before = asked.cursor.as_deref().unwrap_or_default();
        let listed = listing::list(app, &wanted, before, most)?;
        let (data, next_cursor, warnings) = (listed.data, listed.next, listed.warnings);
        Ok(PageOfMarkets { data, has_more: next_cursor.is_some(), next_cursor, warnings })
    })
    .await
}

/// An order as it is now.
#[utoipa::path(
    get, path = "/v1/orders/{order_id}", operation_id = "show_order",
    tag = "orders",
    params(("order_id" = String, Path, description = "Which"), IfNoneMatch),
    responses((status = 200, description = "The order", body = OrderView), Revalidating)
)]
pub(super) async fn show(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(order): Named<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    api.answer(move |app| {
        let shown = view::show(app, &order)?;
        may_see(&principal, &shown)?;
        reply::tagged(&headers, &shown.view)
    })
    .await
}

fn asker(principal: Principal, once: Once) -> Asker {
    let (scope, key, fingerprint) = once.into_parts();
    let request_key = format!("{scope} {key}");
    Asker { actor: principal.name, merchant: principal.merchant, request_key, fingerprint }
}

impl Api {
    /// Plans an order, elsewhere where that may block, decides it in its lanes, and answers it.
    async fn decide(&self, asker: Asker, new: NewOrder, way: Way) -> Result<Response, Problem> {
        let planned = match place::planned_at_once(&self.app, &new, &asker, way) {
            Some(plan) => Ok(plan),
            None => self.patiently(move |app| place::planned(app, &new, asker, way)).await?,
        };
        let decided = match planned {
            Ok(plan) => self.decided(plan).await?,
            Err(before) => before,
        };
        let answered = |row| reply::json(StatusCode::CREATED, &view::first(&self.app, row)?);
        match &decided {
            Decided::New(row) => answered(row),
            Decided::Repeated(row) => Ok(replayed(answered(row)?)),
            Decided::KeyReused => Err(key_reused()),
        }
    }

    async fn decided(&self, plan: Plan) -> Result<Decided, Problem> {
        let (app, plan) = (&self.app, Arc::new(plan));
        let store = app.stock.store_of(app, &plan.market);
        let mut scope = plan.likely(app);
        loop {
            let lanes = plan.lanes(&scope);
            let placing = Placing { plan: Arc::clone(&plan), scope };
            match self.claim(store, &lanes, placing).await {
                Ok(decided) => return Ok(place::done(app, decided)),
                Err(denied) => scope = place::counted(denied.again(&plan))?,
            }
        }
    }
}

/// Lets a merchant see orders with goods of theirs, and a shop those it has made; to them others do
/// not exist.
pub(super) fn may_see(principal: &Principal, shown: &Shown) -> Result<(), Problem> {
    let theirs = match principal.role {
        Role::Operator | Role::Gateway => true,
        Role::Merchant => shown.merchants.iter().any(|merchant| is(principal, merchant)),
        Role::Shop => shown.ordered_by == principal.name,
        Role::Finance | Role::Courier => return Err(forbidden(principal)),
    };
    if theirs { Ok(()) } else { Err(orders::unknown(&shown.view.order_id).into()) }
}

/// Lets a merchant at orders all of whose goods are theirs.
pub(super) fn may_change(principal: &Principal, shown: &Shown) -> Result<(), Problem> {
    may_see(principal, shown)?;
    let is_whole = shown.merchants.iter().all(|merchant| is(principal, merchant));
    if principal.role == Role::Merchant && !is_whole { Err(forbidden(principal)) } else { Ok(()) }
}

fn is(principal: &Principal, merchant: &str) -> bool {
    principal.merchant.as_ref().is_some_and(|own| own.as_str() == merchant)
}
