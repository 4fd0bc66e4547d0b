//! The simulator held to its word.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod agreement;
mod book;
mod city;
mod dirt;
mod fleet;
mod mdrp;
mod provider;
mod shop;
mod taxis;
mod trips;
