//! How often somebody is called: a token bucket kept as one instant.

use doorstep_domain::time::Micros;

/// How many calls a second in the long run, and how many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateRules {
    /// Microseconds from one call to the next in the long run; 0 is no limit.
    pub interval_us: i64,
    /// Calls that may come at once after a pause; at least one may.
    pub burst: u32,
}

impl RateRules {
    /// So many calls a second, and as many at once; 0 is no limit.
    pub fn per_second(calls: u32) -> RateRules {
        let interval_us = 1_000_000_i64.checked_div(i64::from(calls)).unwrap_or(0);
        RateRules { interval_us, burst: calls }
    }
}

/// What may still be sent: the generic cell rate algorithm (ITU-T I.371), in which the instant at
/// which the bucket would be full again stands for its content.
#[derive(Debug)]
pub struct Bucket {
    rules: RateRules,
    full_again: Micros,
}

impl Bucket {
    /// A full one.
    pub fn new(rules: RateRules) -> Bucket {
        Bucket { rules, full_again: Micros(i64::MIN) }
    }

    /// Takes one call. Errors: after how many microseconds it would be taken; nothing changed.
    pub fn take(&mut self, now: Micros) -> Result<(), i64> {
        let interval_us = self.rules.interval_us;
        if interval_us <= 0 {
            return Ok(());
        }
        let next = self.full_again.max(now).plus(interval_us);
        let wait_us = next.0 - now.0 - interval_us * i64::from(self.rules.burst.max(1));
        if wait_us > 0 {
            return Err(wait_us);
        }
        self.full_again = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// B11: a burst, then the rate; a pause makes room again, never for more than the burst.
    #[test]
    fn a_burst_is_let_through_and_then_the_rate() {
        let mut bucket = Bucket::new(RateRules { burst: 3, ..RateRules::per_second(10) });
        let steps = [
            // (at, asked, taken)
            (0.0, 9, 3),
            (0.05, 9, 0),
            (0.1, 9, 1),
            (0.35, 9, 2),
            (60.0, 9, 3),
        ];
        for (at, asked, taken) in steps {
            let now = Micros((at * 1e6) as i64);
            let count = (0..asked).filter(|_| bucket.take(now).is_ok()).count();
            assert_eq!(count, taken, "at {at} s");
        }
        assert_eq!(bucket.take(Micros(60_000_000)), Err(100_000));
    }

    #[test]
    fn no_limit_is_none_and_no_burst_is_one() {
        let mut free = Bucket::new(RateRules::per_second(0));
        assert!((0..1_000).all(|_| free.take(Micros(0)).is_ok()));
        let mut single = Bucket::new(RateRules { burst: 0, ..RateRules::per_second(1) });
        assert_eq!(single.take(Micros(0)), Ok(()));
        assert_eq!(single.take(Micros(0)), Err(1_000_000));
    }
}
