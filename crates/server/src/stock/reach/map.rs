//! All centres on a grid.

use crate::app::App;
use doorstep_domain::id::MarketId;
use doorstep_domain::tracking::Position;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

/// Side of a cell in 1e-7 degrees: five and a half kilometres from south to north.
const CELL_E7: i64 = 500_000;

/// Cells around the Earth.
const CELLS_AROUND: i64 = 3_600_000_000 / CELL_E7;

/// Metres of a degree of latitude.
const DEGREE_M: f64 = 111_195.0;

/// Whose market a place without streets is: that of a centre not farther than this, in metres.
const NEAREST_M: f64 = 100_000.0;

/// Where the centres are.
pub(super) struct Map {
    /// How many had been added when it was made.
    pub centers_added: u64,
    cells: HashMap<(i64, i64), Vec<Placed>>,
}

/// A centre where it is.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    /// Its number.
    pub center_no: u32,
    /// Where it is.
    pub position: Position,
    market: Arc<MarketId>,
}

/// The map of now; made anew where centres were added.
pub(super) fn at_hand(app: &App) -> Arc<Map> {
    let mut kept = app.stock.reach.map.lock().unwrap_or_else(PoisonError::into_inner);
    let held = app.stock.catalogue.known();
    if let Some(map) = kept.as_ref().filter(|map| map.centers_added == held.centers_added()) {
        return Arc::clone(map);
    }
    let mut markets: HashMap<&MarketId, Arc<MarketId>> = HashMap::new();
    let centers = held.centers().map(|center| {
        let market = markets.entry(&center.market);
        let market = Arc::clone(market.or_insert_with(|| Arc::new(center.market.clone())));
        // Numbers that are held fit.
        let center_no = u32::try_from(center.center_no).unwrap_or(u32::MAX);
        Placed { center_no, position: center.position, market }
    });
    let map = Arc::new(Map::of(centers, held.centers_added()));
    *kept = Some(Arc::clone(&map));
    map
}

impl Map {
    fn of(centers: impl Iterator<Item = Placed>, centers_added: u64) -> Map {
        let mut cells: HashMap<(i64, i64), Vec<Placed>> = HashMap::new();
        for center in centers {
            cells.entry(cell(center.position)).or_default().push(center);
        }
        Map { centers_added, cells }
    }

    /// The centres of a market within metres of a place, the nearest first.
    pub(super) fn within(&self, market: &MarketId, place: Position, radius_m: f64) -> Vec<Placed> {
        let near = self.around(place, radius_m).filter(|(placed, _)| *placed.market == *market);
        let mut near: Vec<(&Placed, f64)> = near.collect();
        near.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.center_no.cmp(&b.0.center_no)));
        near.into_iter().map(|(placed, _)| placed.clone()).collect()
    }

    /// Whose the nearest centre is, if any is near.
    pub(super) fn nearest_market(&self, place: Position) -> Option<&MarketId> {
        let mut radius_m = NEAREST_M / 16.0;
        while radius_m <= NEAREST_M {
            let near = self.around(place, radius_m);
            if let Some((nearest, _)) = near.min_by(|a, b| a.1.total_cmp(&b.1)) {
                return Some(&nearest.market);
            }
            radius_m *= 4.0;
        }
        None
    }

    /// Everything within metres of a place, with its distance.
    fn around(&self, place: Position, radius_m: f64) -> impl Iterator<Item = (&Placed, f64)> {
        let (row, column) = cell(place);
        let cell_m = CELL_E7 as f64 / 1e7 * DEGREE_M;
        // Meridians come together towards the poles; around these every column is looked at.
        let farthest_lat = place.lat().abs() + radius_m / DEGREE_M;
        let narrow = farthest_lat.min(90.0).to_radians().cos();
        let rows = (radius_m / cell_m).ceil() as i64;
        let columns = (radius_m / (cell_m * narrow)).ceil().min(CELLS_AROUND as f64 / 2.0) as i64;
        let count = (2 * columns + 1).min(CELLS_AROUND);
        let cells = (row - rows..=row + rows).flat_map(move |row| {
            let columns = (column - columns..).take(count as usize);
            columns.map(move |column| (row, column.rem_euclid(CELLS_AROUND)))
        });
        cells
            .filter_map(|cell| self.cells.get(&cell))
            .flatten()
            .map(move |placed| (placed, placed.position.distance_m(place)))
            .filter(move |(_, distance_m)| *distance_m <= radius_m)
    }
}

fn cell(place: Position) -> (i64, i64) {
    let [row, column] = [place.lat_e7, place.lng_e7].map(|e7| i64::from(e7).div_euclid(CELL_E7));
    (row, column.rem_euclid(CELLS_AROUND))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place() -> impl Strategy<Value = Position> {
        // Around the date line and far north as well as anywhere.
        let lat = prop_oneof![-890_000_000..890_000_000, 377_000_000..378_000_000];
        let lng = prop_oneof![
            -1_800_000_000..1_800_000_000,
            -1_800_000_000..-1_799_000_000,
            1_799_000_000..1_800_000_000,
            -1_225_000_000..-1_224_000_000
        ];
        (lat, lng).prop_map(|(lat_e7, lng_e7)| Position { lat_e7, lng_e7 })
    }

    proptest! {
        /// D1: the grid finds exactly those that are within the circle.
        #[test]
        fn the_grid_finds_what_a_walk_over_all_finds(
            places in prop::collection::vec(place(), 1..80),
            at in place(),
            radius_m in 1.0_f64..200_000.0,
        ) {
            let market: Arc<MarketId> = Arc::new("sf".parse().unwrap());
            let placed = |(center_no, position): (u32, &Position)| {
                Placed { center_no, position: *position, market: Arc::clone(&market) }
            };
            let map = Map::of((0..).zip(&places).map(placed), 0);
            let found: Vec<u32> =
                map.within(&market, at, radius_m).iter().map(|placed| placed.center_no).collect();
            let mut expected: Vec<(u32, f64)> = (0..)
                .zip(places.iter().map(|place| place.distance_m(at)))
                .filter(|(_, distance_m)| *distance_m <= radius_m)
                .collect();
            expected.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
            prop_assert_eq!(found, expected.iter().map(|(number, _)| *number).collect::<Vec<_>>());
        }
    }
}
