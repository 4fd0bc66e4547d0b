//! How much of what lies where, in memory: eight bytes a row.

mod rows;

use super::told::Changed;
use rows::Rows;
use std::sync::{Arc, PoisonError, RwLock};

/// Quantities by centre and item.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// By the number of the centre; replaced as a whole when there are more, so that who looks
    /// keeps nobody waiting.
    shelves: RwLock<Arc<[Arc<Shelf>]>>,
}

/// What lies in one centre.
#[derive(Debug, Default)]
pub(crate) struct Shelf(RwLock<Rows>);

impl Index {
    /// Hands over how much there is of each item in each centre, by their places, centre by centre;
    /// 0 where there never was any, and nothing of centres in which nothing ever was.
    pub(crate) fn look(
        &self,
        centers: &[i64],
        items: &[u32],
        mut take: impl FnMut(usize, usize, i32),
    ) {
        let shelves = self.shelves();
        for (center, number) in centers.iter().enumerate() {
            let place = usize::try_from(*number).ok();
            let Some(shelf) = place.and_then(|place| shelves.get(place)) else {
                continue;
            };
            let rows = shelf.0.read().unwrap_or_else(PoisonError::into_inner);
            for (place, item) in items.iter().enumerate() {
                take(center, place, rows.quantity(*item));
            }
        }
    }

    /// All centres there are now. All who look share this one count, which is why they take it once
    /// for a question and not once for each centre.
    fn shelves(&self) -> Arc<[Arc<Shelf>]> {
        Arc::clone(&self.shelves.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// How much there is; 0 where there never was any.
    pub(crate) fn quantity(&self, center_no: i64, item_no: i64) -> i64 {
        let mut found = 0;
        if let Ok(item) = u32::try_from(item_no) {
            self.look(&[center_no], &[item], |_, _, quantity| found = quantity);
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
        let shelves = self.shelves();
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
        if shelves.len() <= place {
            // Twice as many, so that the old ones are copied now and then.
            let new = (shelves.len()..(place + 1).next_power_of_two()).map(|_| Arc::default());
            *shelves = shelves.iter().cloned().chain(new).collect();
        }
        Arc::clone(&shelves[place])
    }
}
