//! Real meals: days of a delivery network as Grubhub published them, run under their rules.
//!
//! Source: Reyes, Erera, Savelsbergh, Sahasrabudhe, O'Neil, "Meal Delivery Routing: The Grubhub
//! Instances", 2018. Couriers do as they are told; nobody is diverted on the way to a restaurant;
//! what is picked up there may be changed until the pickup; only orders of one restaurant are
//! bundled; after their off-time couriers deliver and pick nothing up.

pub mod check;
pub mod day;
pub mod instance;
pub mod nearest;
pub mod solution;

mod courier;

pub use check::{Checked, Measures, check};
pub use day::{Dispatch, run};
pub use instance::{Instance, InstanceError, Place};
pub use solution::Solution;
