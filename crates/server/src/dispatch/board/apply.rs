//! A board follows what its lane announces.

use super::{Board, Carried, OnBoard, Waiting};
use crate::dispatch::told::{
    COURIER, CourierTold, DELIVERY, DeliveryTold, HANDED, HandedTold, OFFERS, OffersTold, Wanted,
};
use doorstep_domain::time::Micros;
use doorstep_store::outbox::Announced;
use std::collections::{HashMap, HashSet};

/// Whom an announcement concerns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::dispatch) struct Heard {
    /// Couriers whose work has changed.
    pub couriers: Vec<String>,
    /// The delivery that has.
    pub delivery: Option<String>,
}

impl Board {
    /// What it has heard last; `None` before it was loaded.
    pub(in crate::dispatch) fn heard_to(&self) -> Option<i64> {
        self.seq
    }

    /// Takes the announcement that follows; `None` where one is missing in between, or it cannot be
    /// read: then the board must be loaded anew.
    pub(in crate::dispatch) fn hear(&mut self, told: &Announced) -> Option<Heard> {
        if self.seq.is_none_or(|seq| told.seq != seq + 1) {
            return None;
        }
        let now = Micros(told.announced_at_us);
        let heard = match told.kind.as_str() {
            OFFERS => self.hear_offers(serde_json::from_slice(&told.payload).ok()?),
            COURIER => self.hear_courier(serde_json::from_slice(&told.payload).ok()?, now),
            HANDED => self.hear_handed(serde_json::from_slice(&told.payload).ok()?, now),
            kind if kind.starts_with(DELIVERY) => {
                self.hear_delivery(serde_json::from_slice(&told.payload).ok()?, now)
            }
            // What others announce here says nothing about whom to ask.
            _ => Heard::default(),
        };
        // Whoever found out meanwhile that something was missed has said so.
        self.seq = self.seq.map(|_| told.seq);
        self.seq.map(|_| heard)
    }

    fn hear_delivery(&mut self, told: DeliveryTold, now: Micros) -> Heard {
        let mut heard = Heard { couriers: told.freed.clone(), delivery: None };
        heard.couriers.extend(told.courier_id.clone());
        let (mut declined, was_wanted) = self.take_off(&told.delivery_id, now);
        for delivery in &told.withdrawn {
            if let Some(courier) = &told.courier_id {
                self.free_of(delivery, courier);
            }
        }
        match (told.wanted, told.courier_id) {
            (Some(wanted), had) => {
                declined.extend(had);
                self.wait(&told.delivery_id, told.revision, wanted, declined);
            }
            (None, Some(courier)) if !told.ended => {
                // What was never on the board cannot be carried on it: it is loaded anew.
                let Some(wanted) = was_wanted else {
                    self.seq = None;
                    return heard;
                };
                *self.loads.entry(courier.clone()).or_default() += 1;
                let (revision, since, due_at) = (told.revision, told.at, told.at);
                let (status, for_a_person) = (told.status, false);
                let carried =
                    Carried { courier, status, revision, since, for_a_person, wanted, due_at };
                // It is looked at at once, and then as often as its courier's silence asks for.
                self.due.insert((due_at, told.delivery_id.clone()));
                self.carried.insert(told.delivery_id.clone(), carried);
            }
            (None, _) => {}
        }
        heard.delivery = Some(told.delivery_id);
        heard
    }

    /// A delivery is to be looked for, from the first ring on.
    fn wait(&mut self, delivery: &str, revision: i64, wanted: Wanted, declined: HashSet<String>) {
        let waiting = Waiting {
            due_at: wanted.due_at,
            wanted,
            revision,
            rings: 0,
            for_a_person: false,
            was_offered: false,
            open: HashMap::new(),
            asked: HashSet::new(),
            declined,
        };
        self.due.insert((waiting.due_at, delivery.to_owned()));
        self.waiting.insert(delivery.to_owned(), waiting);
    }

    /// With a provider it is nobody's here; given back, it is looked for again.
    fn hear_handed(&mut self, told: HandedTold, now: Micros) -> Heard {
        let (declined, _) = self.take_off(&told.delivery_id, now);
        if let Some(wanted) = told.wanted {
            self.wait(&told.delivery_id, told.revision, wanted, declined);
        }
        Heard { couriers: told.freed, delivery: Some(told.delivery_id) }
    }

    /// Takes a delivery off the board, wherever it was: who had declined it, and what it is.
    fn take_off(&mut self, delivery: &str, now: Micros) -> (HashSet<String>, Option<Wanted>) {
        self.starving.remove(delivery);
        let mut wanted = None;
        if let Some(carried) = self.carried.remove(delivery) {
            self.due.remove(&(carried.due_at, delivery.to_owned()));
            if let Some(load) = self.loads.get_mut(&carried.courier) {
                *load -= 1;
                if *load <= 0 {
                    self.loads.remove(&carried.courier);
                }
            }
            self.wake(now);
            wanted = Some(carried.wanted);
        }
        let Some(waiting) = self.waiting.remove(delivery) else {
            return (HashSet::new(), wanted);
        };
        self.due.remove(&(waiting.due_at, delivery.to_owned()));
        for courier in waiting.open.keys() {
            self.let_go(delivery, courier);
        }
        if !waiting.open.is_empty() {
            self.wake(now);
        }
        (waiting.declined, Some(waiting.wanted))
    }

    fn hear_offers(&mut self, told: OffersTold) -> Heard {
        let delivery = told.delivery_id;
        for courier in &told.freed {
            self.free_of(&delivery, courier);
        }
        for (courier, until) in &told.made {
            self.ask(&delivery, courier, *until);
        }
        if let Some(waiting) = self.waiting.get_mut(&delivery) {
            waiting.rings = u32::try_from(told.rings).unwrap_or(u32::MAX).max(waiting.rings);
            waiting.for_a_person = told.for_a_person;
            waiting.declined.extend(told.declined);
        }
        if let Some(carried) = self.carried.get_mut(&delivery) {
            carried.for_a_person = told.for_a_person;
        }
        let made = told.made.into_iter().map(|(courier, _)| courier);
        Heard { couriers: told.freed.into_iter().chain(made).collect(), delivery: None }
    }

    fn hear_courier(&mut self, told: CourierTold, now: Micros) -> Heard {
        let courier = told.courier_id;
        for delivery in &told.withdrawn {
            self.free_of(delivery, &courier);
        }
        if told.online {
            let (vehicle, capacity) = (told.vehicle, told.capacity);
            let asked = self.couriers.remove(&courier).map_or_else(Vec::new, |known| known.asked);
            let on_board = OnBoard { vehicle, capacity, asked };
            self.couriers.insert(courier.clone(), on_board);
            self.wake(now);
        } else {
            self.couriers.remove(&courier);
        }
        Heard { couriers: vec![courier], delivery: None }
    }

    /// An offer has ended: for the delivery, and for the courier.
    fn free_of(&mut self, delivery: &str, courier: &str) {
        if let Some(waiting) = self.waiting.get_mut(delivery) {
            waiting.open.remove(courier);
        }
        self.let_go(delivery, courier);
    }

    fn let_go(&mut self, delivery: &str, courier: &str) {
        if let Some(known) = self.couriers.get_mut(courier) {
            known.asked.retain(|(_, asked)| asked != delivery);
        }
    }
}
