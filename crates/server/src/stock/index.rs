//! How much of what lies where, in memory: eight bytes a row.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Rows that come to a centre wait here until it is worth moving all those that are there.
const LATER_MAX: usize = 256;

/// Quantities by centre and item.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// By the number of the centre.
    shelves: RwLock<Vec<Arc<Shelf>>>,
}

/// What lies in one centre.
#[derive(Debug, Default)]
pub(super) struct Shelf(RwLock<Rows>);

#[derive(Debug, Default)]
struct Rows {
    /// Numbers, ascending.
    items: Vec<u32>,
    /// In their order.
    quantities: Vec<i32>,
    /// Those that came after, ascending.
    later: Vec<(u32, i32)>,
}

impl Rows {
    fn quantity(&self, item: u32) -> i32 {
        match find(&self.items, item) {
            Ok(place) => self.quantities[place],
            Err(_) => self
                .later
                .binary_search_by_key(&item, |(item, _)| *item)
                .map_or(0, |place| self.later[place].1),
        }
    }

    fn set(&mut self, item: u32, quantity: i32) {
        if let Ok(place) = find(&self.items, item) {
            self.quantities[place] = quantity;
            return;
        }
        match self.later.binary_search_by_key(&item, |(item, _)| *item) {
            Ok(place) => self.later[place].1 = quantity,
            Err(place) => self.later.insert(place, (item, quantity)),
        }
        if self.later.len() >= LATER_MAX {
            self.merge();
        }
    }

    /// Both are sorted and have nothing in common.
    fn merge(&mut self) {
        let rows = self.items.len() + self.later.len();
        let mut merged = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        let mut push = |item: u32, quantity: i32| {
            merged.0.push(item);
            merged.1.push(quantity);
        };
        let mut later = std::mem::take(&mut self.later).into_iter().peekable();
        for (item, quantity) in self.items.iter().zip(&self.quantities) {
            while let Some((item, quantity)) = later.next_if(|(new, _)| new < item) {
                push(item, quantity);
            }
            push(*item, *quantity);
        }
        later.for_each(|(item, quantity)| push(item, quantity));
        (self.items, self.quantities) = merged;
    }
}

/// Numbers of items that a centre has lie close together, so that the place is guessed first.
fn find(items: &[u32], item: u32) -> Result<usize, usize> {
    items.binary_search(&item)
}

impl Shelf {
    /// How much there is; 0 where there never was any.
    pub(super) fn quantity(&self, item: u32) -> i32 {
        self.rows().quantity(item)
    }

    fn rows(&self) -> RwLockReadGuard<'_, Rows> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn rows_mut(&self) -> RwLockWriteGuard<'_, Rows> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Index {
    /// How much there is; 0 where there never was any.
    pub(super) fn quantity(&self, center_no: i64, item_no: i64) -> i64 {
        let (Ok(center), Ok(item)) = (usize::try_from(center_no), u32::try_from(item_no)) else {
            return 0;
        };
        let shelf = self.shelves().get(center).cloned();
        shelf.map_or(0, |shelf| i64::from(shelf.quantity(item)))
    }

    /// How much of what there is now in a centre.
    pub(super) fn set(&self, center: u32, rows: impl Iterator<Item = (u32, i32)>) {
        let shelf = self.shelf(center);
        let mut held = shelf.rows_mut();
        rows.for_each(|(item, quantity)| held.set(item, quantity));
    }

    fn shelf(&self, center: u32) -> Arc<Shelf> {
        let place = center as usize;
        if let Some(shelf) = self.shelves().get(place) {
            return Arc::clone(shelf);
        }
        let mut shelves = self.shelves.write().unwrap_or_else(PoisonError::into_inner);
        while shelves.len() <= place {
            shelves.push(Arc::default());
        }
        Arc::clone(&shelves[place])
    }

    fn shelves(&self) -> RwLockReadGuard<'_, Vec<Arc<Shelf>>> {
        self.shelves.read().unwrap_or_else(PoisonError::into_inner)
    }
}
