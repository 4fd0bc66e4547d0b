//! Claims on a delivery: accept, decline, what its courier says of it, calling it off.
//!
//! Each is decided in the lane of its market, on what is loaded there: the first one has it.

use super::change::{self, Said, Taker, Terms};
use super::told::OffersTold;
use super::{metric, terms_of};
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::dispatch::claim::{self, Claimant, Outcome, Refusal, Standing};
use doorstep_domain::dispatch::{Package, Status};
use doorstep_domain::id::{CourierId, MarketId};
use doorstep_domain::limits;
use doorstep_domain::time::Micros;
use doorstep_store::courier::card;
use doorstep_store::dispatch::{self, DispatchRow, step};
use doorstep_store::offer::{self, OfferState};
use doorstep_store::{LaneTx, StoreError, package};

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The delivery as it is now.
    pub row: DispatchRow,
    /// Whether it was so before.
    pub repeated: bool,
}

/// What somebody says of a delivery.
#[derive(Debug, Clone)]
pub struct Saying {
    /// What it becomes.
    pub status: Status,
    /// When; now where left out.
    pub at: Option<Micros>,
    /// Why, in words.
    pub reason: Option<String>,
    /// Its courier, who must be the one who has it; `None` where an operator speaks.
    pub courier: Option<CourierId>,
    /// Who says so, as it stands in the audit trail.
    pub actor: String,
}

/// A courier takes a delivery on: the first one has it, for good (C4).
///
/// Errors: [`AppError::Refused`] by the codes of [`Refusal`]; no such delivery or courier.
pub fn accept(
    app: &App,
    delivery: &str,
    courier: &CourierId,
    actor: &str,
) -> Result<Claimed, AppError> {
    let (taker, by) = (courier.clone(), actor.to_owned());
    let claimed = in_lane(app, delivery, move |tx, mut row, terms, now| {
        let claimant = claimant(tx, &taker, &row.market)?;
        let package = package::load(tx, &row.delivery)?.ok_or(StoreError::NoRow)?;
        let kept = Package { size: package.size, weight_g: package.weight_g };
        if claim::accept(&standing(&row), &kept, &claimant).map_err(refused)? == Outcome::Repeated {
            return Ok(Claimed { row, repeated: true });
        }
        let is_full = claimant.carried + 1 >= claimant.capacity;
        let taker = Taker { courier: taker.as_str().to_owned(), is_full };
        let said = Said { to: Status::Assigned, at: now, now, actor: by.clone(), reason: None };
        change::change_of(tx, &mut row, &package, &said, Some(&taker), terms)?;
        Ok(Claimed { row, repeated: false })
    });
    metric::answered(&claimed);
    claimed
}

/// A courier does not want a delivery, and is not asked again. Errors: no such delivery or courier.
pub fn decline(app: &App, delivery: &str, courier: &CourierId) -> Result<Claimed, AppError> {
    let decliner = courier.clone();
    let declined = in_lane(app, delivery, move |tx, row, _, now| {
        claimant(tx, &decliner, &row.market)?;
        if row.courier.as_deref() == Some(decliner.as_str()) {
            // Whoever has it gives it back, which is another claim.
            let reason = "the courier has it; give it back with the status requested".to_owned();
            return Err(AppError::Refused { code: "already_assigned", reason });
        }
        if row.status == Status::Requested {
            let name = decliner.as_str();
            offer::answer(tx, &row.delivery, name, OfferState::Declined, now.0)?;
            announce_declined(tx, &row, name, now)?;
        }
        Ok(Claimed { row, repeated: false })
    });
    if declined.is_ok() {
        metric::offers("declined", 1);
    }
    declined
}

/// What a courier, or an operator, says has become of a delivery (C5).
///
/// Errors: [`AppError::Refused`] by the codes of [`Refusal`]; a time that cannot be.
pub fn advance(app: &App, delivery: &str, saying: &Saying) -> Result<Claimed, AppError> {
    let saying = saying.clone();
    in_lane(app, delivery, move |tx, mut row, terms, now| {
        let at = told_at(saying.at, now)?;
        let has_been = match row.status.may_become(saying.status) {
            true => false,
            false => has_been(tx, &row, saying.status)?,
        };
        let granted =
            claim::advance(&standing(&row), saying.status, saying.courier.as_ref(), has_been);
        if granted.map_err(refused)? == Outcome::Repeated {
            return Ok(Claimed { row, repeated: true });
        }
        let said = Said {
            to: saying.status,
            at,
            now,
            actor: saying.actor.clone(),
            reason: saying.reason.clone(),
        };
        change::change(tx, &mut row, &said, None, terms)?;
        Ok(Claimed { row, repeated: false })
    })
}

/// Calls a delivery off, until somebody has the package.
pub fn cancel(
    app: &App,
    delivery: &str,
    reason: Option<String>,
    actor: &str,
) -> Result<Claimed, AppError> {
    let actor = actor.to_owned();
    in_lane(app, delivery, move |tx, mut row, terms, now| {
        if claim::cancel(&standing(&row)).map_err(refused)? == Outcome::Repeated {
            return Ok(Claimed { row, repeated: true });
        }
        let (to, actor, reason) = (Status::Cancelled, actor.clone(), reason.clone());
        let said = Said { to, at: now, now, actor, reason };
        change::change(tx, &mut row, &said, None, terms)?;
        Ok(Claimed { row, repeated: false })
    })
}

/// Takes a delivery from its courier, as it stood when it was looked at, and lets it be offered
/// again (C13). Somebody who has spoken meanwhile keeps it.
pub(super) fn rescue(
    app: &App,
    delivery: &str,
    revision: i64,
    reason: &'static str,
) -> Result<Claimed, AppError> {
    in_lane(app, delivery, move |tx, mut row, terms, now| {
        let may = row.revision == revision && row.status.may_become(Status::Requested);
        if !may {
            return Err(refused(Refusal::Changed));
        }
        let (actor, reason) = ("matcher".to_owned(), Some(reason.to_owned()));
        let said = Said { to: Status::Requested, at: now, now, actor, reason };
        change::change(tx, &mut row, &said, None, terms)?;
        Ok(Claimed { row, repeated: false })
    })
}

/// A refusal as it is answered.
pub(super) fn refused(refusal: Refusal) -> AppError {
    AppError::Refused { code: refusal.code(), reason: refusal.to_string() }
}

/// Runs a claim on a delivery in the lane of its market, and rings there.
pub(super) fn in_lane(
    app: &App,
    delivery: &str,
    claim: impl Fn(&mut LaneTx<'_>, DispatchRow, &Terms, Micros) -> Result<Claimed, AppError>
    + Send
    + 'static,
) -> Result<Claimed, AppError> {
    let market = market_of(app, delivery)?;
    let (id, terms, now) = (delivery.to_owned(), terms_of(app, &market)?, app.clock.now());
    let here = market.as_str().to_owned();
    let claimed = app.store.lane(&super::dispatch_lane(&market)?, move |tx| {
        let row = dispatch::load(tx, &id)?.filter(|row| row.market == here);
        claim(tx, row.ok_or_else(|| unknown(&id))?, &terms, now)
    })?;
    app.dispatch.ring(&market);
    Ok(claimed)
}

/// Whose lane decides about a delivery; where there is one market, it is not looked up.
fn market_of(app: &App, delivery: &str) -> Result<MarketId, AppError> {
    let mut markets = app.markets.keys();
    if let (Some(only), None) = (markets.next(), markets.next()) {
        return Ok(only.clone());
    }
    let row = app.store.read(|tx| dispatch::load(tx, delivery).map_err(AppError::from))?;
    let market = row.and_then(|row| row.market.parse().ok());
    market.ok_or_else(|| unknown(delivery))
}

fn unknown(delivery: &str) -> AppError {
    AppError::NotFound { what: "delivery", id: delivery.to_owned() }
}

fn standing(row: &DispatchRow) -> Standing {
    Standing {
        status: row.status,
        // What was kept was an identifier when it came in.
        courier: row.courier.as_ref().and_then(|courier| courier.parse().ok()),
        is_handed_over: row.provider.is_some(),
        since: Micros(row.since_us),
    }
}

/// Who claims, as the lane knows them. Errors: nobody of that name in the market.
pub(super) fn claimant(
    tx: &mut LaneTx<'_>,
    courier: &CourierId,
    market: &str,
) -> Result<Claimant, AppError> {
    let card = card::load(tx, courier.as_str())?.filter(|card| card.market == market);
    let card = card.ok_or_else(|| AppError::NotFound {
        what: "courier of this market",
        id: courier.as_str().to_owned(),
    })?;
    Ok(Claimant {
        courier: courier.clone(),
        is_online: card.online,
        vehicle: card.vehicle,
        capacity: card.capacity,
        carried: dispatch::carried_count(tx, courier.as_str())?,
    })
}

/// Whether it has been in a state since its courier took it on.
fn has_been(tx: &mut LaneTx<'_>, row: &DispatchRow, status: Status) -> Result<bool, StoreError> {
    let steps = step::of(tx, &row.delivery)?;
    let since_assigned = steps.iter().rev().take_while(|step| step.status != Status::Requested);
    Ok(since_assigned.into_iter().any(|step| step.status == status))
}

/// When it is said to have happened. Errors: ahead of the clock, or so long ago that it is a fault.
fn told_at(at: Option<Micros>, now: Micros) -> Result<Micros, AppError> {
    let Some(at) = at else {
        return Ok(now);
    };
    if at > now.plus(limits::PING_AHEAD_MAX_US) {
        return Err(AppError::invalid("/timestamp", format!("{at} is ahead of {now}")));
    }
    if at < now.plus(-limits::OPEN_INTERVAL_US_MAX) {
        return Err(AppError::invalid("/timestamp", format!("{at} is more than a day ago")));
    }
    Ok(at.min(now))
}

fn announce_declined(
    tx: &mut LaneTx<'_>,
    row: &DispatchRow,
    courier: &str,
    now: Micros,
) -> Result<(), AppError> {
    super::offers::announce(
        tx,
        now,
        &OffersTold {
            delivery_id: row.delivery.clone(),
            rings: row.rings,
            due_at: Micros(row.due_at_us.unwrap_or(now.0)),
            for_a_person: row.attention.is_some(),
            made: Vec::new(),
            freed: vec![courier.to_owned()],
            declined: Some(courier.to_owned()),
        },
    )
}
