//! The one place where the system's clocks are read.

use doorstep_domain::time::{Clock, Micros};
use std::time::Instant;

/// The machine's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Micros {
        #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
        let now = std::time::SystemTime::now();
        let since = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// A clock that only goes forward, for how long things take: microseconds since it was made.
#[derive(Debug, Clone, Copy)]
pub struct SteadyClock(Instant);

impl SteadyClock {
    /// Shows 0 now.
    pub fn start() -> SteadyClock {
        #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
        SteadyClock(Instant::now())
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Micros {
        #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
        let since = self.0.elapsed();
        Micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}
