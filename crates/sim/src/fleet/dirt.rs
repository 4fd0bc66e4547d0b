//! What goes wrong on the way: each ping's fault is drawn from its own courier and round.

use super::FleetPlan;
use crate::chance::Chance;
use doorstep_domain::tracking::{Ping, Position};

/// How many rounds later a late ping arrives.
pub(super) const LATE_ROUNDS: u64 = 20;

/// How far a jump goes, in 10⁻⁷ degrees: half a degree of latitude, some 55 km.
const JUMP_E7: i32 = 5_000_000;

/// What becomes of a ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// Told twice, as by a phone that heard no answer.
    Twice,
    /// Told after the one that follows it.
    AfterTheNext,
    /// Told [`LATE_ROUNDS`] rounds later, as from a tunnel.
    Late,
    /// Told from a place where nobody was.
    Jump,
}

/// What becomes of the ping of a courier in a round.
pub(super) fn fault(plan: &FleetPlan, courier: u32, round: u64) -> Fault {
    if plan.dirt_bp == 0 {
        return Fault::None;
    }
    let mut chance = Chance::of(plan.seed, &[u64::from(courier), round, 2]);
    if !chance.happens(plan.dirt_bp) {
        return Fault::None;
    }
    match chance.below(4) {
        0 => Fault::Twice,
        1 => Fault::AfterTheNext,
        2 => Fault::Late,
        _ => Fault::Jump,
    }
}

/// The same ping from far away, towards the equator so that it stays on the map.
pub(super) fn jumped(ping: &Ping, number: u64) -> Ping {
    let Position { lat_e7, lng_e7 } = ping.position;
    let by = if lat_e7 > 0 { -JUMP_E7 } else { JUMP_E7 };
    // Two jumps never agree with each other, as two reflections do not.
    let aside = i32::try_from(number % 97).unwrap_or(0) * 10_000;
    let lng_e7 = if lng_e7 > 0 { lng_e7 - aside } else { lng_e7 + aside };
    Ping { position: Position { lat_e7: lat_e7 + by, lng_e7 }, ..*ping }
}
