//! A board on which the accountant notes which deliveries it has touched, so that who watches one
//! reads it again, and only then.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::{PoisonError, RwLock};

/// Deliveries remembered; beyond it the board is wiped and everybody reads theirs once more.
const REMEMBERED_MAX: usize = 65_536;

/// Which deliveries were touched when, in a count of touches.
#[derive(Debug, Default)]
pub struct Notices(RwLock<Board>);

#[derive(Debug, Default)]
struct Board {
    /// Counts the notes taken.
    now: u64,
    /// What was touched up to here is not known any more.
    wiped_at: u64,
    /// By the hash of the identifier: of two that share one, both are read again.
    touched: HashMap<u64, u64, BuildHasherDefault<DefaultHasher>>,
}

impl Notices {
    /// Notes that deliveries were touched.
    pub fn post<'a>(&self, deliveries: impl Iterator<Item = &'a str>) {
        let mut board = self.0.write().unwrap_or_else(PoisonError::into_inner);
        board.now += 1;
        for delivery in deliveries {
            if board.touched.len() >= REMEMBERED_MAX {
                board.touched.clear();
                board.wiped_at = board.now;
            }
            let now = board.now;
            board.touched.insert(hash(delivery), now);
        }
    }

    /// Where the board stands: what is read after this need not be read for earlier notes.
    pub fn now(&self) -> u64 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).now
    }

    /// Whether a delivery may have been touched since the board stood there.
    pub fn is_touched_since(&self, delivery: &str, since: u64) -> bool {
        let board = self.0.read().unwrap_or_else(PoisonError::into_inner);
        since < board.wiped_at
            || board.touched.get(&hash(delivery)).is_some_and(|touched| since < *touched)
    }
}

fn hash(delivery: &str) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(delivery)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_looked_before_the_note_reads_again_and_who_looked_after_does_not() {
        let notices = Notices::default();
        let before = notices.now();
        notices.post(["d1"].into_iter());
        let after = notices.now();
        let cases = [("d1", before, true), ("d1", after, false), ("d2", before, false)];
        for (delivery, since, touched) in cases {
            assert_eq!(notices.is_touched_since(delivery, since), touched, "{delivery} {since}");
        }
    }

    #[test]
    fn a_wiped_board_makes_everybody_look_once() {
        let notices = Notices::default();
        let before = notices.now();
        let names: Vec<String> = (0..=REMEMBERED_MAX).map(|n| format!("d{n}")).collect();
        notices.post(names.iter().map(String::as_str));
        assert!(notices.is_touched_since("never told of", before));
        assert!(!notices.is_touched_since("never told of", notices.now()));
    }
}
