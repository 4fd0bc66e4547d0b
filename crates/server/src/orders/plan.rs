//! From where an order could be filled, by what memory knows: which lanes it is decided in.
//!
//! Nothing of it is trusted: the rows are read in the lanes, and where memory was wrong the order
//! is decided once more, in the lanes of every centre that may fill it.

use super::ask::{Asker, NewOrder, Way, check};
use super::kept::{Customer, ORDER, Stop, written};
use crate::app::App;
use crate::dispatch::request;
use crate::error::AppError;
use crate::keys::random_hex;
use crate::stock::{Center, Item, Reached};
use doorstep_domain::dispatch::Phone;
use doorstep_domain::id::MarketId;
use doorstep_domain::limits::ORDER_CENTERS_MAX;
use doorstep_domain::order::{OnShortage, Shelf, allocate};
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_domain::tracking::Position;
use doorstep_store::LaneId;
use std::sync::Arc;

/// An order as far as it can be known before it is decided.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Its name, should it be placed.
    pub order: String,
    /// Where.
    pub market: MarketId,
    /// Who asks.
    pub asker: Asker,
    /// For whom, as it is kept.
    pub customer: Vec<u8>,
    /// What.
    pub lines: Vec<Wanted>,
    /// What the customer allows.
    pub on_shortage: OnShortage,
    /// The open centres it may be filled from, the soonest first.
    pub centers: Vec<Reached>,
    /// Until when it is held, where it is a reservation.
    pub reserved_until: Option<Micros>,
    /// Now.
    pub now: Micros,
}

/// Units of an item that somebody wants.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Which.
    pub item: Arc<Item>,
    /// Units.
    pub quantity: i64,
    /// What one is expected to cost.
    pub price_asked: Option<i64>,
    /// What one costs as far as memory knows.
    pub price_minor: i64,
}

/// Over which of its centres an order is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    /// Their places in the plan, the soonest first.
    pub centers: Vec<usize>,
    /// Whether what is decided over these stands.
    pub is_last: bool,
}

impl Plan {
    /// The centres that memory would take it from; all of them where it knows of none.
    pub(crate) fn likely(&self, app: &App) -> Scope {
        // The soonest that has everything is what it comes to, whatever the customer allows: mostly
        // the first, and nobody needs to be asked about the others.
        let has = |reached: &Reached, wanted: &Wanted| {
            app.stock.hint(reached.center.center_no, wanted.item.item_no) >= wanted.quantity
        };
        let has_all = |reached: &Reached| self.lines.iter().all(|wanted| has(reached, wanted));
        if let Some(place) = self.centers.iter().position(has_all) {
            return Scope { centers: vec![place], is_last: self.centers.len() == 1 };
        }
        let shelf = |center: &Center, wanted: &Wanted| Shelf {
            quantity: app.stock.hint(center.center_no, wanted.item.item_no),
            oversell_max: wanted.item.oversell_max,
        };
        let shelves = |reached: &Reached| -> Vec<Shelf> {
            self.lines.iter().map(|wanted| shelf(&reached.center, wanted)).collect()
        };
        let centers: Vec<Vec<Shelf>> = self.centers.iter().map(shelves).collect();
        match allocate(&self.quantities(), &centers, self.on_shortage) {
            Ok(found) if found.missing.iter().all(|missing| *missing == 0) => {
                let centers: Vec<usize> = found.parts.iter().map(|part| part.center).collect();
                let is_last = centers.len() == self.centers.len();
                Scope { centers, is_last }
            }
            _ => self.everywhere(),
        }
    }

    /// Every centre it may be filled from: what is decided there stands.
    pub(crate) fn everywhere(&self) -> Scope {
        Scope { centers: (0..self.centers.len()).collect(), is_last: true }
    }

    /// The lanes in which it is decided.
    pub(crate) fn lanes(&self, scope: &Scope) -> Vec<LaneId> {
        scope.centers.iter().map(|place| self.centers[*place].center.lane.clone()).collect()
    }

    /// Units of each line.
    pub(crate) fn quantities(&self) -> Vec<i64> {
        self.lines.iter().map(|wanted| wanted.quantity).collect()
    }
}

/// Plans an order. It may block.
///
/// Errors: [`AppError::Invalid`] of the first field that cannot be; [`AppError::Refused`]
/// `out_of_reach` or `closed`.
pub(crate) fn plan(app: &App, new: &NewOrder, asker: Asker, way: Way) -> Result<Plan, AppError> {
    let (market, phone) = check(app, new, way)?;
    let now = app.clock.now();
    let lines = lines(app, &market, new)?;
    let destination =
        request::stop(app, &market, "/destination_address", &new.destination_address)?;
    let centers = centers(app, &market, (new, &asker), destination.position, now)?;
    let hold_us = super::hold_us(app, &market);
    let held_us =
        new.hold_seconds.map_or(hold_us, |seconds| seconds.saturating_mul(SECOND_US).min(hold_us));
    Ok(Plan {
        order: new_id(now)?,
        market,
        asker,
        customer: written(&customer(new, &phone, Stop::from(&destination)))?,
        lines,
        on_shortage: new.on_shortage,
        centers,
        reserved_until: (way == Way::Reservation).then(|| now.plus(held_us)),
        now,
    })
}

fn customer(new: &NewOrder, phone: &Phone, destination: Stop) -> Customer {
    Customer {
        phone: phone.as_str().to_owned(),
        phone_as_told: new.customer.phone.clone(),
        email: new.customer.email.clone(),
        name: new.customer.name.clone(),
        destination,
        instructions: new.instructions.clone(),
        reference: new.reference.clone(),
        tip_minor: new.tip_minor,
    }
}

fn lines(app: &App, market: &MarketId, new: &NewOrder) -> Result<Vec<Wanted>, AppError> {
    let wanted = |(place, line): (usize, &super::ask::NewLine)| {
        let found = app.stock.item(market, line.item_id.as_str());
        let found = found.and_then(|item| Some((item.price_minor(market)?, item)));
        let (price_minor, item) = found.ok_or_else(|| {
            let reason = format!("{} is not sold in {market}", line.item_id);
            AppError::invalid(format!("/lines/{place}/item_id"), reason)
        })?;
        Ok(Wanted { item, quantity: line.quantity, price_asked: line.price_minor, price_minor })
    };
    new.lines.iter().enumerate().map(wanted).collect()
}

/// The open centres that reach the place and may be asked, the soonest first.
fn centers(
    app: &App,
    market: &MarketId,
    (new, asker): (&NewOrder, &Asker),
    to: Position,
    now: Micros,
) -> Result<Vec<Reached>, AppError> {
    for (place, center) in new.centers.iter().flatten().enumerate() {
        let known = app.stock.center(center.as_str());
        if known.is_none_or(|known| known.market != *market) {
            let reason = format!("{center} is no centre of {market}");
            return Err(AppError::invalid(format!("/centers/{place}"), reason));
        }
    }
    let may_be_asked = |reached: &Reached| {
        let center = &reached.center;
        let is_named = new.centers.as_ref().is_none_or(|only| only.contains(&center.id));
        is_named && asker.merchant.as_ref().is_none_or(|theirs| *theirs == center.merchant)
    };
    let refused = |code, reason: &str| AppError::Refused { code, reason: reason.to_owned() };
    let mut centers = app.stock.reaching(app, market, to, now)?;
    centers.retain(may_be_asked);
    if centers.is_empty() {
        return Err(refused("out_of_reach", "no centre reaches this place in time"));
    }
    centers.retain(|reached| reached.is_open);
    if centers.is_empty() {
        return Err(refused("closed", "the centres that reach this place are closed now"));
    }
    centers.truncate(ORDER_CENTERS_MAX);
    Ok(centers)
}

/// A name that sorts by time: 48 bits of milliseconds and 64 of chance, in hexadecimal digits.
fn new_id(now: Micros) -> Result<String, AppError> {
    Ok(format!("{ORDER}{:012x}{}", now.0 / 1_000, random_hex::<8>()?))
}
