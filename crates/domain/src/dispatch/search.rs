//! Whom to offer a delivery, nearest first: a few at once, and more in a wider ring where nobody
//! answers (C6).

use crate::time::{Micros, SECOND_US};

/// How a market looks for couriers. Lengths in metres, times in microseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rings {
    /// Of the first ring.
    pub radius_m: f64,
    /// Of the last.
    pub radius_max_m: f64,
    /// Couriers asked at once.
    pub offers: usize,
    /// How long until the next ones are asked.
    pub widen_after_us: i64,
    /// How long an offer stands.
    pub offer_for_us: i64,
    /// How long before a package is ready the search begins.
    pub lead_us: i64,
    /// How long until a person is told.
    pub give_up_after_us: i64,
    /// How long a courier who has accepted may be silent.
    pub silent_after_us: i64,
}

impl Default for Rings {
    fn default() -> Rings {
        Rings {
            radius_m: 5_000.0,
            radius_max_m: 15_000.0,
            offers: 3,
            widen_after_us: 2 * SECOND_US,
            offer_for_us: 20 * SECOND_US,
            lead_us: 20 * 60 * SECOND_US,
            give_up_after_us: 5 * 60 * SECOND_US,
            silent_after_us: 3 * 60 * SECOND_US,
        }
    }
}

/// By how much a ring is wider than the one before.
const WIDER: f64 = 1.5;

/// Offers of one delivery that stand at once, in multiples of those made at once: without a bound a
/// delivery that nobody wants would hold everybody up.
const STANDING_MAX: usize = 4;

/// Beyond so many rings the radius is at its most whatever the market says; it keeps numbers small.
const RINGS_MAX: u32 = 64;

/// How long a search that finds nobody rests at most, in multiples of [`Rings::widen_after_us`].
const REST_MAX: i64 = 8;

/// A delivery that nobody has yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Search {
    /// When it was asked for, or given back.
    pub since: Micros,
    /// When the package is ready.
    pub ready_at: Micros,
    /// Rings that were asked already.
    pub rings: u32,
    /// Offers that stand now.
    pub standing: usize,
}

/// Whom to ask now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ask {
    /// No farther than this, in metres.
    pub radius_m: f64,
    /// At most so many.
    pub count: usize,
}

impl Search {
    /// When couriers are looked for first: shortly before the package is ready.
    pub fn begins_at(&self, rings: &Rings) -> Micros {
        self.since.max(self.ready_at.plus(rings.lead_us.saturating_neg()))
    }

    /// Whom to ask in the ring that is next; nobody where enough have been asked and may answer.
    pub fn ask(&self, rings: &Rings) -> Ask {
        let wider = WIDER.powi(self.rings.min(RINGS_MAX) as i32);
        let room = (rings.offers * STANDING_MAX).saturating_sub(self.standing);
        Ask {
            radius_m: (rings.radius_m * wider).min(rings.radius_max_m.max(rings.radius_m)),
            count: rings.offers.min(room),
        }
    }

    /// When to look again after a ring in which `found` were asked. Where nobody was, searches rest
    /// longer and longer: who comes online wakes them anyway.
    pub fn next_at(&self, rings: &Rings, found: usize, now: Micros) -> Micros {
        let rests = match found {
            0 => i64::from(self.rings).clamp(1, REST_MAX),
            _ => 1,
        };
        now.plus(rings.widen_after_us.max(1).saturating_mul(rests))
    }

    /// Whether a person shall know that nobody has taken it.
    pub fn is_for_a_person(&self, rings: &Rings, now: Micros) -> bool {
        now >= self.begins_at(rings).plus(rings.give_up_after_us)
    }
}

/// Somebody who could be asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate<C> {
    /// Who.
    pub courier: C,
    /// Seconds until they could be there.
    pub seconds: f64,
    /// Metres, as the crow flies.
    pub distance_m: f64,
    /// How long ago they were last heard of, in microseconds.
    pub silent_us: i64,
}

/// The best `count` candidates: by arrival, whoever was not heard of lately behind all others (a
/// position of a while ago is better than nobody, C12); of equals the nearer, then by name.
pub fn best<C: Ord>(
    mut candidates: Vec<Candidate<C>>,
    count: usize,
    rings: &Rings,
) -> Vec<Candidate<C>> {
    let is_silent = |candidate: &Candidate<C>| candidate.silent_us > rings.silent_after_us;
    candidates.sort_by(|a, b| {
        is_silent(a)
            .cmp(&is_silent(b))
            .then(a.seconds.total_cmp(&b.seconds))
            .then(a.distance_m.total_cmp(&b.distance_m))
            .then_with(|| a.courier.cmp(&b.courier))
    });
    candidates.truncate(count);
    candidates
}

/// Whether a courier who has accepted, and not picked up, has been silent for too long: then the
/// package goes to another (C13). `heard_at` is the last sign of life.
pub fn is_silent(
    assigned_at: Micros,
    heard_at: Option<Micros>,
    rings: &Rings,
    now: Micros,
) -> bool {
    let last = heard_at.map_or(assigned_at, |heard_at| heard_at.max(assigned_at));
    now > last.plus(rings.silent_after_us)
}
