//! What a provider was asked to bring.

use super::life::{Stage, Step, life};
use super::telling::{Telling, silent_from, tellings};
use super::{COURIER, Plan};
use crate::chance::Chance;
use doorstep_domain::time::Micros;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// A delivery that was booked.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Which one, counted from 0.
    pub number: usize,
    /// The provider's own name of it.
    pub reference: String,
    /// The name that whoever booked it gave.
    pub ours: String,
    /// When it was booked.
    pub booked_at: Micros,
    /// Its life: some of it has not come yet.
    pub steps: Vec<Step>,
    /// From which step on nothing is told.
    pub silent_from: Option<usize>,
    /// What was asked for.
    pub request: Value,
    /// What was asked for the pickup, where that is a thing of its own, and its name.
    pub pickup: Option<(String, Value)>,
    /// Who brings it.
    pub courier: Courier,
}

/// Whoever brings something for a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Courier {
    /// Their number.
    pub number: u64,
    /// Their name.
    pub name: String,
    /// Their telephone.
    pub phone: String,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Bookings {
    all: Vec<Delivery>,
    by_reference: HashMap<String, usize>,
    by_name: HashMap<String, Vec<usize>>,
    /// Pickups whose delivery has not been asked for yet, by their own name.
    pickups: HashMap<String, Value>,
    /// How many there were of a kind, for names.
    named: u64,
}

/// What somebody asks to have brought.
pub(super) struct Wanted {
    pub(super) ours: String,
    pub(super) request: Value,
    pub(super) pickup: Option<(String, Value)>,
}

impl Delivery {
    /// The step that it has come to.
    pub fn now(&self, now: Micros) -> Step {
        let come = self.steps.iter().rfind(|step| step.at <= now);
        come.copied().unwrap_or(Step { stage: Stage::Created, at: self.booked_at })
    }
}

impl Bookings {
    pub(super) fn all(&self) -> &[Delivery] {
        &self.all
    }

    pub(super) fn get(&self, number: usize) -> Option<&Delivery> {
        self.all.get(number)
    }

    pub(super) fn by_reference(&self, reference: &str) -> Option<&Delivery> {
        self.by_reference.get(reference).and_then(|number| self.all.get(*number))
    }

    pub(super) fn by_name<'a>(&'a self, ours: &str) -> impl Iterator<Item = &'a Delivery> {
        let numbers = self.by_name.get(ours).map(Vec::as_slice).unwrap_or_default();
        numbers.iter().filter_map(|number| self.all.get(*number))
    }

    pub(super) fn pickups(&self) -> &HashMap<String, Value> {
        &self.pickups
    }

    /// How often each name was booked.
    pub(super) fn counts(&self) -> BTreeMap<&str, usize> {
        self.by_name.iter().map(|(ours, numbers)| (ours.as_str(), numbers.len())).collect()
    }

    /// A name that nothing else has: 24 letters and digits.
    pub(super) fn name(&mut self, seed: u64) -> String {
        self.named += 1;
        letters(&mut Chance::of(seed, &[self.named, u64::MAX]), 24)
    }

    /// Keeps a pickup until its delivery is asked for.
    pub(super) fn keep_pickup(&mut self, name: String, request: Value) {
        self.pickups.insert(name, request);
    }

    pub(super) fn take_pickup(&mut self, name: &str) -> Option<(String, Value)> {
        self.pickups.remove_entry(name)
    }

    /// Books it, under a name of the provider's; answers which one it is and its messages.
    pub(super) fn book(
        &mut self,
        plan: &Plan,
        reference: String,
        wanted: Wanted,
        now: Micros,
    ) -> (&Delivery, Vec<Telling>) {
        let number = self.all.len();
        let steps = life(plan, number, now);
        let delivery = Delivery {
            number,
            silent_from: silent_from(plan, number, steps.len()),
            steps,
            booked_at: now,
            courier: courier(plan.seed, number),
            ours: wanted.ours,
            request: wanted.request,
            pickup: wanted.pickup,
            reference,
        };
        self.by_reference.insert(delivery.reference.clone(), number);
        if let Some((pickup, _)) = &delivery.pickup {
            self.by_reference.insert(pickup.clone(), number);
        }
        self.by_name.entry(delivery.ours.clone()).or_default().push(number);
        let tellings = tellings(plan, &delivery, 0);
        self.all.push(delivery);
        (&self.all[number], tellings)
    }

    /// Calls it off, as whoever booked it wants; answers its message. None where it is too late.
    pub(super) fn cancel(
        &mut self,
        plan: &Plan,
        number: usize,
        may: impl Fn(Stage) -> bool,
        now: Micros,
    ) -> Option<Vec<Telling>> {
        let delivery = self.all.get_mut(number)?;
        if !may(delivery.now(now).stage) {
            return None;
        }
        delivery.steps.retain(|step| step.at <= now);
        delivery.steps.push(Step { stage: Stage::Canceled, at: now });
        Some(tellings(plan, delivery, delivery.steps.len() - 1))
    }
}

fn courier(seed: u64, number: usize) -> Courier {
    const NAMES: [&str; 8] = ["Kim", "Ana", "Lee", "Noor", "Sam", "Ines", "Max", "Ada"];
    let mut chance = Chance::of(seed, &[number as u64, COURIER]);
    let number = 1_000 + chance.below(9_000);
    let name = NAMES[chance.below(NAMES.len() as u64) as usize];
    Courier { number, name: name.to_owned(), phone: format!("+1415555{number:04}") }
}

fn letters(chance: &mut Chance, length: usize) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let letter = |_| char::from(LETTERS[chance.below(LETTERS.len() as u64) as usize]);
    (0..length).map(letter).collect()
}
