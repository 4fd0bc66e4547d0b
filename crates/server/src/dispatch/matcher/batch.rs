//! Mode `batch`: every few seconds one plan for all that waits (C6). What is planned for later is
//! held, and planned anew; what is to begin now is offered to whom it was planned for.

use crate::app::App;
use crate::dispatch::board::Board;
use crate::dispatch::offers::{Asked, NO_COURIER, Round};
use crate::dispatch::{Desk, claims, metric};
use crate::error::AppError;
use crate::places;
use doorstep_domain::dispatch::Rings;
use doorstep_domain::dispatch::batch::{Courier, Match, Plan, Settings, Snapshot, Waiting, plan};
use doorstep_domain::id::{CourierId, DeliveryId, MarketId};
use doorstep_domain::streets::Profile;
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_domain::tracking::Position;
use std::collections::HashMap;

/// Ways that are asked of the router, to know how much longer they are than straight lines.
const WAYS_SAMPLED: usize = 16;

/// Why a delivery was taken from somebody.
const PLANNED_ANEW: &str = "it was planned anew";

/// How a market plans.
#[derive(Debug, Clone, Copy)]
pub(in crate::dispatch) struct Batches {
    /// How often.
    pub every_us: i64,
    /// Whether what was accepted, and not picked up, may be given to another.
    pub replans: bool,
}

/// A place that a plan may go by, and how whoever is there travels; of a door, as cars do.
#[derive(Debug, Clone, Copy)]
pub(in crate::dispatch) struct Spot {
    /// Where.
    pub at: Position,
    /// How.
    pub by: Profile,
}

impl Spot {
    pub(in crate::dispatch) fn door(at: Position) -> Spot {
        Spot { at, by: Profile::Driving }
    }
}

/// Plans, if it is time to; the rounds of offers that come of it.
pub(super) fn rounds(
    app: &App,
    market: &MarketId,
    (rings, batches): (&Rings, Batches),
    desk: &Desk,
    now: Micros,
) -> Result<Vec<Round>, AppError> {
    let Some(snapshot) = due(app, desk, rings, batches, now) else {
        return Ok(Vec::new());
    };
    if snapshot.waiting.is_empty() {
        return Ok(Vec::new());
    }
    let slower = slower(app, market, &snapshot)?;
    let settings = Settings { every_us: batches.every_us, ..Settings::default() };
    let travel = |from: Spot, to: Spot| {
        let straight_ms = places::straight(from.at, to.at, from.by).duration_ms as f64;
        (straight_ms * slower * 1_000.0).round() as i64
    };
    let planned = plan(&snapshot, &settings, travel, now);
    metric::planned(planned.matches.len(), planned.left.len());
    release(app, desk, &snapshot, &planned)?;
    let places = places_of(&snapshot);
    Ok(offered(&mut desk.board(), &planned, &places, (rings, batches), now))
}

/// What is to be planned now; none where it is not time yet.
fn due(
    app: &App,
    desk: &Desk,
    rings: &Rings,
    batches: Batches,
    now: Micros,
) -> Option<Snapshot<Spot>> {
    let mut board = desk.board();
    if !board.plans_now(now, batches.every_us) {
        return None;
    }
    let seen = |courier: &str| app.live.position(courier).map(|seen| seen.ping.position);
    Some(board.snapshot(rings, batches.replans, &seen, now))
}

/// By how much the ways of a market are slower than straight lines lengthened, by a few of them.
fn slower(app: &App, market: &MarketId, snapshot: &Snapshot<Spot>) -> Result<f64, AppError> {
    let stride = snapshot.waiting.len().div_ceil(WAYS_SAMPLED).max(1);
    let mut ratios = Vec::new();
    for waiting in snapshot.waiting.iter().step_by(stride) {
        let (from, to) = (waiting.from.at, waiting.to.at);
        let straight_ms = places::straight(from, to, Profile::Driving).duration_ms;
        let way = places::travel(app, market, (from, to), Profile::Driving)?.leg;
        if let Some(way) = way.filter(|_| straight_ms > 1_000) {
            ratios.push(way.duration_ms as f64 / straight_ms as f64);
        }
    }
    ratios.sort_by(f64::total_cmp);
    Ok(ratios.get(ratios.len() / 2).copied().unwrap_or(1.0).clamp(0.5, 4.0))
}

/// Takes what is planned for another from whoever has accepted it and has not picked it up. It is
/// offered with the next plan.
fn release(
    app: &App,
    desk: &Desk,
    snapshot: &Snapshot<Spot>,
    planned: &Plan,
) -> Result<(), AppError> {
    let begin = planned.matches.iter().filter(|one| one.held.is_none());
    for (stop, taker) in begin.flat_map(|one| one.stops.iter().map(|stop| (stop, &one.courier))) {
        let delivery = stop.delivery.as_str();
        let waiting = snapshot.waiting.iter().find(|waiting| waiting.id == stop.delivery);
        let had = waiting.and_then(|waiting| waiting.assigned_to.as_ref());
        let revision = desk.board().carried(delivery).map(|carried| carried.revision);
        if let (Some(had), Some(revision)) = (had, revision)
            && had != taker
        {
            match claims::rescue(app, delivery, revision, PLANNED_ANEW) {
                // It has gone on meanwhile.
                Ok(_) | Err(AppError::Refused { .. } | AppError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

/// Where the couriers of a snapshot are, and where its deliveries are picked up.
struct Places {
    couriers: HashMap<CourierId, Position>,
    origins: HashMap<DeliveryId, Position>,
}

fn places_of(snapshot: &Snapshot<Spot>) -> Places {
    let courier = |courier: &Courier<Spot>| (courier.id.clone(), courier.place.at);
    let origin = |waiting: &Waiting<Spot>| (waiting.id.clone(), waiting.from.at);
    Places {
        couriers: snapshot.couriers.iter().map(courier).collect(),
        origins: snapshot.waiting.iter().map(origin).collect(),
    }
}

/// The offers of what is to begin now.
fn offered(
    board: &mut Board,
    planned: &Plan,
    places: &Places,
    (rings, batches): (&Rings, Batches),
    now: Micros,
) -> Vec<Round> {
    let begin = planned.matches.iter().filter(|one| one.held.is_none());
    let offers =
        begin.flat_map(|one| one.stops.iter().map(move |stop| (one, stop.delivery.as_str())));
    let mut rounds = Vec::new();
    for (one, delivery) in offers {
        let looked = board.waiting(delivery).map(|it| (it.revision, it.standing(now)));
        // What was just taken from another waits with the next announcements only.
        let Some((revision, standing)) = looked else {
            continue;
        };
        let for_a_person = note(board, delivery, one, rings, batches, now);
        let place = places.couriers.get(&one.courier);
        let origin = one.stops.first().and_then(|stop| places.origins.get(&stop.delivery));
        let distance_m = place.zip(origin).map_or(0.0, |(from, to)| from.distance_m(*to));
        rounds.push(Round {
            delivery: delivery.to_owned(),
            revision,
            standing,
            together: one.stops.iter().map(|stop| stop.delivery.as_str().to_owned()).collect(),
            asked: vec![Asked {
                courier: one.courier.as_str().to_owned(),
                distance_m,
                seconds: (one.pickup_at.0 - now.0).max(0) as f64 / SECOND_US as f64,
            }],
            next_at: now.plus(batches.every_us),
            is_ring: true,
            attention: for_a_person.then_some(NO_COURIER),
        });
    }
    rounds
}

/// Notes that a delivery is offered to whom it was planned for; whether a person is to know of it.
fn note(
    board: &mut Board,
    delivery: &str,
    one: &Match,
    rings: &Rings,
    batches: Batches,
    now: Micros,
) -> bool {
    let Some(waiting) = board.waiting(delivery) else {
        return false;
    };
    let search = waiting.search(now);
    if !waiting.was_offered {
        metric::first_offer(now.0 - search.begins_at(rings).0);
    }
    board.ask(delivery, one.courier.as_str(), now.plus(rings.offer_for_us));
    board.look_again(delivery, now.plus(batches.every_us));
    search.is_for_a_person(rings, now)
}
