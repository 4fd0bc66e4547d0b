//! When a cab was on duty: its trips with no long break between them.

use super::{MARKET, Ride, SOURCE};
use crate::chance::Chance;
use crate::event::{Kind, SimEvent};
use doorstep_domain::time::{Micros, SECOND_US};
use std::collections::BTreeMap;

/// A longer break between two trips ends a shift.
const BREAK_S_MAX: i64 = 2 * 3_600;

/// A courier's time online, in seconds since 1970.
pub(super) struct Shift {
    courier: String,
    number: usize,
    pub(super) online_s: i64,
    pub(super) offline_s: i64,
}

/// The shifts of all couriers; each begins and ends some minutes around its rides.
pub(super) fn of(seed: u64, rides: &[Ride]) -> Vec<Shift> {
    let mut by_courier: BTreeMap<&str, Vec<&Ride>> = BTreeMap::new();
    for ride in rides {
        by_courier.entry(&ride.courier).or_default().push(ride);
    }
    let mut shifts = Vec::new();
    for (courier, mut rides) in by_courier {
        rides.sort_by_key(|ride| (ride.picked_up_s, ride.number));
        let together = |a: &&Ride, b: &&Ride| b.picked_up_s - a.delivered_s <= BREAK_S_MAX;
        for (index, rides) in rides.chunk_by(together).enumerate() {
            shifts.extend(shift(seed, courier, index + 1, rides));
        }
    }
    shifts
}

fn shift(seed: u64, courier: &str, number: usize, rides: &[&Ride]) -> Option<Shift> {
    let first = rides.first()?;
    let mut chance = Chance::of(seed, &[first.number as u64, number as u64]);
    let assigned_s = rides.iter().map(|ride| ride.assigned_s).min()?;
    let delivered_s = rides.iter().map(|ride| ride.delivered_s).max()?;
    Some(Shift {
        courier: courier.to_owned(),
        number,
        online_s: assigned_s - chance.between(60, 600),
        offline_s: delivered_s + chance.between(60, 600),
    })
}

impl Shift {
    pub(super) fn events(&self) -> [SimEvent; 2] {
        let event = |kind, suffix, at_s: i64| SimEvent {
            id: format!("{}-shift-{}-{suffix}", self.courier, self.number),
            source: SOURCE.to_owned(),
            kind,
            subject: self.courier.clone(),
            at: Micros(at_s * SECOND_US),
            market: MARKET.to_owned(),
            courier_id: None,
            completed: None,
        };
        [event(Kind::Online, "on", self.online_s), event(Kind::Offline, "off", self.offline_s)]
    }
}
