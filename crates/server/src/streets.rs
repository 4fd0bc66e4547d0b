//! Streets of markets: imported as GeoJSON, drawn under the couriers, read by whoever looks for an
//! address or a way.

mod layer;
mod reading;

pub use layer::{Layer, Layers, gzip, layer};

use crate::app::{App, market_lane};
use crate::error::AppError;
use doorstep_domain::id::MarketId;
use doorstep_store::street::{self, Extent, StreetMap, StreetRow};
use serde::Serialize;
use utoipa::ToSchema;

/// What became of streets that were sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StreetsTaken {
    /// Streets put in place, new or again.
    pub accepted: u64,
    /// What was refused, in the order it came.
    pub rejected: Vec<StreetRefused>,
    /// Streets of the market now.
    pub streets: u64,
}

/// One refused street.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StreetRefused {
    /// Line, or place among the features, counted from 1.
    pub line: u64,
    /// Machine-readable kind.
    pub code: &'static str,
    /// JSON pointer to the member.
    pub pointer: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

/// What a market's map has to begin with.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MarketMap {
    /// Which market.
    pub market: String,
    /// IANA zone.
    pub time_zone: String,
    /// Streets known of it.
    pub streets: u64,
    /// West, south, east, north of its streets in degrees; null where there are none.
    pub bounds: Option<[f64; 4]>,
}

/// Puts streets of a market in place, each a GeoJSON feature with its line number; `replace`
/// removes what was there before.
///
/// A street that is known by its identifier is replaced. Errors: no such market.
pub fn take<'a>(
    app: &App,
    market: &MarketId,
    features: impl IntoIterator<Item = (u64, &'a [u8])>,
    replace: bool,
) -> Result<StreetsTaken, AppError> {
    app.market(market.as_str())?;
    let (mut streets, mut rejected) = (Vec::new(), Vec::new());
    for (line, feature) in features {
        match reading::street(feature) {
            Ok(street) => streets.push(street),
            Err(wrong) => {
                let (pointer, reason) = (wrong.pointer, wrong.reason);
                rejected.push(StreetRefused { line, code: wrong.code, pointer, reason });
            }
        }
    }
    let accepted = streets.len() as u64;
    let map = put(app, market, streets, replace)?;
    Ok(StreetsTaken { accepted, rejected, streets: counted(&map) })
}

/// The maps of all markets, by name.
pub fn maps(app: &App) -> Result<Vec<MarketMap>, AppError> {
    app.store.read(|tx| {
        let markets = app.markets.values().map(|market| {
            let map = street::map(tx, market.id.as_str())?;
            Ok(MarketMap {
                market: market.id.to_string(),
                time_zone: market.time_zone.to_string(),
                streets: map.as_ref().map_or(0, counted),
                bounds: map.and_then(|map| map.extent).map(degrees),
            })
        });
        markets.collect()
    })
}

fn put(
    app: &App,
    market: &MarketId,
    streets: Vec<StreetRow>,
    replace: bool,
) -> Result<StreetMap, AppError> {
    let id = market.to_string();
    let map = app.store.lane(&market_lane(market)?, move |tx| {
        if replace {
            street::clear(tx, &id)?;
        }
        street::put(tx, &id, &streets)?;
        Ok::<_, AppError>(street::refresh(tx, &id)?)
    })?;
    app.places.changed(market);
    Ok(map)
}

fn counted(map: &StreetMap) -> u64 {
    u64::try_from(map.streets).unwrap_or(0)
}

fn degrees(extent: Extent) -> [f64; 4] {
    let Extent { south_west, north_east } = extent;
    [south_west.lng(), south_west.lat(), north_east.lng(), north_east.lat()]
}
