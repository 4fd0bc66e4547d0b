//! The log's proofs: one contract every engine must keep, and what is SQLite's own.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod contract;
mod crash;
mod scratch;
mod sqlite;
