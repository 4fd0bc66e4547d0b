//! Which centres reach a place, and how soon: a grid narrows all of them to tens, the great circle
//! to a few, and for those the way is asked for. What was found is kept for some minutes for
//! everybody who is near there; opening hours are looked at each time.

mod map;

use super::Center;
use crate::app::App;
use crate::error::AppError;
use crate::kept::Kept;
use crate::places;
use doorstep_domain::id::MarketId;
use doorstep_domain::stock::second_of_week;
use doorstep_domain::streets::Profile;
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_domain::tracking::Position;
use map::Map;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// From the order until a courier is found: in the simulated cities nine in ten are within it.
const FINDING_S: i64 = 180;

/// Nobody crosses a city faster along the straight line, in metres a second (60 km/h).
const STRAIGHT_M_S: f64 = 60.0 / 3.6;

/// Centres whose ways are asked for; with the place itself they are far below what routers take.
const NEAREST_MAX: usize = 64;

/// How long what was found is kept.
const KEPT_US: i64 = 5 * 60 * SECOND_US;

/// Most places kept: some twenty megabytes.
const PLACES_KEPT: usize = 20_000;

/// Side of the squares within which everybody is answered the same, in 1e-7 degrees: a hundred
/// metres from south to north, and less from west to east.
const SQUARE_E7: i32 = 9_000;

/// A centre that reaches a place.
#[derive(Debug, Clone)]
pub struct Reached {
    /// Which.
    pub center: Arc<Center>,
    /// Metres along the great circle.
    pub distance_m: f64,
    /// Seconds from the order to the door: picking, finding a courier, the way.
    pub eta_s: i64,
    /// Whether it is open now.
    pub is_open: bool,
}

/// What was found, by place.
pub(super) struct Reach {
    markets: Vec<MarketId>,
    kept: Kept<Square, Arc<Around>>,
    /// Places that somebody is looking for; whoever else asks waits for them.
    sought: Mutex<BTreeMap<Square, Arc<Mutex<()>>>>,
    map: Mutex<Option<Arc<Map>>>,
}

/// A square, of a market by its place among them, or of whichever is nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Square {
    market: Option<usize>,
    lat: i32,
    lng: i32,
}

/// Which centres reach a square.
#[derive(Debug)]
pub(crate) struct Around {
    /// Whose.
    pub market: MarketId,
    /// The soonest first.
    pub near: Vec<Near>,
    /// Of which centres it was found.
    centers_added: u64,
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Near {
    /// The number of the centre.
    pub center_no: u32,
    /// Seconds from the order to the door.
    pub eta_s: u32,
}

impl Reach {
    pub(super) fn new(markets: Vec<MarketId>) -> Reach {
        Reach {
            markets,
            kept: Kept::new(PLACES_KEPT),
            sought: Mutex::default(),
            map: Mutex::default(),
        }
    }

    fn square(&self, market: Option<&MarketId>, place: Position) -> Square {
        let [lat, lng] = [place.lat_e7, place.lng_e7].map(|e7| e7.div_euclid(SQUARE_E7));
        let market = market.and_then(|market| self.markets.binary_search(market).ok());
        Square { market, lat, lng }
    }

    fn sought(&self) -> MutexGuard<'_, BTreeMap<Square, Arc<Mutex<()>>>> {
        self.sought.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Square {
    fn middle(self) -> Position {
        let middle = |at: i32| at * SQUARE_E7 + SQUARE_E7 / 2;
        Position { lat_e7: middle(self.lat), lng_e7: middle(self.lng) }
    }
}

/// Which centres reach a place, where that was found lately. It does not block.
pub(crate) fn kept(
    app: &App,
    market: Option<&MarketId>,
    place: Position,
    now: Micros,
) -> Option<Arc<Around>> {
    let reach = &app.stock.reach;
    let around = reach.kept.find(&reach.square(market, place), now)?;
    let added = app.stock.catalogue.known().centers_added();
    (around.centers_added == added).then_some(around)
}

/// Which centres reach a place. It blocks. Errors: no such market, or none near.
pub(crate) fn around(
    app: &App,
    market: Option<&MarketId>,
    place: Position,
    now: Micros,
) -> Result<Arc<Around>, AppError> {
    if let Some(market) = market {
        app.market(market.as_str())?;
    }
    drop(app.stock.catalogue.at_hand());
    if let Some(around) = kept(app, market, place, now) {
        return Ok(around);
    }
    let reach = &app.stock.reach;
    let square = reach.square(market, place);
    let turn = Arc::clone(reach.sought().entry(square).or_default());
    let seeking = turn.lock().unwrap_or_else(PoisonError::into_inner);
    // Whoever was here before may have found it.
    if let Some(around) = kept(app, market, place, now) {
        return Ok(around);
    }
    let found = found(app, market, square.middle());
    reach.sought().remove(&square);
    let around = Arc::new(found?);
    reach.kept.keep(square, Arc::clone(&around), now.plus(KEPT_US));
    drop(seeking);
    Ok(around)
}

fn found(app: &App, market: Option<&MarketId>, place: Position) -> Result<Around, AppError> {
    let map = map::at_hand(app);
    let market = match market {
        Some(market) => market.clone(),
        None => market_of(app, &map, place)?,
    };
    let shop = app.config.markets.get(&market).map(|market| market.shop).unwrap_or_default();
    let before_s = shop.picking.0 / SECOND_US + FINDING_S;
    let way_s = shop.within.0 / SECOND_US - before_s;
    let mut candidates = map.within(&market, place, way_s.max(0) as f64 * STRAIGHT_M_S);
    candidates.truncate(NEAREST_MAX);
    let from: Vec<Position> = candidates.iter().map(|near| near.position).collect();
    let table = places::table(app, &market, (&from, &[place]), Profile::Driving)?;
    let legs = table.legs.into_iter().map(|row| row.into_iter().next().flatten());
    let mut near: Vec<Near> = candidates
        .iter()
        .zip(legs)
        .filter_map(|(candidate, leg)| {
            let drive_s = i64::try_from(leg?.duration_ms.div_ceil(1_000)).ok()?;
            let eta_s = u32::try_from(before_s + drive_s).ok().filter(|_| drive_s <= way_s)?;
            Some(Near { center_no: candidate.center_no, eta_s })
        })
        .collect();
    near.sort_unstable_by_key(|near| (near.eta_s, near.center_no));
    Ok(Around { market, near, centers_added: map.centers_added })
}

/// The only market, or that of the nearest centre, or that whose streets are there.
fn market_of(app: &App, map: &Map, place: Position) -> Result<MarketId, AppError> {
    let mut markets = app.markets.keys();
    if let (Some(only), None) = (markets.next(), markets.next()) {
        return Ok(only.clone());
    }
    if let Some(market) = map.nearest_market(place) {
        return Ok(market.clone());
    }
    let found = places::market_around(app, place)?;
    found.ok_or_else(|| AppError::invalid("market", "is missing: no market is near this place"))
}

pub(super) fn reaching(
    app: &App,
    market: &MarketId,
    place: Position,
    now: Micros,
) -> Result<Vec<Reached>, AppError> {
    let around = around(app, Some(market), place, now)?;
    let second = second_of_week(&app.market(market.as_str())?.time_zone, now);
    let held = app.stock.catalogue.known();
    let reached = around.near.iter().filter_map(|near| {
        let center = held.center_by_number(near.center_no)?;
        Some(Reached {
            center: Arc::clone(center),
            distance_m: center.position.distance_m(place),
            eta_s: near.eta_s.into(),
            is_open: center.is_open_in(second),
        })
    });
    Ok(reached.collect())
}
