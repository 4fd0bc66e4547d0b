//! Calls to others, guarded: who is slow, down or wrong costs a known while and nothing else.
//!
//! Around each other, the outermost first: a seat (so many at once), the breaker, the rate, the
//! retries, and for each attempt the time-out. Whatever refuses does so at once; nothing queues.

mod backoff;
mod breaker;
mod error;
mod guard;
mod metric;
mod rate;
mod request;
mod seats;
pub mod target;
mod web;

pub use backoff::{Backoff, RetryRules};
pub use breaker::{Breaker, BreakerRules, Permit};
pub use error::{CallError, Fault};
pub(crate) use guard::rest;
pub use guard::{Guard, Rules};
pub use rate::{Bucket, RateRules};
pub use request::{Answer, Request, query};
pub use web::Web;
