//! Lists over all markets answer with what is there, and say which markets are not.

use super::one_of_each_store;
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::id::MarketId;
use doorstep_store::Store;
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// A market of which a list has nothing now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Warning {
    /// `market_unavailable`.
    pub code: &'static str,
    /// Which.
    pub market: String,
    /// Why, for a person.
    pub detail: String,
}

/// Markets whose store could not be read.
#[derive(Debug, Default)]
pub(super) struct Missing {
    markets: BTreeSet<MarketId>,
}

impl Missing {
    /// Whether a market's store could not be read.
    pub(super) fn has(&self, market: &MarketId) -> bool {
        self.markets.contains(market)
    }

    /// What a market's store says; none where it cannot be read, and then the markets in it are
    /// missing. Errors: no store is left, or this one alone was asked.
    pub(super) fn or<T>(
        &mut self,
        app: &App,
        (market, is_only): (&MarketId, bool),
        read: impl FnOnce(&Store) -> Result<T, AppError>,
    ) -> Result<Option<T>, AppError> {
        let store = app.stock.store_of(app, market);
        let error = match read(store) {
            Err(AppError::Store(error)) => error,
            other => return other.map(Some),
        };
        tracing::warn!(%market, %error, "orders of this market cannot be listed");
        let in_it = |other: &&MarketId| store.is_same(app.stock.store_of(app, other));
        self.markets.extend(app.markets.keys().filter(in_it).cloned());
        let is_left = one_of_each_store(app).any(|market| !self.has(market));
        if is_only || !is_left { Err(error.into()) } else { Ok(None) }
    }

    /// As it is answered.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        let warning = |market: &MarketId| Warning {
            code: "market_unavailable",
            market: market.to_string(),
            detail: format!("the store of {market} is not there: what is in it is missing here"),
        };
        self.markets.iter().map(warning).collect()
    }
}
