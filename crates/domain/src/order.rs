//! Orders: from where they take what, and what may become of them.
//!
//! Decided on rows that the lanes of the centres have loaded: whoever is first there has it.

pub mod allocation;
pub mod claim;

mod standing;

pub use allocation::{Allocation, OnShortage, Part, Shelf, Shortage, allocate};
pub use claim::{Refusal, cancel, confirm, release};
pub use standing::{Kept, OrderStatus};
