//! How much of what lies where, in memory: eight bytes a row.

mod rows;

use super::told::Changed;
use rows::Rows;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// Quantities by centre and item.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// By the number of the centre.
    shelves: RwLock<Vec<Arc<Shelf>>>,
}

/// What lies in one centre.
#[derive(Debug, Default)]
pub(crate) struct Shelf(RwLock<Rows>);

impl Index {
    /// Hands over how much there is of each item in a centre; 0 where there never was any.
    pub(crate) fn look(&self, center_no: i64, items: &[u32], mut take: impl FnMut(usize, i32)) {
        let place = usize::try_from(center_no).ok();
        let shelf = place.and_then(|place| self.shelves().get(place).map(Arc::clone));
        let Some(shelf) = shelf else {
            return;
        };
        let rows = shelf.0.read().unwrap_or_else(PoisonError::into_inner);
        for (place, item) in items.iter().enumerate() {
            take(place, rows.quantity(*item));
        }
    }

    /// All centres; while it is held none is added, so it is held briefly.
    fn shelves(&self) -> RwLockReadGuard<'_, Vec<Arc<Shelf>>> {
        self.shelves.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// How much there is; 0 where there never was any.
    pub(crate) fn quantity(&self, center_no: i64, item_no: i64) -> i64 {
        let mut found = 0;
        if let Ok(item) = u32::try_from(item_no) {
            self.look(center_no, &[item], |_, quantity| found = quantity);
        }
        i64::from(found)
    }

    /// Takes quantities as they are now. Those of one centre that follow one another are quickest.
    pub(crate) fn set(&self, told: impl IntoIterator<Item = Changed>) {
        let mut told = told.into_iter().peekable();
        while let Some(first) = told.next() {
            let shelf = self.shelf(first.center_no);
            let mut rows = shelf.0.write().unwrap_or_else(PoisonError::into_inner);
            rows.set(first.item_no, first.quantity);
            while let Some(next) = told.next_if(|next| next.center_no == first.center_no) {
                rows.set(next.item_no, next.quantity);
            }
        }
    }

    /// Takes all that lies in a centre, by ascending numbers of items.
    pub(crate) fn replace(&self, center_no: u32, all: impl ExactSizeIterator<Item = (u32, i32)>) {
        let shelf = self.shelf(center_no);
        let rows = Rows::of(all);
        *shelf.0.write().unwrap_or_else(PoisonError::into_inner) = rows;
    }

    /// Rows, and the bytes they take.
    pub(crate) fn size(&self) -> (usize, usize) {
        let shelves = self.shelves().clone();
        shelves.iter().fold((0, 0), |(rows, bytes), shelf| {
            let held = shelf.0.read().unwrap_or_else(PoisonError::into_inner);
            (rows + held.count(), bytes + held.bytes() + size_of::<Shelf>() + size_of::<usize>())
        })
    }

    fn shelf(&self, center_no: u32) -> Arc<Shelf> {
        let place = center_no as usize;
        if let Some(shelf) = self.shelves().get(place) {
            return Arc::clone(shelf);
        }
        let mut shelves = self.shelves.write().unwrap_or_else(PoisonError::into_inner);
        while shelves.len() <= place {
            shelves.push(Arc::default());
        }
        Arc::clone(&shelves[place])
    }
}
