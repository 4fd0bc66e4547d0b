//! Couriers' cards, and whether they work now.

use super::told::{self, COURIER, CourierTold};
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::dispatch::{Phone, Vehicle};
use doorstep_domain::id::{CourierId, MarketId};
use doorstep_domain::limits;
use doorstep_domain::time::Micros;
use doorstep_store::courier::card::{self, CardRow};
use doorstep_store::{LaneTx, offer};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What is to change on a courier's card; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CardChange {
    /// As customers are told its first word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub phone: Option<Phone>,
    /// `foot`, `bicycle`, `scooter`, `car` or `van`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub vehicle: Option<Vehicle>,
    /// Deliveries carried at once, 1 to 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<i64>,
}

/// Whether a courier works now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AvailabilityView {
    /// Who.
    pub courier_id: String,
    /// Whether they do.
    pub online: bool,
    /// Since when, RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Micros>,
}

impl CardChange {
    /// Whether anything is to change.
    pub fn is_empty(&self) -> bool {
        *self == CardChange::default()
    }

    /// Errors: [`AppError::Invalid`] of the first field that cannot be.
    pub fn check(&self) -> Result<(), AppError> {
        if let Some(capacity) = self.capacity
            && !(1..=limits::COURIER_CAPACITY_MAX).contains(&capacity)
        {
            let most = limits::COURIER_CAPACITY_MAX;
            let reason = format!("{capacity} is not within 1 and {most}");
            return Err(AppError::invalid("/capacity", reason));
        }
        if let Some(name) = &self.name {
            super::words("/name", name)?;
        }
        Ok(())
    }

    fn write(&self, card: &mut CardRow) {
        if let Some(name) = &self.name {
            card.name = Some(name.clone());
        }
        if let Some(phone) = &self.phone {
            card.phone = Some(phone.as_str().to_owned());
        }
        card.vehicle = self.vehicle.unwrap_or(card.vehicle);
        card.capacity = self.capacity.unwrap_or(card.capacity);
    }
}

/// Changes a courier's card. Errors: no such courier; a field that cannot be.
pub fn change_card(
    app: &App,
    courier: &CourierId,
    change: &CardChange,
) -> Result<CardRow, AppError> {
    change.check()?;
    let change = change.clone();
    update(app, courier, move |card, _| change.write(card))
}

/// Cards changed in one command for each market.
const CARDS_AT_ONCE: usize = 1_000;

/// Changes many couriers' cards, which have been checked; whoever is not known is passed over.
pub(crate) fn change_cards(
    app: &App,
    changes: Vec<(CourierId, CardChange)>,
) -> Result<(), AppError> {
    let mut by_market: BTreeMap<MarketId, Vec<(CourierId, CardChange)>> = BTreeMap::new();
    for (courier, change) in changes {
        if let Some(market) = app.couriers.market_of(courier.as_str()).cloned() {
            by_market.entry(market).or_default().push((courier, change));
        }
    }
    let now = app.clock.now();
    for (market, changes) in by_market {
        for some in changes.chunks(CARDS_AT_ONCE) {
            let some = some.to_vec();
            app.store.lane(&super::dispatch_lane(&market)?, move |tx| {
                for (courier, change) in &some {
                    if let Some(before) = card::load(tx, courier.as_str())? {
                        write(tx, before, &|card, _| change.write(card), now)?;
                    }
                }
                Ok::<_, AppError>(())
            })?;
        }
        app.dispatch.ring(&market);
    }
    Ok(())
}

/// Says whether a courier works from now on; saying it again changes nothing.
pub fn set_online(
    app: &App,
    courier: &CourierId,
    online: bool,
) -> Result<AvailabilityView, AppError> {
    let card = update(app, courier, move |card, now| {
        if card.online != online {
            card.online = online;
            card.online_since_us = Some(now.0);
        }
    })?;
    Ok(AvailabilityView {
        courier_id: card.courier,
        online: card.online,
        since: card.online_since_us.map(Micros),
    })
}

/// A courier's card. Errors: no such courier.
pub fn card_of(app: &App, courier: &str) -> Result<CardRow, AppError> {
    let found = app.store.read(|tx| card::load(tx, courier).map_err(AppError::from))?;
    found.ok_or_else(|| AppError::NotFound { what: "courier", id: courier.to_owned() })
}

/// What a courier is called; none also where nobody has registered them.
pub fn name_of(app: &App, courier: &CourierId) -> Result<Option<String>, AppError> {
    let card = app.store.read(|tx| card::load(tx, courier.as_str()).map_err(AppError::from))?;
    Ok(card.and_then(|card| card.name))
}

fn update(
    app: &App,
    courier: &CourierId,
    change: impl Fn(&mut CardRow, Micros) + Send + 'static,
) -> Result<CardRow, AppError> {
    let market = card_of(app, courier.as_str())?.market;
    let market = app.market(&market)?.id.clone();
    let (id, now) = (courier.as_str().to_owned(), app.clock.now());
    let card = app.store.lane(&super::dispatch_lane(&market)?, move |tx| {
        let before = card::load(tx, &id)?
            .ok_or_else(|| AppError::NotFound { what: "courier", id: id.clone() })?;
        write(tx, before, &change, now)
    })?;
    app.dispatch.ring(&market);
    Ok(card)
}

fn write(
    tx: &mut LaneTx<'_>,
    before: CardRow,
    change: &dyn Fn(&mut CardRow, Micros),
    now: Micros,
) -> Result<CardRow, AppError> {
    let mut after = before.clone();
    change(&mut after, now);
    if after != before {
        card::save(tx, &after)?;
        tell(tx, &before, &after, now)?;
    }
    Ok(after)
}

fn tell(
    tx: &mut LaneTx<'_>,
    before: &CardRow,
    after: &CardRow,
    now: Micros,
) -> Result<(), AppError> {
    let withdrawn = match after.online {
        true => Vec::new(),
        // Whoever goes is not waited for.
        false => offer::withdraw_of_courier(tx, &after.courier, now.0)?,
    };
    let told = CourierTold {
        courier_id: after.courier.clone(),
        online: after.online,
        since: Micros(after.online_since_us.unwrap_or(now.0)),
        availability_changed: before.online != after.online,
        vehicle: after.vehicle,
        capacity: after.capacity,
        withdrawn,
    };
    told::announce(tx, COURIER, &after.courier, &told, now)
}
