//! So many calls at once, and nobody waits for a seat.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The seats of one guard.
#[derive(Debug)]
pub(super) struct Seats {
    taken: AtomicUsize,
    most: usize,
}

/// A seat, given back when dropped.
#[derive(Debug)]
pub(super) struct Seat<'a>(&'a AtomicUsize);

impl Seats {
    pub(super) fn new(most: usize) -> Seats {
        Seats { taken: AtomicUsize::new(0), most }
    }

    /// A seat, if one is free.
    pub(super) fn take(&self) -> Option<Seat<'_>> {
        let one_more = |taken: usize| (taken < self.most).then_some(taken + 1);
        let taken = self.taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more);
        taken.ok().map(|_| Seat(&self.taken))
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// B11: who comes when all are taken is told at once; what is given back is there again.
    #[test]
    fn seats_are_taken_and_given_back() {
        let seats = Seats::new(2);
        let (one, two) = (seats.take(), seats.take());
        assert!(one.is_some() && two.is_some() && seats.take().is_none());
        drop(one);
        let again = seats.take();
        assert!(again.is_some() && seats.take().is_none());
    }
}
