//! An order as it is shown: what was taken, and how its deliveries stand.

use super::kept::{Basket, Customer, PartKept, delivery_id};
use super::{found, unknown};
use crate::app::App;
use crate::dispatch::links;
use crate::error::AppError;
use doorstep_domain::dispatch::Status;
use doorstep_domain::order::{Kept, OrderStatus};
use doorstep_domain::time::Micros;
use doorstep_store::order::OrderRow;
use doorstep_store::{StoreError, dispatch, refund};
use serde::Serialize;
use utoipa::ToSchema;

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrderView {
    /// Its name.
    pub order_id: String,
    /// `reserved`, `released`, `placed`, `under_way`, `delivered`, `failed` or `cancelled`.
    #[schema(value_type = String)]
    pub status: OrderStatus,
    /// Where.
    pub market: String,
    /// ISO 4217.
    pub currency: String,
    /// What it costs, in minor units.
    pub total_minor: i64,
    /// When it was ordered, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub ordered_at: Micros,
    /// What the asker calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Until when it is reserved, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Micros>,
    /// What an answer about availability must know of, to know of this order.
    pub token: String,
    /// A part for each centre, the soonest first.
    pub parts: Vec<PartView>,
    /// What a partial order did not get.
    pub missing: Vec<MissingView>,
    /// The customer's link, to be put behind the address of this server.
    pub order_url: String,
}

/// What one centre gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartView {
    /// Which.
    pub center_id: String,
    /// What carries it.
    pub delivery_id: String,
    /// How that stands; null before dispatch has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub status: Option<Status>,
    /// Where the customer follows it, behind the address of this server.
    pub tracking_url: String,
    /// When it was expected to be there as it was ordered, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub estimated_arrival: Micros,
    /// What its goods cost, in minor units.
    pub goods_minor: i64,
    /// What was given back of that.
    #[serde(skip_serializing_if = "is_nothing")]
    pub refunded_minor: i64,
    /// What it is.
    pub lines: Vec<LineView>,
}

fn is_nothing(amount_minor: &i64) -> bool {
    *amount_minor == 0
}

/// Units of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LineView {
    /// Which.
    pub item_id: String,
    /// Units.
    pub quantity: i64,
    /// What one costs, in minor units.
    pub price_minor: i64,
}

/// Units that nobody had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MissingView {
    /// Of what.
    pub item_id: String,
    /// Units.
    pub quantity: i64,
}

/// An order, and who may see it besides those who see all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The order.
    pub view: OrderView,
    /// Who ordered, as it stands in the audit trail.
    pub ordered_by: String,
    /// Whose goods.
    pub merchants: Vec<String>,
}

/// An order as it was answered when it was made, and is whenever that request is repeated.
pub fn first(app: &App, row: &OrderRow) -> Result<OrderView, AppError> {
    let basket = Basket::of(row)?;
    let is_reserved = basket.reserved_until.is_some();
    let status = if is_reserved { OrderStatus::Reserved } else { OrderStatus::Placed };
    view(app, row, &basket, status, &[], basket.reserved_until)
}

/// An order as it is now. Errors: there is none of that name.
pub fn show(app: &App, order: &str) -> Result<Shown, AppError> {
    shown(app, &found(app, order)?.1)
}

/// An order that was loaded, as it is now.
pub fn shown(app: &App, row: &OrderRow) -> Result<Shown, AppError> {
    shown_with(app, row, &Basket::of(row)?)
}

pub(super) fn shown_with(app: &App, row: &OrderRow, basket: &Basket) -> Result<Shown, AppError> {
    let statuses = statuses(app, row, basket)?;
    let status = OrderStatus::of(row.kept, &statuses);
    let expires_at = row.expires_at_us.map(Micros);
    let mut view = view(app, row, basket, status, &statuses, expires_at)?;
    add_refunds(app, row, &mut view)?;
    let merchants = basket.parts.iter().map(|part| part.merchant_id.clone()).collect();
    Ok(Shown { view, ordered_by: row.ordered_by.clone(), merchants })
}

/// Adds what was given back, part by part.
fn add_refunds(app: &App, row: &OrderRow, view: &mut OrderView) -> Result<(), AppError> {
    let market = row.market.parse().map_err(|_| unknown(&row.order))?;
    let store = app.stock.store_of(app, &market);
    for refund in store.read(|tx| refund::of_order(tx, &row.order))? {
        let part = usize::try_from(refund.part - 1).ok().and_then(|part| view.parts.get_mut(part));
        if let Some(part) = part {
            part.refunded_minor += refund.amount_minor;
        }
    }
    Ok(())
}

/// How the deliveries of an order stand, part by part.
fn statuses(app: &App, row: &OrderRow, basket: &Basket) -> Result<Vec<Option<Status>>, AppError> {
    if row.kept != Kept::Placed && row.kept != Kept::Cancelled {
        return Ok(vec![None; basket.parts.len()]);
    }
    let parts = 0..basket.parts.len();
    let statuses = app.store.read(|tx| {
        let status = |part| {
            let found = dispatch::load(tx, &delivery_id(&row.order, part))?;
            Ok::<_, StoreError>(found.map(|found| found.status))
        };
        parts.map(status).collect::<Result<Vec<_>, _>>()
    })?;
    Ok(statuses)
}

fn view(
    app: &App,
    row: &OrderRow,
    basket: &Basket,
    status: OrderStatus,
    statuses: &[Option<Status>],
    expires_at: Option<Micros>,
) -> Result<OrderView, AppError> {
    let mut parts = Vec::with_capacity(basket.parts.len());
    for (place, part) in basket.parts.iter().enumerate() {
        let delivery = delivery_id(&row.order, place);
        parts.push(part_view(app, part, delivery, statuses.get(place).copied().flatten())?);
    }
    let missing = basket.missing.iter();
    let market = app.markets.get(row.market.as_str()).ok_or_else(|| unknown(&row.order))?;
    Ok(OrderView {
        order_id: row.order.clone(),
        status,
        market: row.market.clone(),
        currency: market.currency.to_string(),
        total_minor: row.total_minor,
        ordered_at: Micros(row.ordered_at_us),
        reference: Customer::of(row)?.reference,
        expires_at,
        token: basket.token().to_string(),
        parts,
        missing: missing
            .map(|(item, quantity)| MissingView { item_id: item.clone(), quantity: *quantity })
            .collect(),
        order_url: format!("/shop/order/{}", links::signed(app, &row.order)?),
    })
}

fn part_view(
    app: &App,
    part: &PartKept,
    delivery_id: String,
    status: Option<Status>,
) -> Result<PartView, AppError> {
    let lines = part.lines.iter().map(|line| LineView {
        item_id: line.item_id.clone(),
        quantity: line.quantity,
        price_minor: line.price_minor,
    });
    Ok(PartView {
        center_id: part.center_id.clone(),
        status,
        tracking_url: links::tracking_url(app, &delivery_id)?,
        delivery_id,
        estimated_arrival: part.arrival,
        goods_minor: part.goods_minor(),
        refunded_minor: 0,
        lines: lines.collect(),
    })
}
