//! Tracking: pings come in through the door, the tracker applies them, watchers look.

pub mod door;

pub mod snapshot;
pub mod states;
pub mod tracker;

pub mod geo;
pub mod view;
pub mod watch;

pub mod notices;
pub mod progress;

pub(crate) mod metric;
mod tracked;

pub use tracked::Tracked;
