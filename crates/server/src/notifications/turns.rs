//! Work that was made, told to those who wait for some: to as many of them as there is work for.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Most that are remembered: whoever takes work looks for more by themselves.
const REMEMBERED_MAX: usize = 64;

/// Remembers how many turns nobody has had yet.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    left: Mutex<usize>,
    heard: Condvar,
}

impl Turns {
    /// There is work for so many.
    pub(crate) fn call(&self, count: usize) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = (*left + count).min(REMEMBERED_MAX);
        for _ in 0..count.min(REMEMBERED_MAX) {
            self.heard.notify_one();
        }
    }

    /// Waits for a turn, or until the time is over; whether it is one.
    pub(crate) fn wait(&self, most: Duration) -> bool {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.heard.wait_timeout_while(left, most, |left| *left == 0);
        let (mut left, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let is_turn = *left > 0;
        *left = left.saturating_sub(1);
        is_turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C11: as many as there is work for have a turn, whether they wait already or come later.
    #[test]
    fn as_many_have_a_turn_as_there_is_work_for() {
        let turns = Turns::default();
        let had = |count: usize| (0..count).filter(|_| turns.wait(Duration::ZERO)).count();
        assert_eq!(had(3), 0);
        turns.call(2);
        assert_eq!(had(3), 2);
        turns.call(1_000);
        assert_eq!(had(1_000), REMEMBERED_MAX);
        std::thread::scope(|scope| {
            let waiting: Vec<_> =
                (0..3).map(|_| scope.spawn(|| turns.wait(Duration::from_secs(60)))).collect();
            turns.call(3);
            assert!(waiting.into_iter().all(|one| one.join().unwrap_or(false)));
        });
    }
}
