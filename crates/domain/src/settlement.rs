//! Settlement: what couriers are paid out and merchants are charged for a day (A6).

mod adjustment;
mod fee;
mod posting;
mod statement;

pub use adjustment::{Adjustment, AdjustmentKind, Party};
pub use fee::{FeePlan, FeePlanError};
pub use posting::{Account, Posting, PostingKind};
pub use statement::{
    CourierStatement, CourierTotals, MerchantStatement, MerchantTotals, SettlementDigest,
    canonical_bytes, digest_of,
};
