//! The matcher: follows what a market's lane announces, asks couriers, and finds what nobody else
//! would: deliveries without an answer, couriers gone silent (C6, C13).

pub(super) mod batch;

use super::board::Board;
use super::offers::{self, Asked, COURIER_SILENT, NO_COURIER, Round};
use super::{Desk, batches_of, claims, dispatch_lane, estimate, metric, rings_of};
use crate::app::App;
use crate::error::AppError;
use crate::places;
use doorstep_domain::dispatch::search::{Ask, Candidate, best, is_silent};
use doorstep_domain::dispatch::{Rings, Search, Vehicle};
use doorstep_domain::id::MarketId;
use doorstep_domain::streets::{Leg, Profile};
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_domain::tracking::Position;
use doorstep_live::Near;
use doorstep_store::{StoreError, outbox};
use std::sync::MutexGuard;

/// Announcements read in one go.
const HEARD_AT_ONCE: u32 = 1_024;

/// Deliveries looked at in one step: their offers are one commit.
const LOOKED_AT_ONCE: usize = 128;

/// Couriers considered for each that is asked: the nearest by air are not the nearest by road.
const CONSIDERED: usize = 4;

/// Longest rest, in microseconds: another process may have announced something.
const REST_MAX_US: i64 = SECOND_US / 5;

/// Shortest rest where something is due: a step for each arrival is mostly the step.
const REST_MIN_US: i64 = 500;

/// Why a delivery was taken from somebody.
const SILENT: &str = "the courier was silent";

/// One step for a market: hears what is new, looks at what is due. Answers how long the matcher may
/// rest, in microseconds, where nothing rings.
pub fn step(app: &App, market: &MarketId) -> Result<i64, AppError> {
    let desk = app.dispatch.desk(market)?;
    follow(app, market, desk)?;
    let (now, rings) = (app.clock.now(), rings_of(app, market)?);
    let batches = batches_of(app, market)?;
    let is_planned = batches.is_some();
    let (rounds, silent) = (Vec::new(), Vec::new());
    let mut step = Step { app, market, rings, is_planned, now, rounds, silent };
    let due = step.look(desk)?;
    let Step { mut rounds, silent, .. } = step;
    if let Some(batches) = batches {
        rounds.extend(batch::rounds(app, market, (&rings, batches), desk, now)?);
    }
    if !rounds.is_empty() {
        offers::make(app, market, rounds, rings.offer_for_us)?;
    }
    for (delivery, revision) in silent {
        match claims::rescue(app, &delivery, revision, SILENT) {
            Ok(_) => tracing::warn!(delivery, "its courier was silent: it is offered again"),
            // It has gone on meanwhile: somebody has spoken.
            Err(AppError::Refused { .. } | AppError::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    follow(app, market, desk)?;
    if due == LOOKED_AT_ONCE {
        return Ok(0);
    }
    let next = desk.board().next_due().map_or(REST_MAX_US, |next| next.0 - app.clock.now().0);
    Ok(next.clamp(REST_MIN_US, REST_MAX_US))
}

/// Lets the board hear everything that was announced; loads it where it has missed something.
pub(super) fn follow(app: &App, market: &MarketId, desk: &Desk) -> Result<(), AppError> {
    let lane = dispatch_lane(market)?;
    loop {
        let Some(heard_to) = desk.board().heard_to() else {
            let loaded = app.store.read(|tx| Board::load(tx, &lane, market.as_str()))?;
            metric::loaded();
            *desk.board() = loaded;
            continue;
        };
        let told = app.store.read(|tx| {
            let rows = outbox::read(tx, &lane, heard_to, HEARD_AT_ONCE)?;
            // Rows that were forgotten before they were heard leave nothing to be read.
            let last = if rows.is_empty() { outbox::last_seq(tx, &lane)? } else { heard_to };
            Ok::<_, StoreError>((rows, last))
        })?;
        let (rows, last) = told;
        if rows.is_empty() && last == heard_to {
            return Ok(());
        }
        let mut board = desk.board();
        let heard: Option<Vec<_>> = rows.iter().map(|row| board.hear(row)).collect();
        if heard.is_none() || rows.is_empty() {
            *board = Board::default();
        }
        drop(board);
        let is_all = heard.is_some() && (1..HEARD_AT_ONCE as usize).contains(&rows.len());
        for heard in heard.into_iter().flatten() {
            app.dispatch.streams.tell(&heard.couriers);
            app.tracked.notices.post(heard.delivery.iter().map(String::as_str));
        }
        if is_all {
            return Ok(());
        }
    }
}

/// Who could be asked about a delivery.
struct Considered {
    search: Search,
    ask: Ask,
    origin: Position,
    /// The nearest by air, each with how they travel.
    near: Vec<(Profile, Near)>,
}

/// What one step does.
struct Step<'a> {
    app: &'a App,
    market: &'a MarketId,
    rings: Rings,
    /// Whether a plan finds who is asked, and not this.
    is_planned: bool,
    now: Micros,
    rounds: Vec<Round>,
    /// Deliveries whose courier is silent, and the state they were looked at in.
    silent: Vec<(String, i64)>,
}

impl Step<'_> {
    /// Looks at what is due and answers how many that were.
    fn look(&mut self, desk: &Desk) -> Result<usize, AppError> {
        let due = {
            let board = desk.board();
            let behind_us = board.next_due().map_or(0, |next| self.now.0 - next.0);
            metric::waiting(self.market.as_str(), board.waiting_count(), behind_us);
            board.due(self.now, LOOKED_AT_ONCE)
        };
        for delivery in &due {
            let considered = self.considered(&desk.board(), delivery);
            match considered {
                // The ways are asked for while nobody waits for the board: a router elsewhere may
                // take its time.
                Some(considered) => {
                    let asked = self.best(&considered)?;
                    self.ask(&mut desk.board(), delivery, &considered, asked);
                }
                None => self.look_after(&mut desk.board(), delivery),
            }
        }
        Ok(due.len())
    }

    /// Who could be asked next about a delivery; none where nobody is looked for.
    fn considered(&self, board: &Board, delivery: &str) -> Option<Considered> {
        let waiting = board.waiting(delivery)?;
        let search = waiting.search(self.now);
        let mut ask = search.ask(&self.rings);
        if self.is_planned {
            ask.count = 0;
        }
        let origin = waiting.wanted.origin();
        let mut may_be_asked = |courier: &str| board.askable(courier, waiting, self.now).is_some();
        let count = ask.count * CONSIDERED;
        let live = &self.app.live;
        let near = live.nearest(self.market, origin, count, ask.radius_m, &mut may_be_asked);
        let with_profile = |near: Near| {
            let vehicle = board.askable(&near.seen.courier, waiting, self.now);
            (estimate::profile_of(vehicle.unwrap_or(Vehicle::Car)), near)
        };
        let near = near.into_iter().map(with_profile).collect();
        Some(Considered { search, ask, origin, near })
    }

    /// The best of them, by the way.
    fn best(&self, considered: &Considered) -> Result<Vec<Asked>, AppError> {
        let mut candidates = Vec::new();
        for profile in [Profile::Driving, Profile::Cycling, Profile::Walking] {
            let alike = considered.near.iter().filter(|(theirs, _)| *theirs == profile);
            let alike: Vec<&Near> = alike.map(|(_, near)| near).collect();
            candidates.extend(self.approaching(&alike, considered.origin, profile)?);
        }
        let best = best(candidates, considered.ask.count, &self.rings).into_iter();
        let asked = best.map(|Candidate { courier, seconds, distance_m, .. }| Asked {
            courier,
            distance_m,
            seconds,
        });
        Ok(asked.collect())
    }

    /// How far couriers who travel alike are from an origin.
    fn approaching(
        &self,
        near: &[&Near],
        origin: Position,
        profile: Profile,
    ) -> Result<Vec<Candidate<String>>, AppError> {
        if near.is_empty() {
            return Ok(Vec::new());
        }
        let from: Vec<Position> = near.iter().map(|near| near.seen.ping.position).collect();
        let table = places::table(self.app, self.market, (&from, &[origin]), profile)?;
        let candidate = |(near, leg): (&&Near, Vec<Option<Leg>>)| {
            let leg = leg.first().copied().flatten();
            Candidate {
                courier: near.seen.courier.to_string(),
                // Without a way the air is as good a guess as any, at a walker's pace.
                seconds: leg.map_or(near.distance_m, |leg| leg.duration_ms as f64 / 1_000.0),
                distance_m: near.distance_m,
                silent_us: self.now.0 - near.seen.ping.at.0,
            }
        };
        Ok(near.iter().zip(table.legs).map(candidate).collect())
    }

    /// Notes who is asked about a delivery, and when it is looked at again.
    fn ask(
        &mut self,
        board: &mut MutexGuard<'_, Board>,
        delivery: &str,
        considered: &Considered,
        asked: Vec<Asked>,
    ) {
        let Some(waiting) = board.waiting(delivery) else {
            return;
        };
        let Considered { search, ask, .. } = considered;
        let (revision, was_for_a_person) = (waiting.revision, waiting.for_a_person);
        let standing = waiting.standing(self.now);
        if !asked.is_empty() && !waiting.was_offered {
            metric::first_offer(self.now.0 - search.begins_at(&self.rings).0);
        }
        let for_a_person = search.is_for_a_person(&self.rings, self.now);
        let next_at = search.next_at(&self.rings, asked.len(), self.now);
        let until = self.now.plus(self.rings.offer_for_us);
        for asked in &asked {
            board.ask(delivery, &asked.courier, until);
        }
        board.look_again(delivery, next_at);
        let is_ring = ask.count > 0;
        if let Some(waiting) = board.waiting_mut(delivery).filter(|_| is_ring) {
            waiting.rings = waiting.rings.saturating_add(1);
            if asked.is_empty() && ask.radius_m >= self.rings.radius_max_m {
                waiting.ask_again(self.now);
            }
        }
        if asked.is_empty() {
            board.starves(delivery);
        }
        // Nothing is written where nothing has changed: who looks again after a crash looks anew.
        if !asked.is_empty() || for_a_person != was_for_a_person {
            let attention = for_a_person.then_some(NO_COURIER);
            let delivery = delivery.to_owned();
            self.rounds.push(Round {
                delivery,
                revision,
                standing,
                together: Vec::new(),
                asked,
                next_at,
                is_ring,
                attention,
            });
        }
    }

    /// Looks whether the courier of a delivery is still there.
    fn look_after(&mut self, board: &mut MutexGuard<'_, Board>, delivery: &str) {
        let Some(carried) = board.carried(delivery).cloned() else {
            return;
        };
        let heard_at = match self.app.dispatch.streams.is_listened_to(&carried.courier) {
            true => Some(self.now),
            false => self.app.live.position(&carried.courier).map(|seen| seen.ping.at),
        };
        let silent = is_silent(carried.since, heard_at, &self.rings, self.now);
        let last = heard_at.map_or(carried.since, |heard_at| heard_at.max(carried.since));
        let wait_us = self.rings.silent_after_us.max(SECOND_US);
        let next_at = match silent {
            true => self.now.plus(wait_us),
            false => last.plus(wait_us + 1).max(self.now.plus(SECOND_US)),
        };
        board.look_again(delivery, next_at);
        if silent && carried.status.is_before_pickup() {
            self.silent.push((delivery.to_owned(), carried.revision));
            return;
        }
        let is_underway = carried.status.is_carried();
        let for_a_person = silent && is_underway;
        if is_underway && for_a_person != carried.for_a_person {
            self.rounds.push(Round {
                delivery: delivery.to_owned(),
                revision: carried.revision,
                standing: Vec::new(),
                together: Vec::new(),
                asked: Vec::new(),
                next_at,
                is_ring: false,
                attention: for_a_person.then_some(COURIER_SILENT),
            });
        }
    }
}
