//! Settlement of a market's day: computed from the facts while it is open, kept once closed (A6).

mod books;
mod close;
mod correct;
mod providers;
mod view;

pub(crate) use books::compute;
pub use books::{Books, Totals};
pub use close::{ClosedView, close};
pub(crate) use correct::is_settled;
pub use correct::{booked_for_couriers, correct};
pub use view::{ConflictView, SettlementView, conflict_view, view};

use crate::error::AppError;
use doorstep_store::StoreError;
use doorstep_store::statement::StatementRow;
use serde::de::DeserializeOwned;

/// The figures of a kept statement, from [`StatementRow::totals`].
pub fn read_totals<T: DeserializeOwned>(totals: &str) -> Result<T, AppError> {
    let unreadable =
        |error| StoreError::Invalid { detail: format!("totals of a statement: {error}") };
    Ok(serde_json::from_str(totals).map_err(unreadable)?)
}

/// The bytes of a kept statement, of which the digest is taken.
pub fn body_of(row: &StatementRow) -> Result<Vec<u8>, AppError> {
    Ok(zstd::decode_all(row.body.as_slice()).map_err(|error| unreadable(row, error))?)
}

/// The lines of a kept courier's statement.
pub fn lines_of(row: &StatementRow) -> Result<serde_json::Value, AppError> {
    let mut body: serde_json::Value =
        serde_json::from_slice(&body_of(row)?).map_err(|error| unreadable(row, error))?;
    Ok(body["lines"].take())
}

fn unreadable(row: &StatementRow, why: impl std::fmt::Display) -> StoreError {
    StoreError::Invalid {
        detail: format!("statement of {} {}: {why}", row.party_kind, row.party_id),
    }
}
