//! An order as its customer sees it, by the link: what was ordered has names, and its deliveries
//! are expected when they are expected now.

use super::found;
use super::kept::Customer;
use super::view::{self, OrderView};
use crate::app::App;
use crate::dispatch::links;
use crate::dispatch::tracked;
use crate::dispatch::view::StopView;
use crate::error::AppError;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::Position;
use doorstep_store::order::OrderRow;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// An order, for whoever waits for it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LinkedView {
    /// The order.
    #[serde(flatten)]
    pub order: OrderView,
    /// Where it goes.
    pub destination: StopView,
    /// For the courier, in minor units; not within the order's total.
    pub tip_minor: i64,
    /// What the items are called, by their ids.
    pub item_names: BTreeMap<String, String>,
    /// What the centres are called, by their ids.
    pub center_names: BTreeMap<String, String>,
    /// When deliveries that are under way are expected now, RFC 3339, by their ids.
    #[schema(value_type = BTreeMap<String, String>)]
    pub arrivals: BTreeMap<String, Micros>,
}

/// What a customer's link shows. Errors: [`AppError::NotFound`] where the token is not its own.
pub fn by_link(app: &App, link: &str) -> Result<LinkedView, AppError> {
    let unknown_link = || AppError::NotFound { what: "link", id: String::new() };
    let order = links::opened(app, link)?.ok_or_else(unknown_link)?;
    let (_, row) = found(app, &order).map_err(|error| match error {
        AppError::NotFound { .. } => unknown_link(),
        error => error,
    })?;
    linked(app, &row)
}

fn linked(app: &App, row: &OrderRow) -> Result<LinkedView, AppError> {
    let Customer { destination, tip_minor, .. } = Customer::of(row)?;
    // What the asker calls it is nothing to whoever has the link.
    let order = OrderView { reference: None, ..view::shown(app, row)?.view };
    let position = Position { lat_e7: destination.lat_e7, lng_e7: destination.lng_e7 };
    Ok(LinkedView {
        destination: StopView {
            address: destination.address,
            lat: position.lat(),
            lng: position.lng(),
        },
        tip_minor,
        item_names: item_names(app, &order),
        center_names: center_names(app, &order),
        arrivals: arrivals(app, &order)?,
        order,
    })
}

fn item_names(app: &App, order: &OrderView) -> BTreeMap<String, String> {
    let taken = order.parts.iter().flat_map(|part| &part.lines).map(|line| &line.item_id);
    let missing = order.missing.iter().map(|line| &line.item_id);
    let named = |id: &String| Some((id.clone(), app.stock.catalogue().item(id)?.name.to_string()));
    taken.chain(missing).filter_map(named).collect()
}

fn center_names(app: &App, order: &OrderView) -> BTreeMap<String, String> {
    let named = |id: &String| Some((id.clone(), app.stock.center(id)?.name.clone()));
    order.parts.iter().map(|part| &part.center_id).filter_map(named).collect()
}

/// What the estimates of dispatch say; nothing of what it does not have yet, or is over.
fn arrivals(app: &App, order: &OrderView) -> Result<BTreeMap<String, Micros>, AppError> {
    let mut arrivals = BTreeMap::new();
    for part in order.parts.iter().filter(|part| part.status.is_some()) {
        let link = links::signed(app, &part.delivery_id)?;
        let estimates = match tracked::by_link(app, &link) {
            Ok(tracked) => tracked.view.estimates,
            // Since it was looked at it has gone, or its link has expired.
            Err(AppError::NotFound { .. } | AppError::Refused { .. }) => continue,
            Err(error) => return Err(error),
        };
        if let Some(arrival) = estimates.estimated_arrival {
            arrivals.insert(part.delivery_id.clone(), arrival);
        }
    }
    Ok(arrivals)
}
