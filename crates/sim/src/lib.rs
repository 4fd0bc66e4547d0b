//! What must hold: events to feed Doorstep with, faults to feed them through, and a second book
//! that says what the answer has to be.
//!
//! Nothing here knows how the product prices or settles; the same seed gives the same bytes.

pub mod chance;
pub mod event;

pub mod city;
pub mod fleet;
pub mod taxis;
pub mod trips;

pub mod dirt;

pub mod provider;

pub mod mdrp;

pub mod shop;

pub mod book;

pub use event::{SimEvent, write_events};
