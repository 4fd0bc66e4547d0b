//! Couriers by number and by name.

use super::Spot;
use crate::CourierState;
use doorstep_domain::tracking::Ping;
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::{hash::BuildHasher, sync::Arc};

/// A ping, whose it is, and the hash of the name.
pub(crate) struct Arrival<'a> {
    hash: u32,
    pub(super) courier: &'a str,
    pub(super) ping: Ping,
}

/// What can be done before the lock is held.
pub(crate) fn prepare<'a>((courier, ping): (&'a str, Ping)) -> Arrival<'a> {
    Arrival { hash: hash(courier), courier, ping }
}

/// What is known of one courier: one line of the processor's cache.
#[repr(align(64))]
pub(super) struct Courier {
    pub(super) name: Arc<str>,
    pub(super) ping: Ping,
    pub(super) market: u32,
    pub(super) spot: Spot,
    pub(super) state: CourierState,
    pub(super) is_doubted: bool,
}

/// Numbers are given in the order of arrival and never taken back.
#[derive(Default)]
pub(super) struct Roster {
    couriers: Vec<Courier>,
    by_name: HashTable<Named>,
}

/// The hash stays beside the number, so that a growing table need not read the names again.
struct Named {
    hash: u32,
    number: u32,
}

impl Roster {
    pub(super) fn len(&self) -> usize {
        self.couriers.len()
    }

    pub(super) fn find(&self, arrival: &Arrival<'_>) -> Option<u32> {
        let same = |named: &Named| {
            named.hash == arrival.hash && *self.courier(named.number).name == *arrival.courier
        };
        self.by_name.find(spread(arrival.hash), same).map(|named| named.number)
    }

    pub(super) fn number(&self, courier: &str) -> Option<u32> {
        let hash = hash(courier);
        let same =
            |named: &Named| named.hash == hash && *self.courier(named.number).name == *courier;
        self.by_name.find(spread(hash), same).map(|named| named.number)
    }

    /// The number that the next to be added will have.
    pub(super) fn next_number(&self) -> u32 {
        self.couriers.len() as u32
    }

    pub(super) fn add(&mut self, arrival: &Arrival<'_>, courier: Courier) {
        let named = Named { hash: arrival.hash, number: self.next_number() };
        self.by_name.insert_unique(spread(named.hash), named, |named| spread(named.hash));
        self.couriers.push(courier);
    }

    pub(super) fn courier(&self, number: u32) -> &Courier {
        &self.couriers[number as usize]
    }

    pub(super) fn courier_mut(&mut self, number: u32) -> &mut Courier {
        &mut self.couriers[number as usize]
    }

    pub(super) fn name(&self, number: u32) -> &Arc<str> {
        &self.courier(number).name
    }
}

/// A fixed seed: names are registered by the operator, and the same input gives the same numbers.
fn hash(courier: &str) -> u32 {
    FixedState::with_seed(0).hash_one(courier) as u32
}

/// The table takes its bucket from the low bits and its tag from the high ones.
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}
