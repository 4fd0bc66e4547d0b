//! What a provider allows, shared by all processes: each reserves calls in the store, some at a
//! time, and makes each of them in its turn.

use crate::error::AppError;
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_store::provider::allowance;
use doorstep_store::{LaneId, Store};
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// What is reserved at once at most, as a length of time in microseconds: what is reserved and not
/// used is lost to all.
const AHEAD_US: i64 = SECOND_US / 2;

/// The calls that may be made to somebody, and when.
pub struct Allowance {
    store: Store,
    name: String,
    interval_us: i64,
    reserved: Mutex<Reserved>,
}

/// Calls that nobody else makes.
#[derive(Debug, Default)]
struct Reserved {
    /// When the next one may be made.
    next: Micros,
    left: u32,
    /// How many are reserved next.
    wanted: u32,
}

impl fmt::Debug for Allowance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} every {} us", self.name, self.interval_us)
    }
}

impl Allowance {
    /// Of calls that are `interval_us` apart, under a name that all processes use.
    pub fn new(store: &Store, name: String, interval_us: i64) -> Allowance {
        Allowance { store: store.clone(), name, interval_us, reserved: Mutex::default() }
    }

    /// Takes a call, to be made now; or answers after how many microseconds to ask again, and then
    /// nothing is taken.
    pub fn take(&self, now: Micros) -> Result<Result<(), i64>, AppError> {
        let mut reserved = self.reserved.lock().unwrap_or_else(PoisonError::into_inner);
        reserved.forget_what_is_over(now, self.interval_us);
        if reserved.left == 0 {
            let calls = reserved.wanted.clamp(1, self.most_at_once());
            reserved.next = self.reserve(calls, now)?;
            (reserved.left, reserved.wanted) = (calls, calls.saturating_mul(2));
        }
        if reserved.next > now {
            return Ok(Err(reserved.next.0 - now.0));
        }
        reserved.left -= 1;
        reserved.next = reserved.next.plus(self.interval_us);
        Ok(Ok(()))
    }

    fn reserve(&self, calls: u32, now: Micros) -> Result<Micros, AppError> {
        let (name, interval_us) = (self.name.clone(), self.interval_us);
        let lane = LaneId::new(format!("allowance/{name}"))?;
        let first_us = self.store.lane(&lane, move |tx| {
            allowance::reserve(tx, &name, (calls, interval_us), now.0).map_err(AppError::from)
        })?;
        Ok(Micros(first_us))
    }

    fn most_at_once(&self) -> u32 {
        u32::try_from(AHEAD_US / self.interval_us.max(1)).unwrap_or(u32::MAX).max(1)
    }
}

impl Reserved {
    /// A call whose turn was missed is not made later: together with those of others it would be
    /// one too many. Whoever misses some wants fewer.
    fn forget_what_is_over(&mut self, now: Micros, interval_us: i64) {
        let late_us = now.0.saturating_sub(self.next.0);
        let missed = late_us.checked_div(interval_us).unwrap_or(0).clamp(0, self.left.into());
        if missed > 0 {
            self.left -= u32::try_from(missed).unwrap_or(self.left);
            self.next = self.next.plus(missed.saturating_mul(interval_us));
            self.wanted = 1;
        }
        if late_us < -2 * AHEAD_US {
            // The clock was set back.
            *self = Reserved::default();
        }
    }
}
