//! What is true: the decisions and values of Doorstep.
//!
//! Everything here is a pure function of its arguments: no IO, no async, no clock, no chance, no
//! SQL. Read in this order.

pub mod id;
pub mod limits;
pub mod money;
pub mod time;

mod plain;

pub mod arrival;
pub mod delivery;
pub mod dispatch;
pub mod event;
pub mod market;
pub mod notify;
pub mod provider;
pub mod streets;
pub mod tracking;

pub mod pay;
pub mod settlement;
