//! Tracking: pings come in through the door, the tracker applies them, watchers look.

pub mod door;
