//! The tests of this crate, one binary.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod once;
mod pings;
mod records;
mod scene;
mod strangers;
