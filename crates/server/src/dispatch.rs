//! Dispatch: deliveries are asked for, offered, accepted and carried; every claim in its market's
//! lane, one winner each.
//!
//! Commands are in `request`, `claims`, `offers` and `availability`; what they announce is in
//! `told`; `board` is what a process knows of a market in memory, and `matcher` acts on it.

pub mod told;

use crate::error::AppError;
use doorstep_domain::id::MarketId;
use doorstep_store::LaneId;

/// The lane in which everything of a market's deliveries is decided.
pub fn dispatch_lane(market: &MarketId) -> Result<LaneId, AppError> {
    Ok(LaneId::new(format!("dispatch/{market}"))?)
}
