//! What is announced of followed deliveries is announced again in the lanes of their markets: who
//! is told of deliveries listens there, and a place in a stream is that lane's number.

use super::lane;
use super::told::{FOLLOWED, ProviderTold};
use crate::app::App;
use crate::dispatch::dispatch_lane;
use crate::dispatch::readers::{self, Unread};
use crate::error::AppError;
use doorstep_domain::id::MarketId;
use doorstep_store::LaneId;
use doorstep_store::outbox::Announced;
use std::collections::BTreeMap;

/// The reader's name in the store.
pub const FORWARDER: &str = "forwarder";

/// Announcements read in one go.
const ROWS_AT_ONCE: u32 = 1_024;

/// Announces again what was announced since, in one transaction with where it stands; answers how
/// many announcements there were.
///
/// Errors: [`doorstep_store::StoreError::Fenced`] where another process was faster.
pub fn step(app: &App) -> Result<usize, AppError> {
    let Unread { rows, mark } = readers::unread_of(app, lane()?, FORWARDER, ROWS_AT_ONCE)?;
    if rows.is_empty() {
        return Ok(0);
    }
    let (now, count) = (app.clock.now(), rows.len());
    let by_market = by_market(app, rows);
    let mut lanes = vec![lane()?];
    let mut told: Vec<(LaneId, Vec<Announced>)> = Vec::new();
    for (market, rows) in &by_market {
        let of_market = dispatch_lane(market)?;
        lanes.push(of_market.clone());
        told.push((of_market, rows.clone()));
    }
    app.store.lanes(&lanes, move |tx| {
        mark.advance(tx, now)?;
        for (lane, rows) in &told {
            for row in rows {
                tx.announce_in(lane, &row.kind, &row.subject, &row.payload, now.0)?;
            }
        }
        Ok::<_, AppError>(())
    })?;
    by_market.keys().for_each(|market| app.dispatch.ring(market));
    Ok(count)
}

/// The announcements of followed deliveries, by market; those of a market that is configured no
/// more are told to nobody.
fn by_market(app: &App, rows: Vec<Announced>) -> BTreeMap<MarketId, Vec<Announced>> {
    let mut by_market: BTreeMap<MarketId, Vec<Announced>> = BTreeMap::new();
    for row in rows.into_iter().filter(|row| row.kind.starts_with(FOLLOWED)) {
        let told: Result<ProviderTold, _> = serde_json::from_slice(&row.payload);
        let market = told.ok().and_then(|told| told.market.parse().ok());
        match market.filter(|market| app.markets.contains_key(market)) {
            Some(market) => by_market.entry(market).or_default().push(row),
            None => tracing::error!(seq = row.seq, subject = row.subject, "nobody is told of it"),
        }
    }
    by_market
}
