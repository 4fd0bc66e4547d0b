//! All that is behind the lock: couriers, markets and their grids.

mod changes;
mod cover;
mod crowd;
mod grid;
mod nearest;
mod roster;
mod viewport;

pub(crate) use roster::{Arrival, prepare};

use crate::seen::STATES;
use crate::{Applied, Bbox, CourierState, MarketCount, Seen};
use cover::{Cover, Place};
use doorstep_domain::id::MarketId;
use doorstep_domain::tracking::Ping;
use doorstep_domain::tracking::motion::{self, Step};
use foldhash::fast::FixedState;
use grid::{Grid, Spot};
use hashbrown::HashMap;
use roster::{Courier, Roster};
use std::{ops::Range, sync::Arc};

/// Most departures kept: 64 MiB of them, more than a million couriers cause in three minutes.
const DEPARTURES_MAX: usize = 4 << 20;

/// Couriers by number, markets by number, and the versions of their changes.
#[derive(Default)]
pub(crate) struct World {
    version: u64,
    /// Departures up to this version are forgotten.
    forgotten: u64,
    roster: Roster,
    markets: Vec<Market>,
    /// Pings that were not believed, by courier: few, and none is kept for long.
    doubts: HashMap<u32, Ping, FixedState>,
    /// States of couriers who have not been seen yet.
    awaited: HashMap<Box<str>, CourierState, FixedState>,
}

struct Market {
    id: Arc<MarketId>,
    grid: Grid,
    counts: [usize; STATES],
}

impl World {
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn len(&self) -> usize {
        self.roster.len()
    }

    /// One run of pings, in one version.
    pub(crate) fn apply(&mut self, market: &MarketId, run: &[Arrival<'_>], applied: &mut Applied) {
        self.version += 1;
        let market = self.market_number_or_new(market);
        let found = self.found(run);
        for (arrival, found) in run.iter().zip(found) {
            match found.or_else(|| self.roster.find(arrival)) {
                None => {
                    self.enter(market, arrival);
                    applied.new += 1;
                }
                Some(number) => self.judge(market, number, &arrival.ping, applied),
            }
        }
        let departures: usize = self.markets.iter().map(|market| market.grid.departures()).sum();
        if departures > DEPARTURES_MAX {
            self.forget_departures(self.forgotten.midpoint(self.version));
        }
    }

    /// Those of a run who are known. Looking all of them up before any is moved lets the processor
    /// fetch many from memory at once; so does reading what moving them will need.
    fn found(&self, run: &[Arrival<'_>]) -> Vec<Option<u32>> {
        let found: Vec<Option<u32>> = run.iter().map(|arrival| self.roster.find(arrival)).collect();
        let versions = found.iter().flatten().map(|number| self.version_of(*number));
        std::hint::black_box(versions.fold(0, u64::max));
        found
    }

    fn enter(&mut self, market: u32, arrival: &Arrival<'_>) {
        let state = self.awaited.remove(arrival.courier).unwrap_or_default();
        let number = self.roster.next_number();
        let home = &mut self.markets[market as usize];
        let spot = home.grid.enter(number, arrival.ping.position, self.version);
        home.counts[state as usize] += 1;
        let name = arrival.courier.into();
        let courier = Courier { name, ping: arrival.ping, market, spot, state, is_doubted: false };
        self.roster.add(arrival, courier);
    }

    fn judge(&mut self, market: u32, number: u32, ping: &Ping, applied: &mut Applied) {
        let courier = self.roster.courier(number);
        let doubt = if courier.is_doubted { self.doubts.get(&number) } else { None };
        match motion::step(Some(&courier.ping), doubt, ping) {
            Step::Stale => applied.stale += 1,
            Step::Implausible { .. } => {
                applied.implausible += 1;
                self.doubt(number, ping);
            }
            Step::First | Step::Moves => {
                applied.moved += 1;
                self.travel(market, number, ping);
            }
        }
    }

    /// Keeps the newest ping that was not believed, for the next one to confirm.
    fn doubt(&mut self, number: u32, ping: &Ping) {
        let kept = self.doubts.entry(number).or_insert(*ping);
        if kept.at <= ping.at {
            *kept = *ping;
        }
        let courier = self.roster.courier_mut(number);
        if !courier.is_doubted {
            courier.is_doubted = true;
            self.markets[courier.market as usize].grid.touch(courier.spot, self.version);
        }
    }

    fn travel(&mut self, market: u32, number: u32, ping: &Ping) {
        let courier = self.roster.courier_mut(number);
        if std::mem::take(&mut courier.is_doubted) {
            self.doubts.remove(&number);
        }
        courier.ping = *ping;
        let (from, spot, state) = (courier.market, courier.spot, courier.state);
        let place = Place::of(ping.position);
        let home = &mut self.markets[from as usize];
        if from == market && home.grid.is_at(spot, place) {
            home.grid.shift(spot, ping.position, self.version);
            return;
        }
        if let Some(displaced) = home.grid.leave(spot, self.version) {
            self.roster.courier_mut(displaced).spot = spot;
        }
        home.counts[state as usize] -= 1;
        let home = &mut self.markets[market as usize];
        home.counts[state as usize] += 1;
        let spot = home.grid.enter_at(place, number, ping.position, self.version);
        let courier = self.roster.courier_mut(number);
        (courier.market, courier.spot) = (market, spot);
    }

    pub(crate) fn set_state(&mut self, courier: &str, state: CourierState) {
        let Some(number) = self.roster.number(courier) else {
            self.awaited.insert(courier.into(), state);
            return;
        };
        let courier = self.roster.courier_mut(number);
        let before = std::mem::replace(&mut courier.state, state);
        if before == state {
            return;
        }
        self.version += 1;
        let home = &mut self.markets[courier.market as usize];
        home.counts[before as usize] -= 1;
        home.counts[state as usize] += 1;
        home.grid.touch(courier.spot, self.version);
    }

    /// Drops departures up to a version, and the cells that nobody is in and nobody left.
    pub(crate) fn forget_departures(&mut self, until: u64) {
        self.forgotten = self.forgotten.max(until.min(self.version));
        for market in &mut self.markets {
            market.grid.forget_departures(self.forgotten);
        }
    }

    pub(crate) fn position(&self, courier: &str) -> Option<Seen> {
        self.roster.number(courier).map(|number| self.seen(number))
    }

    /// Tells those couriers of a range of numbers that changed after a version.
    pub(crate) fn tell(
        &self,
        numbers: Range<usize>,
        since: u64,
        each: &mut dyn FnMut(&MarketId, &str, &Ping),
    ) {
        for number in numbers.start as u32..numbers.end.min(self.len()) as u32 {
            let courier = self.roster.courier(number);
            let market = &self.markets[courier.market as usize];
            if market.grid.member(courier.spot).version > since {
                each(&market.id, self.roster.name(number), &courier.ping);
            }
        }
    }

    pub(crate) fn counts(&self) -> Vec<MarketCount> {
        let count = |market: &Market| {
            let [offline, idle, carrying] = market.counts;
            MarketCount { market: Arc::clone(&market.id), offline, idle, carrying }
        };
        self.markets.iter().map(count).collect()
    }

    fn seen(&self, number: u32) -> Seen {
        let courier = self.roster.courier(number);
        let market = &self.markets[courier.market as usize];
        Seen {
            courier: Arc::clone(self.roster.name(number)),
            market: Arc::clone(&market.id),
            number,
            ping: courier.ping,
            state: courier.state,
            version: market.grid.member(courier.spot).version,
            implausible: courier.is_doubted,
        }
    }

    /// The market of that name, or all of them.
    fn markets_of(&self, market: Option<&MarketId>) -> impl Iterator<Item = (u32, &Market)> {
        let all = (0..).zip(&self.markets);
        all.filter(move |(_, known)| market.is_none_or(|market| *known.id == *market))
    }

    fn market_number_or_new(&mut self, id: &MarketId) -> u32 {
        if let Some((number, _)) = self.markets_of(Some(id)).next() {
            return number;
        }
        let (grid, counts) = (Grid::default(), [0; STATES]);
        self.markets.push(Market { id: Arc::new(id.clone()), grid, counts });
        self.markets.len() as u32 - 1
    }
}
