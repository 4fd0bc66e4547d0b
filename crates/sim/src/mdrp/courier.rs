//! What a courier does, minute by minute.

use super::instance::{Place, Shift};

/// A courier of a running day. Times are minutes.
#[derive(Debug, Clone)]
pub(super) struct Courier {
    /// Where they are, or will be when free.
    pub(super) place: Place,
    /// What that is called in the files: `0`, a restaurant, an order.
    pub(super) label: String,
    /// Since when they are there.
    pub(super) free_min: i64,
    pub(super) task: Option<Task>,
}

/// On the way to a restaurant, or waiting there.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) restaurant: usize,
    pub(super) arrives_min: i64,
    /// When what is to be picked up was last changed.
    pub(super) decided_min: i64,
    /// Indices of orders, in the order of their delivery.
    pub(super) orders: Vec<usize>,
}

impl Courier {
    pub(super) fn new(shift: &Shift) -> Courier {
        Courier { place: shift.place, label: "0".to_owned(), free_min: shift.on_min, task: None }
    }
}

impl Task {
    /// Takes what a plan says; they are told on arrival, for nobody is told anything on the way.
    pub(super) fn change(&mut self, orders: Vec<usize>, now_min: i64) {
        if self.orders != orders {
            self.orders = orders;
            self.decided_min = now_min.max(self.arrives_min);
        }
    }
}
