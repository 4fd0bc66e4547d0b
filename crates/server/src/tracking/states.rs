//! What couriers are doing, for the map: carrying, online without anything, or offline.
//!
//! The store knows; the live map is told. At the start of everybody, afterwards of those whom the
//! accountant has touched.

use super::notices::Notices;
use crate::accounting::Batch;
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::delivery::{self, FactSet};
use doorstep_domain::event::{Event, EventBody, Step};
use doorstep_domain::id::MarketId;
use doorstep_domain::limits::OPEN_INTERVAL_US_MAX;
use doorstep_domain::market::Market;
use doorstep_domain::time::Micros;
use doorstep_live::CourierState;
use doorstep_store::{Tx, delivery as kept, presence};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Couriers whose state is read in one go at the start.
const COURIERS_AT_ONCE: u32 = 1_024;

/// How states get from the store to the map: whoever reads one sets it before the next is read,
/// or an older reading could be set over a newer one.
#[derive(Debug, Default)]
pub struct States {
    /// Nobody looks at the map of a process without a tracker.
    wanted: AtomicBool,
    one_at_a_time: Mutex<()>,
}

/// The markets' deliveries and couriers that a run of events is about.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Touched {
    deliveries: BTreeMap<MarketId, BTreeSet<String>>,
    couriers: BTreeMap<MarketId, BTreeSet<String>>,
}

impl Touched {
    /// Whom a batch is about.
    pub fn by(batch: &Batch) -> Touched {
        let mut touched = Touched::default();
        for told in &batch.told {
            touched.add(&told.event);
        }
        touched
    }

    fn add(&mut self, event: &Event) {
        match &event.body {
            EventBody::Presence { courier, .. } => {
                let couriers = self.couriers.entry(event.market.clone()).or_default();
                couriers.insert(courier.as_str().to_owned());
            }
            EventBody::Delivery { delivery, .. } => {
                let deliveries = self.deliveries.entry(event.market.clone()).or_default();
                deliveries.insert(delivery.as_str().to_owned());
            }
        }
    }
}

impl States {
    /// Whether there is a map to be told: once [`States::load`] has begun.
    pub fn are_wanted(&self) -> bool {
        self.wanted.load(Ordering::Acquire)
    }

    /// Tells the map and the board what the accountant has just committed.
    pub fn follow(&self, app: &App, touched: &Touched, notices: &Notices) -> Result<(), AppError> {
        notices.post(touched.deliveries.values().flatten().map(String::as_str));
        let _one = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        let markets: BTreeSet<&MarketId> =
            touched.deliveries.keys().chain(touched.couriers.keys()).collect();
        let states = app.store.read(|tx| {
            let mut states = Vec::new();
            for market in markets {
                let Some(market) = app.markets.get(market) else {
                    continue;
                };
                for courier in couriers_of(tx, market, touched)? {
                    let state = state_of(tx, market, &courier, app.clock.now())?;
                    states.push((courier, state));
                }
            }
            Ok::<_, AppError>(states)
        })?;
        for (courier, state) in states {
            app.live.set_state(&courier, state);
        }
        Ok(())
    }

    /// Tells the map about every registered courier; from here on it is kept up to date.
    /// `stopped` ends it early.
    pub fn load(&self, app: &App, stopped: &dyn Fn() -> bool) -> Result<(), AppError> {
        self.wanted.store(true, Ordering::Release);
        for market in app.markets.values() {
            let mut after = String::new();
            while !stopped() {
                let _one = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
                let states = app.store.read(|tx| page(tx, market, &after, app.clock.now()))?;
                let Some((last, _)) = states.last() else {
                    break;
                };
                last.clone_into(&mut after);
                for (courier, state) in states {
                    app.live.set_state(&courier, state);
                }
            }
        }
        Ok(())
    }
}

fn page(
    tx: &mut dyn Tx,
    market: &Market,
    after: &str,
    now: Micros,
) -> Result<Vec<(String, CourierState)>, AppError> {
    // Set by set: a million couriers asked for one by one took a core for half a minute.
    let id = market.id.as_str();
    let told = presence::newest_of_registered(tx, id, after, COURIERS_AT_ONCE)?;
    let Some((last, _)) = told.last() else {
        return Ok(Vec::new());
    };
    let mut carrying = BTreeSet::new();
    for courier in kept::open_couriers(tx, id, after, last)? {
        if carries(tx, market, &courier, now)? {
            carrying.insert(courier);
        }
    }
    let state = |(courier, online): (String, Option<bool>)| {
        let carries = carrying.contains(&courier);
        (courier, if carries { CourierState::Carrying } else { present(online) })
    };
    Ok(told.into_iter().map(state).collect())
}

/// The couriers that touched deliveries name, now or earlier, and those that came or went.
///
/// Whom a delivery was taken from may stand in an earlier fact only: all of them are looked at.
fn couriers_of(
    tx: &mut dyn Tx,
    market: &Market,
    touched: &Touched,
) -> Result<BTreeSet<String>, AppError> {
    let mut couriers = touched.couriers.get(&market.id).cloned().unwrap_or_default();
    let deliveries: Vec<&str> =
        touched.deliveries.get(&market.id).into_iter().flatten().map(String::as_str).collect();
    for facts in kept::load(tx, market.id.as_str(), &deliveries)?.values() {
        couriers.extend(named_in(facts));
    }
    Ok(couriers)
}

fn named_in(facts: &FactSet) -> impl Iterator<Item = String> {
    let courier = |step: &Step| match step {
        Step::Assigned(courier) | Step::PickedUp(courier) => Some(courier.as_str().to_owned()),
        Step::Delivered(completion) => {
            completion.carrier.courier().map(|courier| courier.as_str().to_owned())
        }
        _ => None,
    };
    facts.iter().filter_map(move |fact| courier(&fact.step))
}

/// What a courier is doing, by what the store knows.
fn state_of(
    tx: &mut dyn Tx,
    market: &Market,
    courier: &str,
    now: Micros,
) -> Result<CourierState, AppError> {
    if carries(tx, market, courier, now)? {
        return Ok(CourierState::Carrying);
    }
    Ok(present(presence::newest(tx, market.id.as_str(), courier)?))
}

fn carries(tx: &mut dyn Tx, market: &Market, courier: &str, now: Micros) -> Result<bool, AppError> {
    let open = kept::open_of_courier(tx, market.id.as_str(), courier)?;
    Ok(open.into_iter().any(|(_, facts)| {
        let attempt = delivery::fold(&facts, market.rules(), None).open;
        let since = attempt.and_then(|attempt| attempt.picked_up.or(attempt.assigned));
        // What was never ended is abandoned, not carried.
        since.is_some_and(|since| now.0.saturating_sub(since.0) <= OPEN_INTERVAL_US_MAX)
    }))
}

fn present(online: Option<bool>) -> CourierState {
    match online {
        Some(false) => CourierState::Offline,
        // Whoever sends pings and was never told of is there.
        Some(true) | None => CourierState::default(),
    }
}
