//! What a process knows of a market's deliveries and couriers in memory, so that the matcher asks
//! nobody. Derived: loaded from the store in one reading, then kept up by what the lane announces.
//! No claim trusts it.

mod apply;
mod load;
mod snapshot;

use super::told::Wanted;
use doorstep_domain::dispatch::{Package, Search, Status, Vehicle};
use doorstep_domain::time::Micros;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Deliveries that found nobody and are looked at again at once when somebody becomes free.
const WOKEN_AT_ONCE: usize = 4;

/// A market in memory.
#[derive(Debug, Default)]
pub(super) struct Board {
    /// The last announcement it knows; `None` as long as nothing was loaded.
    seq: Option<i64>,
    waiting: HashMap<String, Waiting>,
    carried: HashMap<String, Carried>,
    /// When each of both must be looked at.
    due: BTreeSet<(Micros, String)>,
    /// Deliveries that found nobody when they were looked at last.
    starving: BTreeSet<String>,
    /// Who works now.
    couriers: HashMap<String, OnBoard>,
    /// How much everybody carries, whether they work or not.
    loads: HashMap<String, i64>,
    /// When all that waits is planned next, where a market plans.
    plans_at: Micros,
}

/// A delivery that nobody has.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    /// What is looked for.
    pub wanted: Wanted,
    /// Its state, counted.
    pub revision: i64,
    /// Rings that were asked.
    pub rings: u32,
    /// Whether a person knows.
    pub for_a_person: bool,
    /// Whether anybody was asked in this search.
    pub was_offered: bool,
    due_at: Micros,
    /// Who is asked now, and until when.
    open: HashMap<String, Micros>,
    /// Who was asked in this search.
    asked: HashSet<String>,
    /// Who does not want it.
    declined: HashSet<String>,
}

/// A delivery that somebody has taken on.
#[derive(Debug, Clone)]
pub(super) struct Carried {
    /// Who has it.
    pub courier: String,
    /// How it stands.
    pub status: Status,
    /// Its state, counted.
    pub revision: i64,
    /// When it came to that state.
    pub since: Micros,
    /// Whether a person knows.
    pub for_a_person: bool,
    /// What it is, and where it goes.
    wanted: Wanted,
    due_at: Micros,
}

/// A courier who works.
#[derive(Debug, Clone)]
pub(super) struct OnBoard {
    /// What they travel with.
    pub vehicle: Vehicle,
    capacity: i64,
    /// What they are asked about, and until when; several where these are picked up together.
    asked: Vec<(Micros, String)>,
}

impl OnBoard {
    fn is_asked(&self, now: Micros) -> bool {
        self.asked.iter().any(|(until, _)| *until > now)
    }
}

impl Waiting {
    /// The search, as the rules take it.
    pub(super) fn search(&self, now: Micros) -> Search {
        Search {
            since: self.wanted.since,
            ready_at: self.wanted.ready_at,
            rings: self.rings,
            standing: self.open.values().filter(|until| **until > now).count(),
        }
    }

    /// Whose offers of it stand.
    pub(super) fn standing(&self, now: Micros) -> Vec<String> {
        let standing = self.open.iter().filter(|(_, until)| **until > now);
        standing.map(|(courier, _)| courier.clone()).collect()
    }

    fn may_ask(&self, courier: &str) -> bool {
        !self.asked.contains(courier) && !self.declined.contains(courier)
    }

    /// Lets everybody be asked again who only let their time run out.
    pub(super) fn ask_again(&mut self, now: Micros) {
        let open = &self.open;
        self.asked.retain(|courier| open.get(courier).is_some_and(|until| *until > now));
    }
}

impl Board {
    /// Deliveries that are due, the longest due first, at most `limit`.
    pub(super) fn due(&self, now: Micros, limit: usize) -> Vec<String> {
        let due = self.due.iter().take_while(|(due_at, _)| *due_at <= now);
        due.take(limit).map(|(_, delivery)| delivery.clone()).collect()
    }

    /// When the next one is.
    pub(super) fn next_due(&self) -> Option<Micros> {
        self.due.first().map(|(due_at, _)| *due_at)
    }

    /// How many nobody has.
    pub(super) fn waiting_count(&self) -> usize {
        self.waiting.len()
    }

    /// Everything that nobody has.
    pub(super) fn all_waiting(&self) -> impl Iterator<Item = (&str, &Wanted)> {
        self.waiting.iter().map(|(delivery, waiting)| (delivery.as_str(), &waiting.wanted))
    }

    pub(super) fn waiting(&self, delivery: &str) -> Option<&Waiting> {
        self.waiting.get(delivery)
    }

    pub(super) fn waiting_mut(&mut self, delivery: &str) -> Option<&mut Waiting> {
        self.waiting.get_mut(delivery)
    }

    pub(super) fn carried(&self, delivery: &str) -> Option<&Carried> {
        self.carried.get(delivery)
    }

    /// What somebody who could be given a package travels with; `None` where they could not.
    pub(super) fn free(&self, courier: &str, package: &Package) -> Option<Vehicle> {
        let known = self.couriers.get(courier)?;
        let carries = self.loads.get(courier).copied().unwrap_or_default();
        let takes = carries < known.capacity && known.vehicle.takes(package);
        takes.then_some(known.vehicle)
    }

    /// The same, for somebody who may be asked now about this delivery.
    pub(super) fn askable(&self, courier: &str, waiting: &Waiting, now: Micros) -> Option<Vehicle> {
        let vehicle = self.free(courier, &waiting.wanted.package())?;
        let is_asked = self.couriers.get(courier).is_some_and(|known| known.is_asked(now));
        (!is_asked && waiting.may_ask(courier)).then_some(vehicle)
    }

    /// Notes that somebody is about to be asked, before it is announced: nobody is asked twice in
    /// one step.
    pub(super) fn ask(&mut self, delivery: &str, courier: &str, until: Micros) {
        if let Some(known) = self.couriers.get_mut(courier) {
            known.asked.retain(|(_, asked)| asked != delivery);
            known.asked.push((until, delivery.to_owned()));
        }
        if let Some(waiting) = self.waiting.get_mut(delivery) {
            waiting.open.insert(courier.to_owned(), until);
            waiting.asked.insert(courier.to_owned());
            waiting.was_offered = true;
            self.starving.remove(delivery);
        }
    }

    /// Notes when a delivery is looked at next.
    pub(super) fn look_again(&mut self, delivery: &str, at: Micros) {
        let due_at = match (self.waiting.get_mut(delivery), self.carried.get_mut(delivery)) {
            (Some(waiting), _) => &mut waiting.due_at,
            (None, Some(carried)) => &mut carried.due_at,
            (None, None) => return,
        };
        self.due.remove(&(*due_at, delivery.to_owned()));
        *due_at = at;
        self.due.insert((at, delivery.to_owned()));
    }

    /// Notes that a delivery found nobody.
    pub(super) fn starves(&mut self, delivery: &str) {
        self.starving.insert(delivery.to_owned());
    }

    /// Somebody has become free: a few who found nobody look again at once.
    fn wake(&mut self, now: Micros) {
        let woken: Vec<String> = self.starving.iter().take(WOKEN_AT_ONCE).cloned().collect();
        for delivery in woken {
            self.starving.remove(&delivery);
            if self.waiting.get(&delivery).is_some_and(|waiting| waiting.due_at > now) {
                self.look_again(&delivery, now);
            }
        }
    }
}
