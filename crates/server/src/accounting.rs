//! The accountant: from raw events to lifecycles, intervals and completions, each counted once.
//!
//! `intake` stands at the door, where events are refused or appended to the log. `read` turns log
//! entries into a batch. `apply` is the command that lets a batch's facts join what is known.

pub mod apply;
pub mod intake;
pub mod read;

pub(crate) mod change;
mod conflict;
mod late;
mod presence;
mod waiting;

pub use apply::{Applied, apply, decide_conflict};
pub use read::{Batch, Origin, Told, read};
pub use waiting::{WAITING, WaitingFor};
