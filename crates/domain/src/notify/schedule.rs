//! When what failed is tried again.

use crate::time::SECOND_US;

const MINUTE_US: i64 = 60 * SECOND_US;
const HOUR_US: i64 = 60 * MINUTE_US;

/// The rests between attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// After the first attempt, the second, and so on; in microseconds.
    rests_us: &'static [i64],
}

/// Of webhooks: the schedule of Standard Webhooks 1.0, some 75 hours in all.
pub const WEBHOOK: Schedule = Schedule {
    rests_us: &[
        5 * SECOND_US,
        5 * MINUTE_US,
        30 * MINUTE_US,
        2 * HOUR_US,
        5 * HOUR_US,
        10 * HOUR_US,
        14 * HOUR_US,
        20 * HOUR_US,
        24 * HOUR_US,
    ],
};

/// Of what customers are told: an hour later nobody waits for it.
pub const CUSTOMER: Schedule = Schedule {
    rests_us: &[10 * SECOND_US, MINUTE_US, 5 * MINUTE_US, 15 * MINUTE_US, 30 * MINUTE_US],
};

/// Of what a payment waits for: the reservation behind it is over in minutes.
pub const PAYMENT: Schedule = Schedule {
    rests_us: &[
        2 * SECOND_US,
        5 * SECOND_US,
        10 * SECOND_US,
        20 * SECOND_US,
        40 * SECOND_US,
        MINUTE_US,
        2 * MINUTE_US,
        5 * MINUTE_US,
    ],
};

/// Of what providers are asked: soon again, since somebody waits for the package, and for hours,
/// since nobody knows what became of the last wish until they answer.
pub const PROVIDER: Schedule = Schedule {
    rests_us: &[
        SECOND_US,
        2 * SECOND_US,
        4 * SECOND_US,
        8 * SECOND_US,
        15 * SECOND_US,
        30 * SECOND_US,
        MINUTE_US,
        MINUTE_US,
        MINUTE_US,
        2 * MINUTE_US,
        5 * MINUTE_US,
        10 * MINUTE_US,
        15 * MINUTE_US,
        30 * MINUTE_US,
        HOUR_US,
    ],
};

/// The longest that an owner's tasks rest together, in microseconds.
const OWNER_REST_US_MAX: i64 = 5 * MINUTE_US;

impl Schedule {
    /// Attempts in all.
    pub fn attempts_max(self) -> i64 {
        self.rests_us.len() as i64 + 1
    }

    /// How long to rest after so many attempts, in microseconds, up to a tenth longer by what the
    /// seed makes of it; none after the last.
    pub fn rest_us(self, attempts: i64, seed: &str) -> Option<i64> {
        let before = usize::try_from(attempts.checked_sub(1)?).ok()?;
        let rest_us = *self.rests_us.get(before)?;
        Some(rest_us + spread(attempts, seed, rest_us / 10))
    }
}

/// How long an owner's other tasks rest after so many failures in a row, in microseconds.
pub fn owner_rest_us(failures: i64) -> i64 {
    let doublings = failures.clamp(1, 20) - 1;
    ((5 * SECOND_US) << doublings).min(OWNER_REST_US_MAX)
}

/// A number in `[0, end]` that those who failed together do not share: FNV-1a, then the mixer of
/// SplitMix64 (Steele, Lea, Flood, 2014).
fn spread(attempts: i64, seed: &str, end: i64) -> i64 {
    let bytes = seed.bytes().chain(attempts.to_le_bytes());
    let mut bits = bytes.fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^= bits >> 31;
    let scaled = u128::from(bits) * (u128::from(end.max(0).unsigned_abs()) + 1);
    i64::try_from(scaled >> 64).unwrap_or(end)
}
