//! A fleet that never was: couriers who drive, turn and stop in a city, and tell where they are.
//!
//! Where a courier is, is a pure function of seed, courier and time. Nothing is stored, so that a
//! million couriers need no more memory than one, and any instant can be asked for first.

mod dirt;
mod name;
mod route;

pub use name::{Name, name};

use crate::chance::Chance;
use dirt::Fault;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::{Ping, Position};
use route::Ground;

/// What fleet to make.
#[derive(Debug, Clone)]
pub struct FleetPlan {
    /// The same seed makes the same fleet.
    pub seed: u64,
    /// How many couriers, at least one.
    pub couriers: u32,
    /// Where most of them are.
    pub center: Position,
    /// How often each courier tells where it is, in microseconds.
    pub every_us: i64,
    /// How many pings of ten thousand are told late, twice, in the wrong order, or are nonsense.
    pub dirt_bp: u32,
}

/// A fleet and its schedule: ping `number` is courier `number % couriers`, and due evenly spread.
#[derive(Debug, Clone)]
pub struct Fleet {
    plan: FleetPlan,
    ground: Ground,
}

/// Makes a fleet.
pub fn fleet(mut plan: FleetPlan) -> Fleet {
    plan.couriers = plan.couriers.max(1);
    plan.every_us = plan.every_us.max(1);
    Fleet { ground: Ground::around(plan.center), plan }
}

impl Fleet {
    /// What the fleet was made of.
    pub fn plan(&self) -> &FleetPlan {
        &self.plan
    }

    /// When a ping is due, in microseconds after the first one.
    pub fn due_us(&self, number: u64) -> i64 {
        let couriers = u64::from(self.plan.couriers);
        let (round, courier) = (number / couriers, number % couriers);
        let whole = self.plan.every_us.saturating_mul(i64::try_from(round).unwrap_or(i64::MAX));
        let part = i128::from(self.plan.every_us) * i128::from(courier) / i128::from(couriers);
        whole.saturating_add(i64::try_from(part).unwrap_or(i64::MAX))
    }

    /// How many pings are due in the first microseconds.
    pub fn due_before(&self, length_us: i64) -> u64 {
        let couriers = i128::from(self.plan.couriers);
        let about = i128::from(length_us.max(0)) * couriers / i128::from(self.plan.every_us);
        // Each is due at a whole microsecond, so that one more may be, or one less.
        let about = u64::try_from(about).unwrap_or(u64::MAX).saturating_sub(1);
        let more = (about..).take_while(|number| self.due_us(*number) < length_us).count();
        about + more as u64
    }

    /// What a courier tells at an instant, if all is well.
    pub fn ping(&self, courier: u32, at: Micros) -> Ping {
        let place = self.ground.place(self.plan.seed, courier, at.0);
        // What a device says beside its position is drawn anew each minute.
        let minute = at.0.div_euclid(60_000_000).unsigned_abs();
        let mut chance = Chance::of(self.plan.seed, &[u64::from(courier), minute, 1]);
        let accuracy_dm = u16::try_from(chance.between(30, 150)).ok();
        let battery_percent = u8::try_from(chance.between(15, 100)).ok();
        Ping {
            at,
            position: place.position,
            accuracy_dm,
            speed_cm_s: Some(place.speed_cm_s),
            heading_cdeg: Some(place.heading_cdeg),
            battery_percent,
        }
    }

    /// Tells what arrives when ping `number` is due: that ping, and with dirt also another one or
    /// none. `began` is the instant of ping 0.
    pub fn tell(&self, began: Micros, number: u64, mut each: impl FnMut(u32, Ping)) {
        let couriers = u64::from(self.plan.couriers);
        let courier = u32::try_from(number % couriers).unwrap_or(0);
        let ping = |number| self.ping(courier, began.plus(self.due_us(number)));
        let fault = |number| dirt::fault(&self.plan, courier, number / couriers);
        match fault(number) {
            Fault::None => each(courier, ping(number)),
            Fault::Twice => {
                each(courier, ping(number));
                each(courier, ping(number));
            }
            Fault::Jump => each(courier, dirt::jumped(&ping(number), number)),
            Fault::AfterTheNext | Fault::Late => {}
        }
        if self.plan.dirt_bp > 0 {
            let held_back = [(1, Fault::AfterTheNext), (dirt::LATE_ROUNDS, Fault::Late)];
            for (rounds, why) in held_back {
                let earlier = number.checked_sub(rounds * couriers);
                if let Some(earlier) = earlier.filter(|earlier| fault(*earlier) == why) {
                    each(courier, ping(earlier));
                }
            }
        }
    }
}
