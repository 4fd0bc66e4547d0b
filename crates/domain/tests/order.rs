//! Orders: never more than there is, never less than was promised.

mod allocating;
mod laws;
mod standing;

use doorstep_domain::order::{OnShortage, Shelf};

/// Shelves of strict items.
fn strict(quantities: &[i64]) -> Vec<Shelf> {
    quantities.iter().map(|quantity| Shelf { quantity: *quantity, oversell_max: 0 }).collect()
}

const EVERY_WAY: [OnShortage; 3] = [OnShortage::Refuse, OnShortage::Split, OnShortage::Partial];
