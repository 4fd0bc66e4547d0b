//! A delivery comes to another state: the row, the step, the offers that end with it, and the
//! announcement, in one transaction.

use super::handing::{PROVIDER_ACTOR, PROVIDER_CONTRADICTS};
use super::told::{CompletionTold, DELIVERY, DeliveryTold, Wanted, announce};
use crate::error::AppError;
use doorstep_domain::dispatch::{Rings, Search, Status};
use doorstep_domain::time::Micros;
use doorstep_store::dispatch::{self, DispatchRow, step};
use doorstep_store::offer::{self, OfferState};
use doorstep_store::package::{self, PackageRow};
use doorstep_store::{LaneTx, StoreError};

/// What somebody says of a delivery.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    /// What it becomes.
    pub to: Status,
    /// When, by whoever says so.
    pub at: Micros,
    /// Now.
    pub now: Micros,
    /// Who says so, as it stands in the audit trail.
    pub actor: String,
    /// Why, in words.
    pub reason: Option<String>,
}

/// What a market lays down that changes depend on.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    /// How couriers are looked for.
    pub rings: Rings,
    /// ISO 4217.
    pub currency: String,
    /// Providers that a delivery may be handed to, in this order.
    pub hand_over: Vec<String>,
}

/// Who is to have it, and what else of theirs ends with that.
#[derive(Debug, Clone)]
pub(crate) struct Taker {
    /// Who.
    pub courier: String,
    /// Whether they carry all they may from now on.
    pub is_full: bool,
}

/// Lets a loaded delivery come to another state, which the domain has granted.
///
/// A time before its present state's is taken for that: clocks of phones drift, states do not go
/// back.
pub(crate) fn change(
    tx: &mut LaneTx<'_>,
    row: &mut DispatchRow,
    said: &Said,
    taker: Option<&Taker>,
    terms: &Terms,
) -> Result<(), AppError> {
    let package = package::load(tx, &row.delivery)?.ok_or(StoreError::NoRow)?;
    change_of(tx, row, &package, said, taker, terms)
}

/// The same, of a delivery whose package is at hand.
pub(super) fn change_of(
    tx: &mut LaneTx<'_>,
    row: &mut DispatchRow,
    package: &PackageRow,
    said: &Said,
    taker: Option<&Taker>,
    terms: &Terms,
) -> Result<(), AppError> {
    let had = row.courier.clone();
    let at = said.at.max(Micros(row.since_us));
    let was = row.status;
    move_on(row, said, at, taker, package, &terms.rings);
    let (freed, withdrawn) = end_offers(tx, row, had.as_deref(), said, taker)?;
    dispatch::save(tx, row)?;
    let mut told = told(row, package, had, (at, said), (freed, withdrawn), terms);
    told.withdraws = was == Status::Delivered;
    record(tx, &[(told, &said.actor)])
}

/// A delivery that was just asked for.
#[derive(Debug)]
pub(crate) struct Begun<'r> {
    /// How it stands.
    pub row: &'r DispatchRow,
    /// What is carried.
    pub package: &'r PackageRow,
    /// Who asked, and when.
    pub said: Said,
}

/// Deliveries that were just asked for: their first steps and announcements.
pub(crate) fn begin(
    tx: &mut LaneTx<'_>,
    begun: &[Begun<'_>],
    terms: &Terms,
) -> Result<(), AppError> {
    package::add(tx, begun.iter().map(|begun| begun.package))?;
    dispatch::add(tx, begun.iter().map(|begun| begun.row))?;
    let told = begun.iter().map(|Begun { row, package, said }| {
        let ended = (Vec::new(), Vec::new());
        (told(row, package, None, (said.at, said), ended, terms), said.actor.as_str())
    });
    record(tx, &told.collect::<Vec<_>>())
}

fn record(tx: &mut LaneTx<'_>, all: &[(DeliveryTold, &str)]) -> Result<(), AppError> {
    let steps = all.iter().map(|(told, actor)| step::StepRow {
        delivery: told.delivery_id.clone(),
        revision: told.revision,
        status: told.status,
        courier: told.courier_id.clone(),
        at_us: told.at.0,
        recorded_at_us: told.recorded_at.0,
        actor: (*actor).to_owned(),
        reason: told.reason.clone(),
    });
    step::add(tx, &steps.collect::<Vec<_>>())?;
    all.iter().try_for_each(|(told, _)| {
        let kind = format!("{DELIVERY}{}", told.status);
        announce(tx, &kind, &told.delivery_id, told, told.recorded_at)
    })
}

fn move_on(
    row: &mut DispatchRow,
    said: &Said,
    at: Micros,
    taker: Option<&Taker>,
    package: &PackageRow,
    rings: &Rings,
) {
    let was = std::mem::replace(&mut row.status, said.to);
    row.since_us = at.0;
    row.revision += 1;
    // What contradicts a decision is not settled by what other providers say next.
    let is_of_a_provider = said.actor.starts_with(PROVIDER_ACTOR);
    row.attention.take_if(|why| !is_of_a_provider || why != PROVIDER_CONTRADICTS);
    row.due_at_us = None;
    match said.to {
        Status::Requested => {
            row.courier = None;
            row.assigned_at_us = None;
            row.search_since_us = said.now.0;
            row.rings = 0;
            // With a provider it is not looked for by us.
            row.due_at_us = row
                .provider
                .is_none()
                .then(|| search(row, package).begins_at(rings).max(said.now).0);
        }
        Status::Assigned => {
            row.courier = taker.map(|taker| taker.courier.clone());
            row.assigned_at_us = Some(at.0);
            row.due_at_us = timer(row, said, rings);
        }
        Status::AtPickup | Status::PickedUp | Status::AtDropoff => {
            row.due_at_us = timer(row, said, rings);
        }
        // Whoever failed with the package has it still, until it is returned.
        Status::Failed if !was.is_before_pickup() => row.ended_at_us = None,
        Status::Failed | Status::Delivered | Status::Returned | Status::Cancelled => {
            row.ended_at_us = Some(said.now.0);
        }
    }
}

/// When a courier's silence is looked at; that of a provider is looked at elsewhere.
fn timer(row: &DispatchRow, said: &Said, rings: &Rings) -> Option<i64> {
    row.provider.is_none().then(|| said.now.plus(rings.silent_after_us).0)
}

/// The search for a courier, as the rules take it.
pub(super) fn search(row: &DispatchRow, package: &PackageRow) -> Search {
    Search {
        since: Micros(row.search_since_us),
        ready_at: Micros(package.ready_at_us),
        rings: u32::try_from(row.rings).unwrap_or(u32::MAX),
        standing: 0,
    }
}

/// Whose offers of it have ended, and which offers to its new courier have.
fn end_offers(
    tx: &mut LaneTx<'_>,
    row: &DispatchRow,
    had: Option<&str>,
    said: &Said,
    taker: Option<&Taker>,
) -> Result<(Vec<String>, Vec<String>), AppError> {
    let now_us = said.now.0;
    let mut withdrawn = Vec::new();
    if let Some(taker) = taker {
        offer::answer(tx, &row.delivery, &taker.courier, OfferState::Accepted, now_us)?;
        if taker.is_full {
            withdrawn = offer::withdraw_of_courier(tx, &taker.courier, now_us)?;
        }
    }
    if let (Status::Requested, Some(had)) = (said.to, had) {
        // Whoever gave it back, or was lost with it, is not asked for it again.
        offer::answer(tx, &row.delivery, had, OfferState::Declined, now_us)?;
    }
    let freed = offer::end_of_delivery(tx, &row.delivery, OfferState::Lost, now_us)?;
    Ok((freed, withdrawn))
}

fn told(
    row: &DispatchRow,
    package: &PackageRow,
    had: Option<String>,
    (at, said): (Micros, &Said),
    (freed, withdrawn): (Vec<String>, Vec<String>),
    terms: &Terms,
) -> DeliveryTold {
    let is_wanted = row.status == Status::Requested && row.provider.is_none();
    let wanted = is_wanted.then(|| {
        let due_at = Micros(row.due_at_us.unwrap_or(said.now.0));
        Wanted::of(package, Micros(row.search_since_us), due_at)
    });
    let completion =
        (row.status == Status::Delivered).then(|| completion(row, package, said.at, terms));
    DeliveryTold {
        delivery_id: row.delivery.clone(),
        market: row.market.clone(),
        merchant_id: row.merchant.clone(),
        reference: package.reference.clone(),
        status: row.status,
        revision: row.revision,
        courier_id: row.courier.clone().or(had),
        provider: row.provider.clone(),
        at,
        recorded_at: said.now,
        reason: said.reason.clone(),
        ended: row.ended_at_us.is_some(),
        freed,
        withdrawn,
        wanted,
        withdraws: false,
        completion,
    }
}

/// What is settled of a delivery that was delivered.
pub(super) fn completion(
    row: &DispatchRow,
    package: &PackageRow,
    at: Micros,
    terms: &Terms,
) -> CompletionTold {
    // What came back and had been delivered after all was delivered when they said so at first.
    let at = row.provider.is_some().then(|| at.max(Micros(package.requested_at_us)));

    CompletionTold {
        order_minor: package.order_minor,
        tip_minor: package.tip_minor,
        distance_m: package.distance_m,
        currency: terms.currency.clone(),
        at,
        cost_minor: row.fee_minor,
    }
}
