//! Imports take turns with orders: what they have under way at once is bounded, since a commit may
//! hold all that waits, and an order that comes meanwhile waits for it.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Rows under way at once, of every import of a process: a tenth of a second of one writer.
const ROWS_MAX: usize = 16_384;

/// Rows that may still be begun.
#[derive(Debug, Clone)]
pub(crate) struct Turns(Arc<(Mutex<usize>, Condvar)>);

impl Default for Turns {
    fn default() -> Turns {
        Turns(Arc::new((Mutex::new(ROWS_MAX), Condvar::new())))
    }
}

impl Turns {
    /// Waits until so many rows may be begun; they are under way until what is answered is dropped.
    pub(super) fn take(&self, rows: usize) -> Turn {
        let (free, freed) = &*self.0;
        let rows = rows.min(ROWS_MAX);
        let mut left = free.lock().unwrap_or_else(PoisonError::into_inner);
        while *left < rows {
            left = freed.wait(left).unwrap_or_else(PoisonError::into_inner);
        }
        *left -= rows;
        Turn { turns: self.clone(), rows }
    }
}

/// Rows that are under way.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Turns,
    rows: usize,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let (free, freed) = &*self.turns.0;
        *free.lock().unwrap_or_else(PoisonError::into_inner) += self.rows;
        freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// D4, D11: however many import at once, no more rows than that are under way, and all of them
    /// come to their turn, also those of a command larger than everything.
    #[test]
    fn what_is_under_way_is_bounded() {
        let (turns, under_way, most) = (Turns::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for rows in [1, 1_024, ROWS_MAX / 2, ROWS_MAX, 9 * ROWS_MAX] {
                let (turns, under_way, most) = (turns.clone(), &under_way, &most);
                scope.spawn(move || {
                    for _ in 0..200 {
                        let turn = turns.take(rows);
                        let now = under_way.fetch_add(turn.rows, Ordering::SeqCst) + turn.rows;
                        most.fetch_max(now, Ordering::SeqCst);
                        under_way.fetch_sub(turn.rows, Ordering::SeqCst);
                        drop(turn);
                    }
                });
            }
        });
        assert!(most.into_inner() <= ROWS_MAX);
        assert_eq!(*turns.0.0.lock().unwrap(), ROWS_MAX, "all of it was given back");
    }
}
