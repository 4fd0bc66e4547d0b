//! One courier through their day: every way begins where the last one ended, not before it was
//! over, and every pickup and drop-off happens where somebody is.

use super::{Assigned, Claimed, Given, Shift, Way};
use std::collections::BTreeMap;

/// Follows a courier; the minutes driven and in service.
pub(super) fn follow(
    given: &Given,
    claimed: &Claimed,
    courier: &str,
    faults: &mut Vec<String>,
) -> i64 {
    let Some(shift) = given.shifts.get(courier) else {
        faults.push(format!("courier {courier} is not of this instance"));
        return 0;
    };
    let mut rows: Vec<&Assigned> =
        claimed.assigned.iter().filter(|row| row.courier == courier).collect();
    rows.sort_by_key(|row| row.pickup);
    let ways = claimed.ways.get(courier).map_or(&[][..], Vec::as_slice);
    let mut walk = Walk {
        given,
        claimed,
        courier,
        shift,
        faults,
        at: "0".to_owned(),
        free: shift.on,
        arrived: shift.on,
        departed: shift.on,
        busy: 0,
        carried: Vec::new(),
        seen: BTreeMap::new(),
    };
    let mut rows = rows.into_iter();
    for way in ways {
        walk.step(way, &mut rows);
    }
    if !walk.carried.is_empty() {
        let left = walk.carried.join(", ");
        walk.fault(format!("never brings {left} [5]"));
    }
    if rows.next().is_some() {
        walk.fault("has an assignment without its ways [7]".to_owned());
    }
    walk.busy
}

struct Walk<'a> {
    given: &'a Given,
    claimed: &'a Claimed,
    courier: &'a str,
    shift: &'a Shift,
    faults: &'a mut Vec<String>,
    at: String,
    /// When the next way may begin.
    free: i64,
    arrived: i64,
    /// When the way to where they are began.
    departed: i64,
    busy: i64,
    /// Orders on board, the next one first.
    carried: Vec<String>,
    seen: BTreeMap<String, i64>,
}

impl<'a> Walk<'a> {
    fn fault(&mut self, what: String) {
        self.faults.push(format!("courier {}: {what}", self.courier));
    }

    fn place(&self, name: &str) -> Option<(f64, f64)> {
        if name == "0" { Some(self.shift.at) } else { self.given.places.get(name).copied() }
    }

    fn step(&mut self, way: &Way, rows: &mut impl Iterator<Item = &'a Assigned>) {
        if way.from != self.at {
            self.fault(format!("is at {} and departs from {} [6]", self.at, way.from));
        }
        let (Some(from), Some(to)) = (self.place(&way.from), self.place(&way.to)) else {
            self.fault(format!("goes from {} to {}, which is nowhere [6]", way.from, way.to));
            return;
        };
        let to_order = self.given.orders.contains_key(&way.to);
        if to_order && self.carried.is_empty() {
            match rows.next() {
                Some(row) => self.pick_up(row),
                None => self.fault(format!("brings {} without an assignment [5]", way.to)),
            }
        }
        if way.departure < self.free {
            self.fault(format!("departs from {} before they are free [6]", way.from));
        }
        let minutes = self.given.travel(from, to);
        (self.departed, self.arrived) = (way.departure, way.departure + minutes);
        self.at.clone_from(&way.to);
        self.busy += minutes;
        if to_order {
            self.drop_off(&way.to);
        } else {
            self.go_for_more(way);
        }
    }

    /// At a restaurant, with what is to be picked up there.
    fn pick_up(&mut self, row: &Assigned) {
        let half = self.given.pickup_half;
        if row.pickup < self.arrived + half {
            self.fault(format!("picks up at {} before they have parked [7]", row.pickup));
        }
        if row.pickup > self.shift.off {
            self.fault(format!("picks up at {} after their off-time [3]", row.pickup));
        }
        // Nobody can be told anything on the way: before it, or when they have arrived.
        if row.decided > row.pickup || (self.departed < row.decided && row.decided < self.arrived) {
            self.fault(format!("is told at {}, on the way or too late [6]", row.decided));
        }
        for order in &row.orders {
            let asked = self.given.orders.get(order);
            if asked.is_none_or(|asked| asked.restaurant != self.at) {
                self.fault(format!("is at {} for {order}, which is not there [7]", self.at));
            }
        }
        self.carried.clone_from(&row.orders);
        self.busy += 2 * half;
        self.free = row.pickup + half;
    }

    fn drop_off(&mut self, order: &str) {
        let half = self.given.dropoff_half;
        if self.carried.first().map(String::as_str) == Some(order) {
            self.carried.remove(0);
        } else {
            self.fault(format!("brings {order} out of turn [5]"));
        }
        if self.seen.insert(order.to_owned(), self.arrived).is_some() {
            self.fault(format!("brings {order} twice [1]"));
        }
        let told = self.claimed.done.get(order).map(|done| done.drop);
        if told != Some(self.arrived + half) {
            self.fault(format!("drops {order} at {}, not at {told:?} [8]", self.arrived + half));
        }
        self.busy += 2 * half;
        self.free = self.arrived + 2 * half;
    }

    fn go_for_more(&mut self, way: &Way) {
        if !self.carried.is_empty() {
            self.fault(format!("goes to {} with orders on board [5]", way.to));
        }
        self.free = self.arrived;
    }
}
