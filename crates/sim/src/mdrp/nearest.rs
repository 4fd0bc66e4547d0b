//! The nearest free courier when an order is placed, first come, first served: what batches are
//! measured against.

use super::instance::Place;
use doorstep_domain::dispatch::batch::{
    Cost, Courier, Match, Plan, Reason, Settings, Snapshot, Stop, Waiting,
};
use doorstep_domain::time::Micros;
use std::collections::BTreeSet;

/// Each order in turn to whoever would be there first, of those who are free; nothing is held,
/// bundled or planned anew.
pub fn nearest(
    snapshot: &Snapshot<Place>,
    settings: &Settings,
    travel: impl Fn(Place, Place) -> i64,
    now: Micros,
) -> Plan {
    let (mut plan, mut taken) = (Plan::default(), BTreeSet::new());
    let (kept, mut new): (Vec<_>, Vec<_>) =
        snapshot.waiting.iter().partition(|order| order.assigned_to.is_some());
    new.sort_by(|one, other| (one.requested_at, &one.id).cmp(&(other.requested_at, &other.id)));
    for order in kept {
        let holder = snapshot.couriers.iter().find(|of| Some(&of.id) == order.assigned_to.as_ref());
        plan.matches.extend(holder.map(|of| matched(order, of, settings, &travel, now)));
    }
    for order in new {
        let idle = snapshot
            .couriers
            .iter()
            .filter(|of| of.bound_for.is_none() && of.free_at <= now && !taken.contains(&of.id));
        let able = idle.map(|of| matched(order, of, settings, &travel, now));
        let off = |one: &Match| {
            let of = snapshot.couriers.iter().find(|of| of.id == one.courier);
            of.is_none_or(|of| one.pickup_at > of.off_at)
        };
        let way_us = |one: &Match| one.cost.work;
        let nearest = able
            .filter(|one| !off(one))
            .min_by(|one, other| (way_us(one), &one.courier).cmp(&(way_us(other), &other.courier)));
        match nearest {
            Some(nearest) => {
                taken.insert(nearest.courier.clone());
                plan.matches.push(nearest);
            }
            None => plan.left.push((order.id.clone(), Reason::NoCourier)),
        }
    }
    plan
}

/// A courier and one order; the cost is the way to the restaurant.
fn matched(
    order: &Waiting<Place>,
    courier: &Courier<Place>,
    settings: &Settings,
    travel: &impl Fn(Place, Place) -> i64,
    now: Micros,
) -> Match {
    let way_us = travel(courier.place, order.from);
    let leave_at = if courier.bound_for.is_some() { courier.free_at } else { now };
    let arrived = leave_at.max(courier.free_at).plus(way_us + settings.pickup_us / 2);
    let pickup_at = arrived.max(order.ready_at).max(now);
    let after_us = settings.pickup_us / 2 + settings.dropoff_us / 2;
    let at = pickup_at.plus(travel(order.from, order.to) + after_us);
    Match {
        courier: courier.id.clone(),
        origin: order.origin.clone(),
        stops: vec![Stop { delivery: order.id.clone(), at }],
        leave_at,
        pickup_at,
        held: None,
        cost: Cost { work: way_us, ..Cost::default() },
    }
}
