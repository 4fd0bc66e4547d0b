//! The contract of the store, on every engine: always SQLite, and Postgres where
//! `DOORSTEP_TEST_POSTGRES` names one.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod allowances;
mod arrivals;
mod batches;
mod couriers;
mod cursors;
mod dispatch;
mod engines;
mod follow;
mod idempotency;
mod lanes;
mod model;
mod orders;
mod outbox;
mod positions;
mod processes;
mod providers;
mod queue;
mod reads;
mod schema;
mod settled;
mod snapshots;
mod statements;
mod streets;
mod tasks;
mod timers;
mod together;
