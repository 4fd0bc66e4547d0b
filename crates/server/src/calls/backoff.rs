//! Whether and when a call is tried again: exponential backoff with full jitter, on a budget.
//!
//! Full jitter after Brooker, "Exponential Backoff And Jitter": those who failed together do not
//! come back together. The budget keeps retries from multiplying the load of who is down already.

/// What one retry costs, in hundredths.
const RETRY_COST: u32 = 100;

/// How often a call is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryRules {
    /// Attempts of one call, the first included.
    pub attempts_max: u32,
    /// The longest rest before the second attempt, in microseconds; twice as long before each next.
    pub rest_us: i64,
    /// The longest rest of all, in microseconds.
    pub rest_us_max: i64,
    /// Retries for a hundred calls in the long run.
    pub budget_percent: u32,
    /// Retries that may be saved up.
    pub budget_max: u32,
}

/// The rests of one guard.
#[derive(Debug)]
pub struct Backoff {
    rules: RetryRules,
    /// Saved up, in hundredths of a retry.
    saved: u32,
    chance: u64,
}

impl Backoff {
    /// With everything saved up; the same seed rests alike.
    pub fn new(rules: RetryRules, seed: u64) -> Backoff {
        Backoff { rules, saved: rules.budget_max * RETRY_COST, chance: seed }
    }

    /// A call was made, which earns its share of a retry.
    pub fn earn(&mut self) {
        let most = self.rules.budget_max * RETRY_COST;
        self.saved = (self.saved + self.rules.budget_percent).min(most);
    }

    /// How long to rest after so many attempts, in microseconds; `None` where it is enough.
    pub fn rest_us(&mut self, attempts: u32) -> Option<i64> {
        if attempts >= self.rules.attempts_max || self.saved < RETRY_COST {
            return None;
        }
        self.saved -= RETRY_COST;
        let doubled = self.rules.rest_us.saturating_mul(1 << attempts.saturating_sub(1).min(32));
        Some(self.below(doubled.min(self.rules.rest_us_max)))
    }

    /// A number in `[0, end]`.
    fn below(&mut self, end: i64) -> i64 {
        // SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014).
        self.chance = self.chance.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.chance;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^= bits >> 31;
        let scaled = u128::from(bits) * (u128::from(end.max(0).unsigned_abs()) + 1);
        i64::try_from(scaled >> 64).unwrap_or(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: RetryRules = RetryRules {
        attempts_max: 4,
        rest_us: 100_000,
        rest_us_max: 250_000,
        budget_percent: 20,
        budget_max: 10,
    };

    /// B11: rests are spread over all of a length that doubles, up to the longest.
    #[test]
    fn rests_are_jittered_in_full_and_doubled() {
        let longest_us = |attempts: u32| {
            let rest = |seed| Backoff::new(RULES, seed).rest_us(attempts);
            let rests: Vec<i64> = (0..1_000).filter_map(rest).collect();
            let shortest_us = rests.iter().min().copied();
            assert!(shortest_us.is_none_or(|us| us < 5_000), "{shortest_us:?}");
            rests.into_iter().max()
        };
        let cases = [(1, Some(100_000)), (2, Some(200_000)), (3, Some(250_000)), (4, None)];
        for (attempts, expected_us) in cases {
            let told_us = longest_us(attempts);
            let is_near =
                |us: i64| told_us.is_some_and(|told| (us * 98 / 100..=us).contains(&told));
            assert!(expected_us.map_or(told_us.is_none(), is_near), "{attempts}: {told_us:?}");
        }
    }

    /// B11: who is down is not asked many times more than who is up.
    #[test]
    fn retries_are_on_a_budget() {
        let mut backoff = Backoff::new(RULES, 1);
        let retries = |backoff: &mut Backoff, calls: u32| {
            let retry = |_: &u32| {
                backoff.earn();
                backoff.rest_us(1).is_some()
            };
            (0..calls).filter(retry).count()
        };
        assert_eq!(retries(&mut backoff, 1_000), 10 + 200 - 1, "ten saved, then one of five");
        (0..1_000).for_each(|_| backoff.earn());
        let saved = (0..20).filter(|_| backoff.rest_us(1).is_some()).count();
        assert_eq!(saved, 10, "no more are saved up than may be");
    }

    #[test]
    fn the_same_seed_rests_alike() {
        let rests = |seed| {
            let mut backoff = Backoff::new(RULES, seed);
            (0..5).map(|_| backoff.rest_us(3)).collect::<Vec<_>>()
        };
        assert_eq!(rests(7), rests(7));
        assert_ne!(rests(7), rests(8));
    }
}
