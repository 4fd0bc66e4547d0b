//! Items and centres are put in place: one after another, in one lane for all markets.

mod centers;
mod items;

pub use centers::{CenterSaid, put_centers};
pub use items::{ItemSaid, put_items};

use crate::error::AppError;

/// What became of what was to be put in place.
#[derive(Debug, Clone, Default)]
pub struct Put {
    /// How many are new, or say something else than before.
    pub changed: u64,
    /// How many said what was known.
    pub known: u64,
    /// Which were not, by their place among those asked for, and why.
    pub refused: Vec<(usize, AppError)>,
}
