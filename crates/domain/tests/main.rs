//! What the domain promises, capability by capability.
#![expect(clippy::expect_used, reason = "an expectation that fails is a test that fails")]

mod arrival;
mod carried_by_others;
mod delivery;
mod dispatch;
mod event;
mod notify;
mod order;
mod pay;
mod provider;
mod settlement;
mod stock;
mod streets;
mod tracking;
