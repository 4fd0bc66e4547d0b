//! A board as a plan takes it: all that waits, and everybody who could carry it, now or soon.

use super::{Board, Carried, Waiting};
use crate::dispatch::estimate::profile_of;
use crate::dispatch::matcher::batch::Spot;
use crate::dispatch::told::Wanted;
use crate::places::straight;
use doorstep_domain::dispatch::batch::{self, Courier, Snapshot};
use doorstep_domain::dispatch::{Rings, Status};
use doorstep_domain::id::DeliveryId;
use doorstep_domain::time::{HOUR_US, Micros, SECOND_US};
use doorstep_domain::tracking::Position;
use std::collections::{BTreeSet, HashMap};

/// Nobody tells here when their work ends: a shift is as long as need be.
const SHIFT_US: i64 = 12 * HOUR_US;

/// Seconds at a door, for couriers who are on their way to one.
const DOOR_S: f64 = 120.0;

impl Board {
    /// Whether it is time to plan; from now on it is not, for `every_us`.
    pub(in crate::dispatch) fn plans_now(&mut self, now: Micros, every_us: i64) -> bool {
        let due = now >= self.plans_at;
        if due {
            self.plans_at = now.plus(every_us);
        }
        due
    }

    /// Everything that could be planned now. `seen` is where somebody is; `replans` is whether what
    /// was accepted, and not picked up, is planned anew.
    pub(in crate::dispatch) fn snapshot(
        &self,
        rings: &Rings,
        replans: bool,
        seen: &dyn Fn(&str) -> Option<Position>,
        now: Micros,
    ) -> Snapshot<Spot> {
        let mut waiting: Vec<batch::Waiting<Spot>> = self
            .waiting
            .iter()
            .filter(|(_, waiting)| waiting.may_be_planned(rings, now))
            .filter_map(|(delivery, waiting)| planned(delivery, &waiting.wanted, None))
            .collect();
        let mut by_courier: HashMap<&str, Vec<(&str, &Carried)>> = HashMap::new();
        for (delivery, carried) in &self.carried {
            by_courier.entry(&carried.courier).or_default().push((delivery, carried));
        }
        if replans {
            let accepted = |(_, carried): &(&String, &Carried)| carried.status == Status::Assigned;
            waiting.extend(self.carried.iter().filter(accepted).filter_map(
                |(delivery, carried)| planned(delivery, &carried.wanted, Some(&carried.courier)),
            ));
        }
        let refusals = self.refusals();
        let couriers = self.couriers.iter().filter_map(|(id, known)| {
            if known.is_asked(now) {
                return None;
            }
            let carries = by_courier.get(id.as_str()).map_or(&[][..], Vec::as_slice);
            let mut courier = Courier {
                id: id.parse().ok()?,
                place: Spot { at: seen(id)?, by: profile_of(known.vehicle) },
                free_at: now,
                off_at: now.plus(SHIFT_US),
                room: u32::try_from(known.capacity).unwrap_or(0),
                bound_for: None,
                refused: refusals.get(id.as_str()).cloned().unwrap_or_default(),
            };
            engage(&mut courier, carries, replans);
            Some(courier)
        });
        let couriers = couriers.collect();
        Snapshot { waiting, couriers }
    }

    /// What nobody is to be asked for again, by courier.
    fn refusals(&self) -> HashMap<&str, BTreeSet<DeliveryId>> {
        let mut refusals: HashMap<&str, BTreeSet<_>> = HashMap::new();
        for (delivery, waiting) in &self.waiting {
            let Ok(id) = delivery.parse::<DeliveryId>() else {
                continue;
            };
            let unfit = self
                .couriers
                .iter()
                .filter(|(_, known)| !known.vehicle.takes(&waiting.wanted.package()));
            let unfit = unfit.map(|(courier, _)| courier);
            for courier in waiting.asked.iter().chain(&waiting.declined).chain(unfit) {
                refusals.entry(courier).or_default().insert(id.clone());
            }
        }
        refusals
    }
}

impl Waiting {
    /// Whether its search has begun, and whoever was asked last has had their time.
    fn may_be_planned(&self, rings: &Rings, now: Micros) -> bool {
        let begun = now >= self.search(now).begins_at(rings);
        let asked_at = self.open.values().map(|until| until.plus(-rings.offer_for_us)).max();
        begun && asked_at.is_none_or(|asked_at| now >= asked_at.plus(rings.widen_after_us))
    }
}

fn planned(
    delivery: &str,
    wanted: &Wanted,
    courier: Option<&String>,
) -> Option<batch::Waiting<Spot>> {
    Some(batch::Waiting {
        id: delivery.parse().ok()?,
        origin: origin_name(wanted.origin()),
        from: Spot::door(wanted.origin()),
        to: Spot::door(wanted.destination()),
        requested_at: wanted.since,
        ready_at: wanted.ready_at,
        size: 1,
        assigned_to: courier.and_then(|courier| courier.parse().ok()),
    })
}

/// Places within ten metres are one origin.
fn origin_name(at: Position) -> String {
    format!("{},{}", at.lat_e7.div_euclid(1_000), at.lng_e7.div_euclid(1_000))
}

/// Where and when somebody who carries is free: behind the last door, one after another as they
/// took them; who is on the way to a package is bound for it.
fn engage(courier: &mut Courier<Spot>, carries: &[(&str, &Carried)], replans: bool) {
    let is_before = |carried: &Carried| carried.status.is_before_pickup();
    let (before, mut with): (Vec<_>, Vec<_>) =
        carries.iter().map(|(_, carried)| *carried).partition(|carried| is_before(carried));
    with.sort_by_key(|carried| carried.since);
    for carried in with {
        go(courier, carried.wanted.destination());
    }
    let kept = before.iter().find(|carried| !replans || carried.status != Status::Assigned);
    if let Some(carried) = kept {
        let origin = carried.wanted.origin();
        go(courier, origin);
        courier.bound_for = Some(origin_name(origin));
        let taken = u32::try_from(before.len()).unwrap_or(u32::MAX);
        courier.room = courier.room.saturating_sub(taken);
    }
}

fn go(courier: &mut Courier<Spot>, to: Position) {
    let Spot { at, by } = courier.place;
    let seconds = straight(at, to, by).duration_ms as f64 / 1_000.0 + DOOR_S;
    courier.free_at = courier.free_at.plus((seconds * SECOND_US as f64).round() as i64);
    courier.place.at = to;
}
