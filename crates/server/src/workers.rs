//! Who acts without being asked: the accountant, one thread for each partition, and the closer.

pub mod accountant;
pub mod closer;
pub mod running;
pub mod watermark;

pub use accountant::{Counts, catch_up, lag};
pub use closer::{close_due, tell_waiting};
pub use running::{Running, start};
pub use watermark::{Activity, watermark};
