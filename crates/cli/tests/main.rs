//! The binary as a whole: stories of its commands, and proofs over real processes.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

mod backup;
mod demo;
mod desk;
mod engines;
mod follow;
mod handing;
mod import;
mod kill;
mod mdrp;
mod money;
mod places;
mod providers;
mod real_day;
mod second_book;
mod serving;
mod shelf;
mod simulate;
mod usage;
