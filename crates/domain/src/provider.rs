//! Deliveries by others: what their events mean, and how a delivery stands by the set of them.
//!
//! A payload becomes events by an [`Adapter`]; events join a [`Timeline`]; [`fold`] says how the
//! delivery stands, [`explain`] why. All of it is a function of the set: any order, repetition or
//! grouping gives the same answer (E4, E6).

mod adapter;
mod canonical;
mod decision;
mod event;
mod explain;
mod fold;
mod path;
mod silence;
mod timeline;

pub use adapter::{
    Adapter, AdapterError, AdapterFile, ReadError, Reading, Source, Told, Verify, Written,
};
pub use canonical::{State, States};
pub use decision::{Decision, Ruling, rule};
pub use event::{Courier, Event, Meaning, Origin};
pub use explain::{Explained, Verdict, explain};
pub use fold::{Standing, fold};
pub use path::{Path, PathError};
pub use silence::Silences;
pub use timeline::{Joined, Timeline};
