//! Dispatch: who carries what. A package is what is carried, a courier who carries, a delivery the
//! assignment and its state, a position where somebody is; they stay apart (C16).
//!
//! Claims are decided here, on what the lane has loaded: whoever is first in the lane has it.

pub mod batch;
pub mod claim;
pub mod handing;
pub mod round;
pub mod search;

mod package;
mod phone;
mod status;

pub use claim::{Claimant, Outcome, Refusal, Standing};
pub use package::{Package, PackageSize, Vehicle};
pub use phone::{Phone, PhoneError};
pub use search::{Rings, Search};
pub use status::{Leg, Status};
