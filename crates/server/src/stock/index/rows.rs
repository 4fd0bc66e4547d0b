//! The rows of one centre: numbers of items, sorted, and their quantities, four bytes each and side
//! by side, so that whoever looks for a row has its quantity with it in the cache.

/// Rows that come later wait, sorted, until it is worth moving all that is there.
const LATER_MAX: usize = 256;

/// How many steps a guess may be wrong before it is searched for by halves.
const STEPS_MAX: usize = 8;

/// What lies in a centre.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Numbers of items, ascending, and quantities.
    rows: Box<[(u32, i32)]>,
    /// Those that came later, ascending; none of them is among the others.
    later: Vec<(u32, i32)>,
}

impl Rows {
    /// All that there is, by ascending numbers.
    pub(super) fn of(all: impl ExactSizeIterator<Item = (u32, i32)>) -> Rows {
        Rows { rows: all.collect(), later: Vec::new() }
    }

    /// How much of an item there is; 0 where there never was any.
    pub(super) fn quantity(&self, item: u32) -> i32 {
        if let Some(place) = self.place(item) {
            return self.rows[place].1;
        }
        self.place_later(item).map_or(0, |place| self.later[place].1)
    }

    /// So much of an item is there now.
    pub(super) fn set(&mut self, item: u32, quantity: i32) {
        if let Some(place) = self.place(item) {
            self.rows[place].1 = quantity;
            return;
        }
        match self.place_later(item) {
            Ok(place) => self.later[place].1 = quantity,
            Err(place) => self.later.insert(place, (item, quantity)),
        }
        if self.later.len() >= LATER_MAX {
            self.merge();
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.rows.len() + self.later.len()
    }

    /// Bytes they take.
    pub(super) fn bytes(&self) -> usize {
        (self.rows.len() + self.later.capacity()) * size_of::<(u32, i32)>() + size_of::<Rows>()
    }

    fn place_later(&self, item: u32) -> Result<usize, usize> {
        self.later.binary_search_by_key(&item, |(later, _)| *later)
    }

    /// Where an item is. A centre has most numbers of a range, or a few evenly: a straight line
    /// from the first to the last guesses the place, within a cache line or two of it. Halving
    /// would miss the cache at every step.
    fn place(&self, item: u32) -> Option<usize> {
        let (first, last) = (self.rows.first()?.0, self.rows.last()?.0);
        if !(first..=last).contains(&item) {
            return None;
        }
        let steps = (self.rows.len() - 1) as u64;
        let guess = match u64::from(last - first) {
            0 => 0,
            // Not more than the place of the last.
            range => (u64::from(item - first) * steps / range) as usize,
        };
        self.place_near(guess, item)
    }

    fn place_near(&self, guess: usize, item: u32) -> Option<usize> {
        let mut place = guess;
        for _ in 0..STEPS_MAX {
            match self.rows[place].0.cmp(&item) {
                std::cmp::Ordering::Equal => return Some(place),
                std::cmp::Ordering::Less if self.rows.get(place + 1)?.0 <= item => place += 1,
                std::cmp::Ordering::Greater if place > 0 && self.rows[place - 1].0 >= item => {
                    place -= 1;
                }
                _ => return None,
            }
        }
        let (before, behind) = self.rows.split_at(place);
        let number = |row: &(u32, i32)| row.0;
        match behind.first().is_some_and(|first| first.0 <= item) {
            true => behind.binary_search_by_key(&item, number).ok().map(|found| place + found),
            false => before.binary_search_by_key(&item, number).ok(),
        }
    }

    fn merge(&mut self) {
        let mut all = Vec::with_capacity(self.count());
        let mut later = std::mem::take(&mut self.later).into_iter().peekable();
        for row in &self.rows {
            while let Some(earlier) = later.next_if(|later| later.0 < row.0) {
                all.push(earlier);
            }
            all.push(*row);
        }
        all.extend(later);
        self.rows = all.into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn is_as(rows: &Rows, model: &BTreeMap<u32, i32>, asked: &[u32]) {
        assert_eq!(rows.count(), model.len());
        for item in asked.iter().chain(model.keys()) {
            assert_eq!(rows.quantity(*item), model.get(item).copied().unwrap_or(0), "{item}");
        }
    }

    proptest! {
        /// D5: whatever comes in whatever order, each item has the quantity that was told last.
        #[test]
        fn rows_are_as_a_map(
            loaded in prop::collection::btree_map(0_u32..5_000, -5_i32..1_000, 0..700),
            told in prop::collection::vec((0_u32..6_000, -5_i32..1_000), 0..1_500),
            asked in prop::collection::vec(prop::num::u32::ANY, 0..20),
        ) {
            let mut model = loaded.clone();
            let all: Vec<_> = loaded.into_iter().collect();
            let mut rows = Rows::of(all.into_iter());
            is_as(&rows, &model, &asked);
            for (item, quantity) in told {
                rows.set(item, quantity);
                model.insert(item, quantity);
            }
            is_as(&rows, &model, &asked);
        }
    }

    /// Numbers that no straight line fits are found all the same.
    #[test]
    fn uneven_numbers_are_found() {
        let numbers: Vec<u32> =
            (0..31).map(|power| 1 << power).chain([u32::MAX - 1, u32::MAX]).collect();
        let rows =
            Rows::of(numbers.iter().map(|number| (*number, 7)).collect::<Vec<_>>().into_iter());
        for number in &numbers {
            assert_eq!(rows.quantity(*number), 7, "{number}");
        }
        for absent in [0, 3, 5, 1_000, u32::MAX - 2] {
            assert_eq!(rows.quantity(absent), 0, "{absent}");
        }
    }
}
