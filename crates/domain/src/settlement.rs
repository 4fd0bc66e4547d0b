//! Settlement: what couriers are paid out and merchants are charged for a day (A6).

mod adjustment;
mod fee;
mod posting;
mod provider;
mod statement;

pub use adjustment::{Adjustment, AdjustmentKind, Party};
pub use fee::{FeePlan, FeePlanError};
pub use posting::{Account, Posting, PostingKind};
pub use provider::{Carried, ProviderTotals};
pub use statement::{
    CourierStatement, CourierTotals, MerchantStatement, MerchantTotals, ProviderStatement,
    SettlementDigest, canonical_bytes, digest_of,
};
