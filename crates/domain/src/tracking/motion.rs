//! Motion: does a ping move its courier? The newest wins, and nobody is carried off by one fault
//! of a receiver; nor held back by it, for what is said twice is believed.

use super::Ping;
use crate::limits::SPEED_M_S_MAX;

/// Most metres that one unit of 10⁻⁷ degrees can be, along a meridian or the equator.
const METRES_PER_E7: f64 = 0.011_132;

/// Clocks of receivers tick in seconds: between two ticks a second may have passed.
const SECONDS_MIN: f64 = 1.0;

/// What a ping does to the standing of its courier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step {
    /// The courier is seen for the first time.
    First,
    /// The courier is there now.
    Moves,
    /// Something newer, or the same, is known already.
    Stale,
    /// Nobody moves so fast; to be kept as the doubt that the next ping may confirm.
    Implausible {
        /// Metres per second that it would have taken.
        speed_mps: f64,
    },
}

/// Judges `next` against where the courier stands (`last`) and the newest ping that was not
/// believed since (`doubted`).
///
/// The newest `at` wins, of the same instant the later arrival. A ping that would take more than
/// [`SPEED_M_S_MAX`] is not believed, unless it agrees with another one that was not: then the
/// courier is there.
pub fn step(last: Option<&Ping>, doubted: Option<&Ping>, next: &Ping) -> Step {
    let Some(last) = last else {
        return Step::First;
    };
    if next.at < last.at || next == last {
        return Step::Stale;
    }
    if is_reachable(last, next) {
        return Step::Moves;
    }
    // The same ping sent twice is no second witness.
    let confirms = |doubted: &&Ping| doubted.at != next.at && is_reachable(doubted, next);
    if doubted.filter(confirms).is_some() {
        return Step::Moves;
    }
    Step::Implausible { speed_mps: last.position.distance_m(next.position) / seconds(last, next) }
}

fn is_reachable(from: &Ping, to: &Ping) -> bool {
    let most_m = SPEED_M_S_MAX * seconds(from, to);
    let north_e7 = from.position.lat_e7.abs_diff(to.position.lat_e7);
    let east_e7 = from.position.lng_e7.abs_diff(to.position.lng_e7);
    // Along the two sides it is never nearer than straight, and nearly always near enough.
    (f64::from(north_e7) + f64::from(east_e7)) * METRES_PER_E7 <= most_m
        || from.position.distance_m(to.position) <= most_m
}

fn seconds(from: &Ping, to: &Ping) -> f64 {
    (from.at.0.abs_diff(to.at.0) as f64 / 1e6).max(SECONDS_MIN)
}
