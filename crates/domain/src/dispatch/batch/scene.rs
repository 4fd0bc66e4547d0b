//! A snapshot in order, with what every cost needs to know of it.

use super::bundle::Bundle;
use super::cost::Times;
use super::{Courier, Held, Match, Reason, Settings, Snapshot, Stop, Waiting};
use crate::id::DeliveryId;
use crate::time::Micros;
use std::collections::BTreeMap;

/// Everything that a plan is computed from; deliveries and couriers are named by index.
pub(super) struct Scene<'a, P, T> {
    pub(super) settings: &'a Settings,
    pub(super) travel: T,
    pub(super) now: Micros,
    pub(super) waiting: Vec<&'a Waiting<P>>,
    pub(super) couriers: Vec<&'a Courier<P>>,
    pub(super) origins: Vec<Origin<'a, P>>,
    /// Who has taken each delivery, where they are known.
    pub(super) assigned: Vec<Option<usize>>,
    /// From the pickup of each delivery to its door, alone, in microseconds.
    pub(super) alone_us: Vec<i64>,
}

/// A place where deliveries wait.
pub(super) struct Origin<'a, P> {
    pub(super) name: &'a str,
    pub(super) place: P,
    pub(super) stops: Vec<usize>,
    /// The couriers who would arrive first: who, and how long their way is, in microseconds.
    pub(super) near: Vec<(usize, i64)>,
}

impl<'a, P: Copy, T: Fn(P, P) -> i64> Scene<'a, P, T> {
    pub(super) fn new(
        snapshot: &'a Snapshot<P>,
        settings: &'a Settings,
        travel: T,
        now: Micros,
    ) -> Scene<'a, P, T> {
        let mut waiting: Vec<&Waiting<P>> = snapshot.waiting.iter().collect();
        waiting.sort_by(|one, other| one.id.cmp(&other.id));
        waiting.dedup_by(|one, other| one.id == other.id);
        let mut couriers: Vec<&Courier<P>> = snapshot.couriers.iter().collect();
        couriers.sort_by(|one, other| one.id.cmp(&other.id));
        couriers.dedup_by(|one, other| one.id == other.id);
        let holder = |delivery: &&Waiting<P>| {
            let id = delivery.assigned_to.as_ref()?;
            couriers.binary_search_by(|courier| courier.id.cmp(id)).ok()
        };
        let assigned = waiting.iter().map(holder).collect();
        let alone_us = waiting.iter().map(|delivery| {
            let half_us = settings.pickup_us / 2 + settings.dropoff_us / 2;
            travel(delivery.from, delivery.to) + half_us
        });
        let alone_us = alone_us.collect();
        let origins = Vec::new();
        let mut scene =
            Scene { settings, travel, now, waiting, couriers, origins, assigned, alone_us };
        scene.origins = scene.grouped();
        scene
    }

    fn grouped(&self) -> Vec<Origin<'a, P>> {
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (stop, delivery) in self.waiting.iter().enumerate() {
            by_name.entry(&delivery.origin).or_default().push(stop);
        }
        let origin = |(name, stops): (&'a str, Vec<usize>)| {
            let place = self.waiting[stops[0]].from;
            let near = self.near(name, place, &stops);
            Origin { name, place, stops, near }
        };
        by_name.into_iter().map(origin).collect()
    }

    /// For each of the stops, the couriers who would be there first of those who can carry it.
    fn near(&self, name: &str, place: P, stops: &[usize]) -> Vec<(usize, i64)> {
        let mut near = Vec::new();
        for (index, courier) in self.couriers.iter().enumerate() {
            if courier.bound_for.as_ref().is_none_or(|origin| origin == name) {
                let way_us = (self.travel)(courier.place, place);
                let arrive = courier.free_at.max(self.now).plus(way_us);
                if way_us <= self.settings.reach_us && arrive <= courier.off_at {
                    near.push((arrive, index, way_us));
                }
            }
        }
        near.sort_unstable();
        let mut wanted = vec![false; near.len()];
        for stop in stops {
            let able = near.iter().zip(&mut wanted).filter(|((_, courier, _), _)| {
                let of = self.couriers[*courier];
                self.waiting[*stop].size <= of.room && !self.refuses(of, *stop)
            });
            able.take(self.settings.candidates).for_each(|(_, wanted)| *wanted = true);
        }
        let near = near.into_iter().zip(wanted).filter(|(_, wanted)| *wanted);
        near.map(|((_, index, way_us), _)| (index, way_us)).collect()
    }

    fn refuses(&self, courier: &Courier<P>, stop: usize) -> bool {
        !courier.refused.is_empty() && courier.refused.contains(&self.waiting[stop].id)
    }

    /// When a courier would do what; none where they cannot.
    pub(super) fn times(&self, (courier, way_us): (usize, i64), bundle: &Bundle) -> Option<Times> {
        let (settings, of) = (self.settings, self.couriers[courier]);
        let half_us = settings.pickup_us / 2;
        let start = if of.bound_for.is_some() { of.free_at } else { of.free_at.max(self.now) };
        let arrived = start.plus(way_us);
        let pickup_at = arrived.plus(half_us).max(bundle.ready_at).max(self.now);
        let just_in_time = pickup_at.plus(-half_us - way_us - settings.early_us);
        let able = bundle.size <= of.room
            && pickup_at <= of.off_at
            && !bundle.stops.iter().any(|stop| self.refuses(of, *stop));
        able.then_some(Times { leave_at: just_in_time.max(start), pickup_at })
    }

    /// What was found, in words of the snapshot.
    pub(super) fn matched(&self, courier: usize, bundle: &Bundle) -> Option<Match> {
        let origin = &self.origins[bundle.origin];
        let near = origin.near.iter().find(|(near, _)| *near == courier)?;
        let times = self.times(*near, bundle)?;
        let stop = |(stop, after_us): (&usize, &i64)| Stop {
            delivery: self.waiting[*stop].id.clone(),
            at: times.pickup_at.plus(*after_us),
        };
        let of = self.couriers[courier];
        let next = self.now.plus(self.settings.every_us);
        let held = match (of.free_at > self.now, times.leave_at >= next) {
            (true, _) => Some(Held::CourierBusy),
            (false, true) => Some(Held::NotReady),
            (false, false) => None,
        };
        Some(Match {
            courier: of.id.clone(),
            origin: origin.name.to_owned(),
            stops: bundle.stops.iter().zip(&bundle.after_us).map(stop).collect(),
            leave_at: times.leave_at,
            pickup_at: times.pickup_at,
            held,
            cost: self.cost(courier, bundle, times),
        })
    }

    /// Why a delivery has nobody.
    pub(super) fn left(&self, stop: usize) -> (DeliveryId, Reason) {
        let delivery = self.waiting[stop];
        let of = self.origins.iter().position(|origin| origin.name == delivery.origin);
        let somebody = of.is_some_and(|origin| {
            let bundle = self.bundle(origin, vec![stop]);
            let near = &self.origins[origin].near;
            near.iter().any(|near| self.times(*near, &bundle).is_some())
        });
        let reason = if somebody { Reason::CouriersNeeded } else { Reason::NoCourier };
        (delivery.id.clone(), reason)
    }
}
