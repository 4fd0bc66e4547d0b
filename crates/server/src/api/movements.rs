//! Entries of stock, and stock as it is kept.

use super::Api;
use super::extract::{Asked, Raw, json};
use super::once::{Once, OnceKey, key_reused, replayed};
use super::openapi::{Claiming, Reading};
use super::problem::Problem;
use super::reply::{self, Page, page_entries};
use crate::error::AppError;
use crate::keys::{Principal, Role};
use crate::stock::movements::{
    self, Entered, EnteredView, Enterer, Entry, EntryLine, StockLine, StockView,
};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use doorstep_domain::id::{CenterId, ItemId};
use doorstep_store::movement::EntryKind;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Who enters something of stock, and looks at it; merchants of their own centres.
pub(super) const KEEPERS: &[Role] = &[Role::Operator, Role::Merchant];

/// What came, or what is there.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewEntry {
    /// Where.
    #[schema(value_type = String)]
    center_id: CenterId,
    /// What whoever enters it calls it.
    #[serde(default)]
    reference: Option<String>,
    /// 1 to 1,000 different items.
    lines: Vec<EntryLine>,
}

/// What is not to be sold any more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWriteOff {
    /// Where.
    #[schema(value_type = String)]
    center_id: CenterId,
    /// What whoever enters it calls it.
    #[serde(default)]
    reference: Option<String>,
    /// Why, in words.
    reason: String,
    /// 1 to 1,000 different items.
    lines: Vec<EntryLine>,
}

/// What was moved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTransfer {
    /// From where.
    #[schema(value_type = String)]
    center_id: CenterId,
    /// Where to, in the same market.
    #[schema(value_type = String)]
    to_center_id: CenterId,
    /// What whoever enters it calls it.
    #[serde(default)]
    reference: Option<String>,
    /// 1 to 1,000 different items.
    lines: Vec<EntryLine>,
}

/// Which stock.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StockAsked {
    /// Where.
    #[param(value_type = String)]
    center_id: CenterId,
    /// Of this item alone, with its movements.
    #[param(value_type = Option<String>)]
    item_id: Option<ItemId>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Most rows, or movements, wanted.
    limit: Option<usize>,
}

/// More came.
#[utoipa::path(
    post, path = "/v1/stock/receive", operation_id = "receive_stock",
    tag = "stock",
    request_body = NewEntry,
    params(OnceKey),
    responses((status = 200, description = "Entered", body = EnteredView), Claiming)
)]
pub(super) async fn receive(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let once = Once::of(&headers, &principal, "stock.receive", &[&body])?;
    api.enter(principal, once, entry(EntryKind::Receive, json(&body)?)).await
}

/// So many are free: what is packed for orders is not counted.
#[utoipa::path(
    post, path = "/v1/stock/count", operation_id = "count_stock",
    tag = "stock",
    request_body = NewEntry,
    params(OnceKey),
    responses((status = 200, description = "Entered", body = EnteredView), Claiming)
)]
pub(super) async fn count(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let once = Once::of(&headers, &principal, "stock.count", &[&body])?;
    api.enter(principal, once, entry(EntryKind::Count, json(&body)?)).await
}

/// Broken, lost, spoilt.
#[utoipa::path(
    post, path = "/v1/stock/write-off", operation_id = "write_off_stock",
    tag = "stock",
    request_body = NewWriteOff,
    params(OnceKey),
    responses((status = 200, description = "Entered", body = EnteredView), Claiming)
)]
pub(super) async fn write_off(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let once = Once::of(&headers, &principal, "stock.write_off", &[&body])?;
    let NewWriteOff { center_id, reference, reason, lines } = json(&body)?;
    let new = NewEntry { center_id, reference, lines };
    let reason = Some(reason);
    api.enter(principal, once, Entry { reason, ..entry(EntryKind::WriteOff, new) }).await
}

/// From one centre to another of the same market, in one transaction.
#[utoipa::path(
    post, path = "/v1/stock/transfer", operation_id = "transfer_stock",
    tag = "stock",
    request_body = NewTransfer,
    params(OnceKey),
    responses((status = 200, description = "Entered", body = EnteredView), Claiming)
)]
pub(super) async fn transfer(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let once = Once::of(&headers, &principal, "stock.transfer", &[&body])?;
    let NewTransfer { center_id, to_center_id, reference, lines } = json(&body)?;
    let new = NewEntry { center_id, reference, lines };
    let to_center_id = Some(to_center_id);
    api.enter(principal, once, Entry { to_center_id, ..entry(EntryKind::Transfer, new) }).await
}

/// What a centre has, as it is kept: of one item with its newest movements, or a page of all of it.
#[utoipa::path(
    get, path = "/v1/stock", operation_id = "show_stock",
    tag = "stock",
    params(StockAsked),
    responses(
        (status = 200, description = "A row, or a page of rows where no item is named",
         body = StockView),
        Reading,
    )
)]
pub(super) async fn show(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Asked(asked): Asked<StockAsked>,
) -> Result<Response, Problem> {
    let most = page_entries(asked.limit, &api.limits)?;
    api.answer(move |app| {
        let id = &asked.center_id;
        let unknown = |what, id: &str| AppError::NotFound { what, id: id.to_owned() };
        let theirs = principal.merchant.as_ref();
        let center = app.stock.center(id.as_str());
        let center = center.filter(|center| theirs.is_none_or(|own| *own == center.merchant));
        let center = center.ok_or_else(|| unknown("centre", id.as_str()))?;
        let cursor = asked.cursor.as_deref().unwrap_or_default();
        if let Some(id) = &asked.item_id {
            let item = app.stock.catalogue().item(id.as_str());
            let item = item.ok_or_else(|| unknown("item", id.as_str()))?;
            let shown = movements::of_item(app, &center, &item, cursor, most)?;
            return reply::json(StatusCode::OK, &shown);
        }
        let after: i64 = match cursor {
            "" => -1,
            text => text.parse().map_err(|_| Problem::field("cursor", "is none of this list"))?,
        };
        // Pages are far smaller than 32 bits.
        let one_more = u32::try_from(most + 1).unwrap_or(u32::MAX);
        let found = movements::of_center(app, &center, after, one_more)?;
        let page: Page<StockLine> = Page::of(found, most, |line| line.item_no.to_string());
        reply::json(StatusCode::OK, &page)
    })
    .await
}

fn entry(kind: EntryKind, new: NewEntry) -> Entry {
    let NewEntry { center_id, reference, lines } = new;
    Entry { kind, center_id, to_center_id: None, reference, reason: None, lines }
}

impl Api {
    async fn enter(
        &self,
        principal: Principal,
        once: Once,
        entry: Entry,
    ) -> Result<Response, Problem> {
        let (scope, key, fingerprint) = once.into_parts();
        let Principal { name: actor, merchant, .. } = principal;
        let enterer = Enterer { actor, merchant, scope, key, fingerprint };
        self.answer(move |app| match movements::enter(app, &entry, enterer)? {
            Entered::New(body) => Ok(reply::json_bytes(StatusCode::OK, body)),
            Entered::Repeated(body) => Ok(replayed(reply::json_bytes(StatusCode::OK, body))),
            Entered::KeyReused => Err(key_reused()),
        })
        .await
    }
}
