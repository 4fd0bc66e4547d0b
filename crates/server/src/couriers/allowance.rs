//! How often one device may speak: a token bucket kept as one instant.

use doorstep_domain::time::Micros;
use std::sync::atomic::{AtomicI64, Ordering};

/// Seconds' worth of pings that may come at once: a phone sends what it queued without a network.
const BURST_SECONDS: i64 = 60;

/// After how many microseconds a device may send as much at once as it ever may.
pub const FULL_AGAIN_US: i64 = BURST_SECONDS * 1_000_000;

/// How many pings a second, in the long run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// What one ping costs, in microseconds; nothing where there is no limit.
    interval_us: i64,
}

impl Rate {
    /// So many pings a second; 0 is no limit.
    pub fn per_second(pings: u32) -> Rate {
        Rate { interval_us: 1_000_000_i64.checked_div(i64::from(pings)).unwrap_or(0) }
    }

    /// After how many microseconds a ping may come that has so many others in front, the first of
    /// which may come after `first_us`.
    pub fn behind(self, first_us: i64, others: i64) -> i64 {
        first_us.saturating_add(self.interval_us.saturating_mul(others))
    }
}

/// What one device may still send: the generic cell rate algorithm (ITU-T I.371), in which the
/// instant at which the bucket would be full again stands for its content.
#[derive(Debug, Default)]
pub struct Allowance {
    full_again_us: AtomicI64,
}

impl Allowance {
    /// Takes one ping. Errors: after how many microseconds it would be taken; nothing changed.
    pub fn take(&self, now: Micros, rate: Rate) -> Result<(), i64> {
        let mut wait_us = 0;
        let taken = self.full_again_us.fetch_update(
            Ordering::Relaxed,
            Ordering::Relaxed,
            |full_again_us| {
                let next = full_again_us.max(now.0).saturating_add(rate.interval_us);
                wait_us = next.saturating_sub(now.0) - FULL_AGAIN_US;
                (wait_us <= 0).then_some(next)
            },
        );
        taken.map(|_| ()).map_err(|_| wait_us)
    }

    /// Gives one ping back that could not be kept after all.
    pub fn give_back(&self, rate: Rate) {
        self.full_again_us.fetch_sub(rate.interval_us, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(allowance: &Allowance, at_seconds: f64, pings: u32, rate: Rate) -> u32 {
        let now = Micros((at_seconds * 1e6) as i64 + 1_700_000_000_000_000);
        (0..pings).map(|_| u32::from(allowance.take(now, rate).is_ok())).sum()
    }

    /// A2: sixty seconds' worth at once, then as many as the time allows.
    #[test]
    fn a_burst_is_taken_and_then_the_rate() {
        let (rate, allowance) = (Rate::per_second(5), Allowance::default());
        let steps = [
            // (at, sent, taken)
            (0.0, 1_000, 300),
            (0.1, 10, 0),
            (0.2, 10, 1),
            (2.2, 100, 10),
            (62.2, 301, 300),
            (3_600.0, 301, 300),
        ];
        for (at, sent, expected) in steps {
            assert_eq!(taken(&allowance, at, sent, rate), expected, "at {at} s");
        }
        let wait_us = allowance.take(Micros(1_700_003_600_000_000), rate).unwrap_err();
        assert_eq!(wait_us, 200_000, "the next one is due in a fifth of a second");
    }

    #[test]
    fn what_is_given_back_may_be_sent_again() {
        let (rate, allowance) = (Rate::per_second(5), Allowance::default());
        assert_eq!(taken(&allowance, 0.0, 300, rate), 300);
        (0..7).for_each(|_| allowance.give_back(rate));
        assert_eq!(taken(&allowance, 0.0, 300, rate), 7);
    }

    #[test]
    fn no_limit_is_none() {
        let allowance = Allowance::default();
        assert_eq!(taken(&allowance, 0.0, 10_000, Rate::per_second(0)), 10_000);
    }
}
