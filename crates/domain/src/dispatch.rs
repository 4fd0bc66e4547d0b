//! Dispatch: who carries what.

pub mod batch;
