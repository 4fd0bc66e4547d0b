//! The server's stories: actors speak, and what they are owed comes out right.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod accounting;
mod api;
mod archiving;
mod backup;
mod calls;
mod check;
mod dead_letters;
mod dispatch;
mod elsewhere;
mod engines;
mod export;
mod follow;
mod handing;
mod isolation;
mod late;
mod live;
mod notifications;
mod operate;
mod orders;
mod others;
mod owed;
mod payments;
mod pings;
mod places;
mod plans;
mod provider;
mod reconcile;
mod served;
mod stock;
mod world;
