//! A day from its first order to the last drop-off, decision by decision.

use super::courier::{Courier, Task};
use super::instance::{Instance, Place};
use super::solution::{Delivered, Move, Pickup, Solution};
use doorstep_domain::dispatch::batch::{self, Match, Plan, Settings, Snapshot, Waiting};
use doorstep_domain::time::{Micros, SECOND_US};
use std::collections::BTreeMap;

/// Microseconds in a minute.
pub const MINUTE_US: i64 = 60 * SECOND_US;

/// How many minutes before their on-time couriers are planned with: shifts are known.
const KNOWN_AHEAD_MIN: i64 = 20;

/// Everybody carries as much as there is: the instances set no limit.
const ROOM: u32 = 1_000;

/// Whoever decides: `batch::plan`, or another. Travel times are those of the instance.
pub type Dispatch<'a> = dyn FnMut(&Snapshot<Place>, Micros) -> Plan + 'a;

/// Runs a day: every so many minutes everything is decided anew that may still be.
pub fn run(instance: &Instance, every_min: i64, dispatch: &mut Dispatch<'_>) -> Solution {
    let mut day = Day::new(instance, every_min.max(1));
    let placed = instance.orders.iter().map(|order| order.placed_min);
    let on = instance.couriers.iter().map(|shift| shift.on_min);
    let first_min = placed.chain(on).min().unwrap_or(0);
    let last_min = instance.couriers.iter().map(|shift| shift.off_min).max().unwrap_or(0);
    let mut now_min = first_min;
    while now_min <= last_min {
        day.settle(now_min);
        let snapshot = day.snapshot(now_min);
        if !snapshot.waiting.is_empty() {
            let plan = dispatch(&snapshot, Micros(now_min * MINUTE_US));
            day.follow(&plan, now_min);
        }
        now_min += day.every_min;
    }
    day.solution
}

/// The settings that an instance and its decisions ask for.
pub fn settings(instance: &Instance, every_min: i64) -> Settings {
    let of = &instance.parameters;
    Settings {
        every_us: every_min * MINUTE_US,
        pickup_us: of.pickup_min * MINUTE_US,
        dropoff_us: of.dropoff_min * MINUTE_US,
        target_us: of.target_min * MINUTE_US,
        longest_us: of.longest_min * MINUTE_US,
        ..Settings::default()
    }
}

struct Day<'a> {
    instance: &'a Instance,
    every_min: i64,
    couriers: Vec<Courier>,
    by_id: BTreeMap<&'a str, usize>,
    orders: BTreeMap<&'a str, usize>,
    picked_up: Vec<bool>,
    solution: Solution,
}

impl<'a> Day<'a> {
    fn new(instance: &'a Instance, every_min: i64) -> Day<'a> {
        let shifts = instance.couriers.iter();
        let by_id = shifts.clone().enumerate().map(|(index, shift)| (shift.id.as_str(), index));
        let orders = instance.orders.iter().enumerate();
        let moves = vec![Vec::new(); instance.couriers.len()];
        Day {
            instance,
            every_min,
            by_id: by_id.collect(),
            couriers: shifts.map(Courier::new).collect(),
            orders: orders.map(|(index, order)| (order.id.as_str(), index)).collect(),
            picked_up: vec![false; instance.orders.len()],
            solution: Solution { moves, ..Solution::default() },
        }
    }

    /// Whoever has arrived where nothing is to be picked up any more waits there.
    fn settle(&mut self, now_min: i64) {
        for courier in &mut self.couriers {
            let stands = |task: &Task| task.orders.is_empty() && task.arrives_min <= now_min;
            if let Some(task) = courier.task.take_if(|task| stands(task)) {
                let restaurant = &self.instance.restaurants[task.restaurant];
                courier.place = restaurant.place;
                courier.label.clone_from(&restaurant.id);
                courier.free_min = task.arrives_min;
            }
        }
    }

    fn snapshot(&self, now_min: i64) -> Snapshot<Place> {
        let mut holders: Vec<Option<usize>> = vec![None; self.instance.orders.len()];
        for (index, courier) in self.couriers.iter().enumerate() {
            let orders = courier.task.iter().flat_map(|task| &task.orders);
            orders.for_each(|order| holders[*order] = Some(index));
        }
        let orders = self.instance.orders.iter().zip(&holders).enumerate();
        let orders = orders
            .filter(|(index, (order, _))| order.placed_min <= now_min && !self.picked_up[*index]);
        let waiting = orders.map(|(_, (order, holder))| {
            let restaurant = &self.instance.restaurants[order.restaurant];
            Waiting {
                id: order.id.clone(),
                origin: restaurant.id.clone(),
                from: restaurant.place,
                to: order.place,
                requested_at: Micros(order.placed_min * MINUTE_US),
                ready_at: Micros(order.ready_min * MINUTE_US),
                size: 1,
                assigned_to: holder.map(|courier| self.instance.couriers[courier].id.clone()),
            }
        });
        let (waiting, known) = (waiting.collect(), 0..self.couriers.len());
        Snapshot { waiting, couriers: known.filter_map(|of| self.known(of, now_min)).collect() }
    }

    fn known(&self, of: usize, now_min: i64) -> Option<batch::Courier<Place>> {
        let (shift, courier) = (&self.instance.couriers[of], &self.couriers[of]);
        let soon = shift.on_min <= now_min + KNOWN_AHEAD_MIN && now_min <= shift.off_min;
        let restaurant = |task: &Task| &self.instance.restaurants[task.restaurant];
        let bound = courier.task.as_ref().map(|task| (restaurant(task), task.arrives_min));
        let place = bound.map_or(courier.place, |(restaurant, _)| restaurant.place);
        let free_min = bound.map_or(courier.free_min, |(_, arrives_min)| arrives_min);
        soon.then(|| batch::Courier {
            id: shift.id.clone(),
            place,
            free_at: Micros(free_min * MINUTE_US),
            off_at: Micros(shift.off_min * MINUTE_US),
            room: ROOM,
            bound_for: bound.map(|(restaurant, _)| restaurant.id.clone()),
            refused: Default::default(),
        })
    }

    /// Does what a plan says is due before the next decision.
    fn follow(&mut self, plan: &Plan, now_min: i64) {
        let mut told: Vec<Vec<usize>> = vec![Vec::new(); self.couriers.len()];
        for one in &plan.matches {
            let Some(courier) = self.by_id.get(one.courier.as_str()).copied() else { continue };
            let is_bound = self.couriers[courier].task.is_some();
            if is_bound || one.held.is_none() {
                told[courier] = self.orders_of(one);
            }
            if !is_bound && one.held.is_none() {
                self.send(courier, one, now_min);
            }
        }
        for (courier, orders) in told.into_iter().enumerate() {
            if let Some(task) = &mut self.couriers[courier].task {
                task.change(orders, now_min);
                self.pick_up(courier, now_min);
            }
        }
    }

    fn orders_of(&self, one: &Match) -> Vec<usize> {
        let of = one.stops.iter().filter_map(|stop| self.orders.get(stop.delivery.as_str()));
        of.copied().collect()
    }

    fn send(&mut self, of: usize, one: &Match, now_min: i64) {
        let restaurants = &self.instance.restaurants;
        let Some(to) = restaurants.iter().position(|to| to.id == one.origin) else { return };
        let orders = self.orders_of(one);
        let courier = &mut self.couriers[of];
        let departed_min = (one.leave_at.0 / MINUTE_US).max(now_min).max(courier.free_min);
        let way_min = self.instance.parameters.travel_min(courier.place, restaurants[to].place);
        self.solution.moves[of].push(Move {
            courier: one.courier.to_string(),
            departed_min,
            origin: courier.label.clone(),
            destination: one.origin.clone(),
        });
        courier.task = Some(Task {
            restaurant: to,
            arrives_min: departed_min + way_min,
            decided_min: now_min,
            orders,
        });
    }

    /// Picks up what is due before the next decision, and brings it.
    fn pick_up(&mut self, of: usize, now_min: i64) {
        let parameters = &self.instance.parameters;
        let due_min = |task: &Task| {
            let ready = task.orders.iter().map(|order| self.instance.orders[*order].ready_min);
            let there_min = task.arrives_min + parameters.pickup_min / 2;
            ready.max().map(|ready_min| ready_min.max(there_min).max(now_min))
        };
        let next_min = now_min + self.every_min;
        let is_due = |task: &mut Task| due_min(task).is_some_and(|due_min| due_min < next_min);
        let Some(task) = self.couriers[of].task.take_if(is_due) else { return };
        let Some(picked_up_min) = due_min(&task) else { return };
        let names = task.orders.iter().map(|order| self.instance.orders[*order].id.to_string());
        self.solution.pickups.push(Pickup {
            decided_min: task.decided_min,
            picked_up_min,
            courier: self.instance.couriers[of].id.to_string(),
            orders: names.collect(),
        });
        let restaurant = &self.instance.restaurants[task.restaurant];
        let courier = &mut self.couriers[of];
        (courier.place, courier.label) = (restaurant.place, restaurant.id.clone());
        courier.free_min = picked_up_min + parameters.pickup_min / 2;
        for order in task.orders {
            self.bring(of, order, picked_up_min);
        }
    }

    /// From where a courier is to the door of an order.
    fn bring(&mut self, of: usize, order: usize, picked_up_min: i64) {
        let (parameters, brought) = (&self.instance.parameters, &self.instance.orders[order]);
        let (name, courier) = (&self.instance.couriers[of].id, &mut self.couriers[of]);
        let destination = brought.id.to_string();
        let origin = std::mem::replace(&mut courier.label, destination.clone());
        let departed_min = courier.free_min;
        let arrives_min = departed_min + parameters.travel_min(courier.place, brought.place);
        (courier.place, courier.free_min) = (brought.place, arrives_min + parameters.dropoff_min);
        let name = name.to_string();
        self.solution.deliveries.push(Delivered {
            order: destination.clone(),
            placed_min: brought.placed_min,
            ready_min: brought.ready_min,
            picked_up_min,
            delivered_min: arrives_min + parameters.dropoff_min / 2,
            courier: name.clone(),
        });
        self.solution.moves[of].push(Move { courier: name, departed_min, origin, destination });
        self.picked_up[order] = true;
    }
}
