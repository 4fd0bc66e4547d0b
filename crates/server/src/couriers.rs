//! Couriers: registered once, each in one market for good, before their pings are taken.

mod allowance;
mod directory;
mod table;

pub use allowance::{Allowance, FULL_AGAIN_US, Rate};
pub use directory::{Directory, Known};
pub use table::Entry;

use crate::app::App;
use crate::dispatch::availability::{self, CardChange};
use crate::error::AppError;
use doorstep_domain::dispatch::{Phone, Vehicle};
use doorstep_domain::id::{CourierId, MarketId};
use doorstep_domain::time::Micros;
use doorstep_store::courier::card::{self, CardRow};
use doorstep_store::courier::{self, CourierRow};
use doorstep_store::{LaneId, LaneTx};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// A courier to be registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCourier {
    /// Who.
    #[schema(value_type = String)]
    pub courier_id: CourierId,
    /// The market they work in, for good.
    #[schema(value_type = String)]
    pub market: MarketId,
    /// As customers are told its first word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub phone: Option<Phone>,
    /// `foot`, `bicycle`, `scooter`, `car` or `van`; `car` where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub vehicle: Option<Vehicle>,
    /// Deliveries carried at once, 1 to 50; 1 where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<i64>,
}

impl NewCourier {
    /// A courier of whom nothing else is known.
    pub fn new(courier_id: CourierId, market: MarketId) -> NewCourier {
        let (name, phone, vehicle, capacity) = (None, None, None, None);
        NewCourier { courier_id, market, name, phone, vehicle, capacity }
    }

    fn card(&self) -> CardChange {
        let NewCourier { name, phone, vehicle, capacity, .. } = self.clone();
        CardChange { name, phone, vehicle, capacity }
    }
}

/// A registered courier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CourierView {
    /// Who.
    pub courier_id: String,
    /// The market they work in.
    pub market: String,
    /// Since when, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub registered_at: Micros,
    /// As customers are told its first word.
    pub name: Option<String>,
    /// E.164.
    pub phone: Option<String>,
    /// What they travel with.
    #[schema(value_type = String)]
    pub vehicle: Vehicle,
    /// Deliveries carried at once.
    pub capacity: i64,
    /// Whether they are offered deliveries now.
    pub online: bool,
}

impl CourierView {
    fn of(row: CourierRow, card: CardRow) -> CourierView {
        CourierView {
            courier_id: row.courier,
            market: row.market,
            registered_at: Micros(row.registered_at_us),
            name: card.name,
            phone: card.phone,
            vehicle: card.vehicle,
            capacity: card.capacity,
            online: card.online,
        }
    }
}

/// Why somebody was not registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotRegistered {
    /// Which of those asked for, counted from 0.
    pub index: usize,
    /// Machine-readable kind.
    pub code: &'static str,
    /// JSON pointer to the field at fault.
    pub pointer: String,
    /// Why, for a person.
    pub reason: String,
}

/// What became of those who were to be registered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registered {
    /// How many are registered now and were not before.
    pub new: u64,
    /// How many were registered already, in that market.
    pub known: u64,
    /// Who is not, in the order asked.
    pub refused: Vec<NotRegistered>,
}

/// Registers couriers; whoever is registered already, in the same market, stays as they are.
pub fn register(app: &App, couriers: &[NewCourier]) -> Result<Registered, AppError> {
    let mut registered = Registered::default();
    let now = app.clock.now();
    let (mut rows, mut places) = (Vec::new(), Vec::new());
    for (index, new) in couriers.iter().enumerate() {
        if let Err(AppError::Invalid { pointer, reason }) = new.card().check() {
            let code = "invalid";
            registered.refused.push(NotRegistered { index, code, pointer, reason });
        } else if app.markets.contains_key(&new.market) {
            rows.push(CourierRow {
                courier: new.courier_id.as_str().to_owned(),
                market: new.market.as_str().to_owned(),
                registered_at_us: now.0,
            });
            places.push(index);
        } else {
            let reason = format!("{:?} is not a configured market", new.market.as_str());
            let (code, pointer) = ("unknown_market", "/market".to_owned());
            registered.refused.push(NotRegistered { index, code, pointer, reason });
        }
    }
    let asked = rows.clone();
    let (new, kept) = app.store.lane(&lane()?, move |tx| keep(tx, &asked))?;
    app.couriers.learn(&kept);
    registered.new = new;
    let mut cards = Vec::new();
    for ((index, asked), kept) in places.into_iter().zip(&rows).zip(&kept) {
        if asked.market != kept.market {
            registered.refused.push(elsewhere(index, asked, kept));
        } else if !couriers[index].card().is_empty() {
            cards.push((couriers[index].courier_id.clone(), couriers[index].card()));
        }
    }
    availability::change_cards(app, cards)?;
    registered.known = (couriers.len() - registered.refused.len()) as u64 - registered.new;
    registered.refused.sort_unstable_by_key(|refused| refused.index);
    Ok(registered)
}

/// One courier. Errors: [`AppError::NotFound`].
pub fn show(app: &App, courier: &str) -> Result<CourierView, AppError> {
    let found = app.store.read(|tx| {
        let row = courier::by_id(tx, courier)?;
        Ok::<_, AppError>(row.zip(card::load(tx, courier)?))
    })?;
    let unknown = || AppError::NotFound { what: "courier", id: courier.to_owned() };
    found.map(|(row, card)| CourierView::of(row, card)).ok_or_else(unknown)
}

/// Registered couriers behind `after`, by id, of one market or of all; at most `limit`.
pub fn list(
    app: &App,
    market: Option<&MarketId>,
    after: &str,
    limit: u32,
) -> Result<Vec<CourierView>, AppError> {
    if let Some(market) = market {
        app.market(market.as_str())?;
    }
    let market = market.map(MarketId::as_str);
    app.store.read(|tx| {
        let mut views = Vec::new();
        for row in courier::page(tx, market, after, limit)? {
            let card = card::load(tx, &row.courier)?;
            views.extend(card.map(|card| CourierView::of(row, card)));
        }
        Ok(views)
    })
}

/// Adds rows; how many were new, and what is kept of each, in their order.
fn keep(tx: &mut LaneTx<'_>, rows: &[CourierRow]) -> Result<(u64, Vec<CourierRow>), AppError> {
    let new = courier::add(tx, rows)?;
    if new == rows.len() as u64 {
        return Ok((new, rows.to_vec()));
    }
    let mut found: HashMap<&str, CourierRow> = HashMap::new();
    let mut kept = Vec::with_capacity(rows.len());
    for row in rows {
        if !found.contains_key(row.courier.as_str()) {
            // It is there: it was, or has just been added.
            let stored = courier::by_id(tx, &row.courier)?;
            found.insert(&row.courier, stored.unwrap_or_else(|| row.clone()));
        }
        kept.extend(found.get(row.courier.as_str()).cloned());
    }
    Ok((new, kept))
}

fn elsewhere(index: usize, asked: &CourierRow, kept: &CourierRow) -> NotRegistered {
    let reason = format!(
        "{:?} belongs to market {} since {} and cannot move to {}",
        kept.courier,
        kept.market,
        Micros(kept.registered_at_us),
        asked.market
    );
    let (code, pointer) = ("courier_elsewhere", "/market".to_owned());
    NotRegistered { index, code, pointer, reason }
}

/// Couriers are registered one request after another.
fn lane() -> Result<LaneId, AppError> {
    Ok(LaneId::new("couriers")?)
}
