//! What was placed becomes deliveries, one for each centre, dispatched like any other.
//!
//! A reader of what a market's stock lanes announce makes them in the lane of dispatch. Where it
//! stands is kept with the deliveries and moves in their transaction: each is made once, whenever
//! it stops.

use super::claims::{self, refused};
use super::kept::{Basket, Customer, PartKept, delivery_id};
use super::{is_common, lanes, metric};
use crate::app::App;
use crate::dispatch::change::{self, Begun, Said, Terms};
use crate::dispatch::readers::Mark;
use crate::dispatch::request;
use crate::dispatch::{dispatch_lane, terms_of};
use crate::error::AppError;
use crate::stock::told::{CONFIRMED, PLACED};
use doorstep_domain::dispatch::{PackageSize, Status};
use doorstep_domain::id::MarketId;
use doorstep_domain::limits::PACKAGE_WEIGHT_G_MAX;
use doorstep_domain::order::{self as rules, Kept};
use doorstep_domain::time::Micros;
use doorstep_store::LaneTx;
use doorstep_store::dispatch::{self, DispatchRow};
use doorstep_store::order::{self, OrderRow};
use doorstep_store::outbox::Announced;
use doorstep_store::package::{PackageRow, StopRow};
use std::collections::HashMap;

/// The consumer's name in the store.
pub const HAND_OVER: &str = "hand-over";

/// Announcements of a lane read in one go. Of sixteen lanes that is a transaction of some ten
/// milliseconds, and on SQLite whoever orders waits for it.
const ROWS_AT_ONCE: u32 = 16;

/// With so many announcements in one go there may be more, and whoever hands over does not rest.
pub const ROWS_BEHIND: usize = ROWS_AT_ONCE as usize;

/// A delivery to be made.
struct Carried {
    row: DispatchRow,
    package: PackageRow,
    /// The order it carries a part of.
    order: String,
}

/// Makes the deliveries of what a market's lanes have announced since; answers how many
/// announcements there were.
///
/// Errors: [`doorstep_store::StoreError::Fenced`] where another process was faster.
pub fn step(app: &App, market: &MarketId) -> Result<usize, AppError> {
    let unread = lanes::unread(app, market, HAND_OVER, ROWS_AT_ONCE)?;
    if unread.is_empty() {
        return Ok(0);
    }
    let now = app.clock.now();
    let (marks, rows): (Vec<_>, Vec<_>) = unread.into_iter().unzip();
    let rows: Vec<Announced> = rows.into_iter().flatten().collect();
    let (count, carried) = (rows.len(), of_announced(app, market, &rows)?);
    let (terms, common) = (terms_of(app, market)?, is_common(app, market));
    let made = app.store.lane(&dispatch_lane(market)?, move |tx| {
        Mark::advance_all(&marks, tx, now)?;
        make(tx, &carried, common, now, &terms)
    })?;
    if made > 0 {
        metric::handed_over(made as u64);
        app.dispatch.ring(market);
    }
    Ok(count)
}

/// The deliveries of the orders that were placed or confirmed.
fn of_announced(
    app: &App,
    market: &MarketId,
    told: &[Announced],
) -> Result<Vec<Carried>, AppError> {
    let placed = told.iter().filter(|row| [PLACED, CONFIRMED].contains(&row.kind.as_str()));
    let placed: Vec<&Announced> = placed.collect();
    let store = app.stock.store_of(app, market);
    let names: Vec<&str> = placed.iter().map(|told| told.subject.as_str()).collect();
    let rows = store.read(|tx| order::load_all(tx, &names))?.into_iter();
    let rows: HashMap<String, OrderRow> = rows.map(|row| (row.order.clone(), row)).collect();
    let mut all = Vec::with_capacity(rows.len());
    for told in placed {
        let row = rows.get(&told.subject).filter(|row| row.kept == Kept::Placed);
        let Some(row) = row else {
            continue;
        };
        match carried(app, market, row, Micros(told.announced_at_us)) {
            Ok(deliveries) => all.extend(deliveries),
            // Nobody can carry it, and it must not keep everybody else's from being carried.
            Err(error @ AppError::Machine { .. }) => {
                tracing::error!(order = row.order, %error, "it is not delivered");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

/// Makes deliveries, but not those that are there or whose order was called off meanwhile; answers
/// how many.
fn make(
    tx: &mut LaneTx<'_>,
    carried: &[Carried],
    common: bool,
    now: Micros,
    terms: &Terms,
) -> Result<usize, AppError> {
    let placed = if common {
        // Whoever calls an order off holds this lane too.
        let orders: Vec<&str> = carried.iter().map(|delivery| delivery.order.as_str()).collect();
        Some(order::all_kept(tx, &orders, Kept::Placed)?)
    } else {
        None
    };
    let names: Vec<&str> = carried.iter().map(|delivery| delivery.row.delivery.as_str()).collect();
    // A confirmed order that was announced twice in these lanes is made once.
    let mut known = dispatch::known(tx, &names)?;
    let missing = carried.iter().filter(|delivery| {
        placed.as_ref().is_none_or(|placed| placed.contains(&delivery.order))
            && known.insert(delivery.row.delivery.clone())
    });
    let begun: Vec<Begun<'_>> = missing.map(|delivery| begun(delivery, now)).collect();
    change::begin(tx, &begun, terms)?;
    Ok(begun.len())
}

fn begun(Carried { row, package, .. }: &Carried, now: Micros) -> Begun<'_> {
    let (at, actor) = (Micros(row.since_us), package.requested_by.clone());
    Begun { row, package, said: Said { to: Status::Requested, at, now, actor, reason: None } }
}

/// Calls off the deliveries of an order that is kept in another store than they are. What was not
/// handed over yet is made and called off at once, so that it never is.
pub(super) fn call_off(
    app: &App,
    market: &MarketId,
    row: &OrderRow,
    said: Said,
) -> Result<(), AppError> {
    let (terms, basket) = (terms_of(app, market)?, Basket::of(row)?);
    let all = carried(app, market, row, Micros(row.ordered_at_us))?;
    let row = row.clone();
    app.store.lane(&dispatch_lane(market)?, move |tx| {
        let known = claims::deliveries(tx, &row, &basket)?;
        rules::cancel(row.kept, claims::statuses(&known)).map_err(refused)?;
        let missing = all.iter().zip(&known).filter(|(_, known)| known.is_none());
        let missing: Vec<_> = missing.map(|(delivery, _)| begun(delivery, said.now)).collect();
        change::begin(tx, &missing, &terms)?;
        let made = claims::deliveries(tx, &row, &basket)?;
        claims::call_off(tx, made, &said, &terms)
    })
}

/// The deliveries of an order, one for each part.
fn carried(
    app: &App,
    market: &MarketId,
    row: &OrderRow,
    asked_at: Micros,
) -> Result<Vec<Carried>, AppError> {
    let (basket, customer) = (Basket::of(row)?, Customer::of(row)?);
    let parts = i64::try_from(basket.parts.len()).unwrap_or(i64::MAX).max(1);
    let rings = terms_of(app, market)?.rings;
    let mut all = Vec::with_capacity(basket.parts.len());
    for (place, part) in basket.parts.iter().enumerate() {
        let mut package = package(app, market, part, &customer)?;
        package.delivery = delivery_id(&row.order, place);
        package.requested_at_us = asked_at.0;
        package.requested_by.clone_from(&row.ordered_by);
        package.ready_at_us = asked_at.plus(super::picking_us(app, market)).0;
        // What does not divide goes to the soonest.
        let rest = i64::from((place as i64) < customer.tip_minor % parts);
        package.tip_minor = customer.tip_minor / parts + rest;
        let order = row.order.clone();
        all.push(Carried { row: request::row_of(&package, &rings), package, order });
    }
    Ok(all)
}

/// What a part is to whoever carries it.
fn package(
    app: &App,
    market: &MarketId,
    part: &PartKept,
    customer: &Customer,
) -> Result<PackageRow, AppError> {
    let origin = StopRow::from(part.origin.clone());
    let destination = StopRow::from(customer.destination.clone());
    let distance_m = request::way_m(app, market, origin.position, destination.position)?;
    Ok(PackageRow {
        delivery: String::new(),
        market: market.as_str().to_owned(),
        merchant: part.merchant_id.clone(),
        reference: customer.reference.clone(),
        origin,
        destination,
        size: PackageSize::default(),
        weight_g: part.weight_g.min(PACKAGE_WEIGHT_G_MAX),
        phone: customer.phone.clone(),
        phone_as_told: customer.phone_as_told.clone(),
        email: customer.email.clone(),
        instructions: customer.instructions.clone(),
        requested_at_us: 0,
        requested_by: String::new(),
        ready_at_us: 0,
        deliver_by_us: None,
        order_minor: part.goods_minor(),
        tip_minor: 0,
        distance_m,
    })
}
