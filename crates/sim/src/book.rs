//! The second book: what a day comes to, worked out in the plainest way there is.
//!
//! It shares no code with pricing and settlement. Time is counted second by second, each second
//! is looked up on the clock on the wall, lists are searched from front to back. It is slow and
//! meant to be read: where the product and this book differ, one of them is wrong.

mod clock;
mod delivery;
mod pay;
mod reading;
mod settlement;
mod shifts;
mod terms;

pub use terms::{BookTerms, Conflicts, Interval, Overlap, Window};

use doorstep_domain::time::Day;
use std::collections::{BTreeMap, BTreeSet};

/// A courier's day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CourierDay {
    /// Pay in minor units, rounded half to even once.
    pub pay_minor: i64,
    /// Tips in minor units.
    pub tip_minor: i64,
    /// Completed deliveries.
    pub deliveries: i64,
    /// Seconds that count.
    pub worked_seconds: i64,
    /// Those of them inside any window.
    pub peak_seconds: i64,
}

/// A merchant's day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MerchantDay {
    /// Completed deliveries.
    pub deliveries: i64,
    /// What they were worth in minor units.
    pub sales_minor: i64,
    /// Commission and fixed fees in minor units, rounded half to even once.
    pub fee_minor: i64,
}

/// Everything that the lines of a market amount to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Book {
    /// By local day and courier; only days on which something counted.
    pub couriers: BTreeMap<(Day, String), CourierDay>,
    /// By local day and merchant.
    pub merchants: BTreeMap<(Day, String), MerchantDay>,
    /// Deliveries whose completions contradict each other and wait for a person.
    pub conflicts: BTreeSet<String>,
    /// Deliveries that were completed but of which nothing else is known.
    pub waiting: BTreeSet<String>,
    /// Lines that tell what another line told.
    pub repeated: u64,
    /// Lines that cannot be believed.
    pub rejected: u64,
}

impl Book {
    /// Works out lines in any order under fixed terms.
    ///
    /// Panics where an event is not on a whole second: this book counts in seconds.
    pub fn of<L: AsRef<[u8]>>(lines: impl IntoIterator<Item = L>, terms: &BookTerms) -> Book {
        let told = reading::read(lines, terms);
        let mut book = Book { repeated: told.repeated, rejected: told.rejected, ..Book::default() };
        let mut work = pay::Work::default();
        for (delivery, facts) in &told.deliveries {
            let outcome = delivery::outcome(facts, terms);
            if outcome.waiting {
                book.waiting.insert(delivery.clone());
            }
            if outcome.disputed {
                book.conflicts.insert(delivery.clone());
            }
            if let Some(done) = outcome.done {
                settlement::count(&mut book, terms, &done);
                work.add_delivery(terms, &done);
            }
        }
        if terms.interval == Interval::Online {
            for (courier, facts) in &told.shifts {
                for (from_s, to_s) in shifts::online(facts) {
                    work.add_interval(terms, courier, from_s, to_s);
                }
            }
        }
        work.pay(&mut book, terms);
        settlement::charge(&mut book, terms);
        book
    }

    /// The couriers of one day.
    pub fn couriers_of(&self, day: Day) -> BTreeMap<&str, &CourierDay> {
        let rows = self.couriers.iter().filter(|((of, _), _)| *of == day);
        rows.map(|((_, courier), row)| (courier.as_str(), row)).collect()
    }

    /// The merchants of one day.
    pub fn merchants_of(&self, day: Day) -> BTreeMap<&str, &MerchantDay> {
        let rows = self.merchants.iter().filter(|((of, _), _)| *of == day);
        rows.map(|((_, merchant), row)| (merchant.as_str(), row)).collect()
    }
}

/// The whole number nearest to `numerator / denominator`; of two as near, the even one.
fn nearest_even(numerator: i128, denominator: i128) -> i64 {
    let floor = numerator.div_euclid(denominator);
    let below = numerator - floor * denominator;
    let above = denominator - below;
    let nearest =
        if below < above || (below == above && floor % 2 == 0) { floor } else { floor + 1 };
    i64::try_from(nearest).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::nearest_even;

    #[test]
    fn ties_go_to_the_even_neighbour() {
        let cases =
            [(1, 2, 0), (3, 2, 2), (5, 2, 2), (7, 3, 2), (8, 3, 3), (-1, 2, 0), (-3, 2, -2)];
        for (numerator, denominator, expected) in cases {
            assert_eq!(nearest_even(numerator, denominator), expected, "{numerator}/{denominator}");
        }
    }
}
