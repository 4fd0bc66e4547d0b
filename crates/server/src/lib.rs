//! Who is spoken to: configuration, the wiring of engines, the commands, HTTP, and the workers.
//!
//! Read `app` first: everything else is a function of it.

pub mod app;
pub mod calls;
pub mod clock;
pub mod config;
pub mod error;
pub mod wire;

pub mod accounting;
pub mod archiving;
pub mod backup;
pub mod check;
pub mod conflicts;
pub mod couriers;
pub mod dead_letters;
pub mod dispatch;
pub mod export;
pub mod notifications;
pub mod pay;
pub mod places;
pub mod plans;
pub mod provider;
pub mod reconcile;
pub mod settlement;
pub mod streets;
pub mod tasks;
pub mod tracking;

pub mod workers;

pub mod audit;
pub mod keys;
pub mod metric;
pub mod status;

pub mod api;
