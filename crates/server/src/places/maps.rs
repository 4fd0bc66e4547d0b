//! The streets of each market as geocoder and router take them, made once for each change.

use crate::app::App;
use crate::error::AppError;
use doorstep_domain::arrival::Model;
use doorstep_domain::id::MarketId;
use doorstep_domain::streets::{Class, Geocoder, Graph, Numbers, Stretch};
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_domain::tracking::Position;
use doorstep_store::street::{self, Extent, HouseNumbers, StreetRow};
use doorstep_store::{StoreError, Tx, arrival};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is known of the places of a market.
#[derive(Debug)]
pub struct Place {
    /// Which revision of the streets it was made of.
    revision: i64,
    /// Which version of the model of arrival times; 0 where nothing was learned.
    pub model_version: i64,
    /// Addresses.
    pub geocoder: Arc<Geocoder>,
    /// Ways.
    pub graph: Arc<Graph>,
    /// Arrival times, where any were learned.
    pub model: Option<Arc<Model>>,
}

/// How long it is not looked whether another process has changed something, in microseconds: every
/// delivery that is asked for needs several answers, and streets change once a month.
const FRESH_US: i64 = SECOND_US;

/// The places that were asked for.
#[derive(Debug, Default)]
pub struct Maps(Mutex<BTreeMap<MarketId, Held>>);

#[derive(Debug, Clone)]
struct Held {
    place: Arc<Place>,
    /// When it was looked up last; `None` where something has changed here since.
    looked_at: Option<Micros>,
}

impl Maps {
    /// Streets or model of a market were changed here: the next question looks them up.
    pub(crate) fn changed(&self, market: &MarketId) {
        if let Some(held) = self.held().get_mut(market) {
            held.looked_at = None;
        }
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<MarketId, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn is_fresh(&self, now: Micros) -> bool {
        let fresh = |at: Micros| (at..at.plus(FRESH_US)).contains(&now);
        self.looked_at.is_some_and(fresh)
    }
}

/// The places of a market, as they are here, and as another process has changed them for a second
/// or more. Errors: no such market.
pub fn at_hand(app: &App, market: &MarketId) -> Result<Arc<Place>, AppError> {
    let now = app.clock.now();
    let held = app.places.held().get(market).cloned();
    if let Some(held) = held.as_ref().filter(|held| held.is_fresh(now)) {
        return Ok(Arc::clone(&held.place));
    }
    app.market(market.as_str())?;
    let kept = held.map(|held| held.place);
    let read = app.store.read(|tx| {
        let found = revisions(tx, market)?;
        match &kept {
            Some(kept) if (kept.revision, kept.model_version) == found => Ok(Arc::clone(kept)),
            kept => Ok::<_, AppError>(Arc::new(made(tx, market, kept.as_deref())?)),
        }
    });
    let place = match (read, kept) {
        (Ok(place), _) => place,
        // Streets do not move while the store is not there.
        (Err(AppError::Store(_)), Some(kept)) => return Ok(kept),
        (Err(error), _) => return Err(error),
    };
    let held = Held { place: Arc::clone(&place), looked_at: Some(now) };
    app.places.held().insert(market.clone(), held);
    Ok(place)
}

/// The market whose streets surround a place; the only market where there is one.
pub fn market_around(app: &App, place: Position) -> Result<Option<MarketId>, AppError> {
    let mut markets = app.markets.keys();
    if let (Some(only), None) = (markets.next(), markets.next()) {
        return Ok(Some(only.clone()));
    }
    app.store.read(|tx| {
        for market in app.markets.keys() {
            let extent = street::map(tx, market.as_str())?.and_then(|map| map.extent);
            if extent.is_some_and(|extent| surrounds(extent, place)) {
                return Ok(Some(market.clone()));
            }
        }
        Ok(None)
    })
}

fn surrounds(Extent { south_west, north_east }: Extent, place: Position) -> bool {
    (south_west.lat_e7..=north_east.lat_e7).contains(&place.lat_e7)
        && (south_west.lng_e7..=north_east.lng_e7).contains(&place.lng_e7)
}

fn revisions(tx: &mut dyn Tx, market: &MarketId) -> Result<(i64, i64), StoreError> {
    let revision = street::map(tx, market.as_str())?.map_or(0, |map| map.revision);
    Ok((revision, arrival::newest_version(tx, market.as_str())?.unwrap_or(0)))
}

/// Made anew where something has changed; the rest is taken from what was kept.
fn made(tx: &mut dyn Tx, market: &MarketId, kept: Option<&Place>) -> Result<Place, AppError> {
    let (revision, model_version) = revisions(tx, market)?;
    let (geocoder, graph) = match kept.filter(|kept| kept.revision == revision) {
        Some(kept) => (Arc::clone(&kept.geocoder), Arc::clone(&kept.graph)),
        None => {
            let mut stretches = Vec::new();
            street::each(tx, market.as_str(), &mut |row| {
                stretches.push(stretch(row));
                Ok(())
            })?;
            (Arc::new(Geocoder::new(&stretches)), Arc::new(Graph::new(&stretches)))
        }
    };
    let text = arrival::model(tx, market.as_str(), model_version)?;
    let read = |text: String| {
        serde_json::from_str(&text).map_err(|error| AppError::machine("the arrival model", error))
    };
    let model = text.map(read).transpose()?.map(Arc::new);
    Ok(Place { revision, model_version, geocoder, graph, model })
}

fn stretch(row: StreetRow) -> Stretch {
    let numbers = |HouseNumbers { first, last }| Numbers { first, last };
    Stretch {
        name: row.name,
        // What was imported is of a known class; what a later version wrote may be driven on.
        class: row.class.parse().unwrap_or(Class::Residential),
        left: row.left.map(numbers),
        right: row.right.map(numbers),
        zip: row.zip,
        ends: row.from_node.zip(row.to_node),
        line: row.line,
    }
}
