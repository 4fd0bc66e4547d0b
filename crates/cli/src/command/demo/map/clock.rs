//! The time on the tape.

use doorstep_domain::time::{Clock, Micros};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

/// A clock that shows how far the tape is.
#[derive(Debug)]
pub(super) struct TapeClock(AtomicI64);

impl TapeClock {
    /// A clock that stands at an instant.
    pub(super) fn at(instant: Micros) -> TapeClock {
        TapeClock(AtomicI64::new(instant.0))
    }

    /// Moves on; time never goes back.
    pub(super) fn moves_to(&self, instant: Micros) {
        self.0.fetch_max(instant.0, Relaxed);
    }
}

impl Clock for TapeClock {
    fn now(&self) -> Micros {
        Micros(self.0.load(Relaxed))
    }
}
