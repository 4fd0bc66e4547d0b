//! Stage two: a courier's day, priced exactly (B1, B2).
//!
//! A [`PayPlan`] says what is paid for. [`DayRates`] turns the versions of a plan into the rates
//! that hold at each instant of one local day. [`price`] lays a courier's intervals and
//! completions over them; [`explain`] lists the lines that the price is the sum of.

pub mod exact;
pub mod explain;
pub mod multiplier;
pub mod plan;
pub mod presence;
pub mod price;
pub mod rates;
pub mod weekly;
pub mod window;

pub use exact::Exact;
pub use explain::{Delivered, Line, Stretch, Work, explain};
pub use multiplier::Multiplier;
pub use plan::{
    DayRules, IntervalDefinition, Multiplies, Overlap, PayPlan, PlanError, PlanErrors, PlanForm,
    PlanVersion, Tips,
};
pub use presence::{Presence, online_intervals};
pub use price::{Completion, DayPay, price};
pub use rates::{DayRates, RatesError, Segment};
pub use window::{Window, WindowForm};
