//! Who is in a box: everybody, or clusters where that is too many.

use super::{Cover, Market, World, grid::Cell};
use crate::{Bbox, Cluster, Within};
use doorstep_domain::id::MarketId;
use doorstep_domain::tracking::Position;

/// Tiles along each side of a box: at most 1,024 clusters, some 40 pixels apart on a wide screen.
const TILES: usize = 32;

const TURN_E7: i64 = 3_600_000_000;

impl World {
    pub(crate) fn within(&self, bbox: &Bbox, market: Option<&MarketId>, limit: usize) -> Within {
        let cover = Cover::of(*bbox);
        let mut cells: Vec<(&Cell, usize)> = Vec::new();
        let mut total = 0;
        for (_, Market { grid, .. }) in self.markets_of(market) {
            grid.each_in(&cover, |cell| {
                let count = inside(cell, &cover);
                if count > 0 {
                    total += count;
                    cells.push((cell, count));
                }
            });
        }
        if total > limit {
            return Within::Clusters(clusters(bbox, &cells));
        }
        let members = cells.iter().flat_map(|(cell, _)| &cell.members);
        let inside = members.filter(|member| bbox.contains(member.position));
        Within::Couriers(inside.map(|member| self.seen(member.number)).collect())
    }
}

fn inside(cell: &Cell, cover: &Cover) -> usize {
    if cover.swallows(cell.place) {
        return cell.members.len();
    }
    cell.members.iter().filter(|member| cover.bbox().contains(member.position)).count()
}

/// What is in one tile, its positions summed as distances from the corner of the box.
#[derive(Clone, Copy, Default)]
struct Tile {
    count: i64,
    north_e7: i64,
    east_e7: i64,
}

fn clusters(bbox: &Bbox, cells: &[(&Cell, usize)]) -> Vec<Cluster> {
    let mut tiles = vec![Tile::default(); TILES * TILES];
    let (height, width) = (bbox.height_e7(), bbox.width_e7());
    let row = |offset: i64, whole: i64| (offset * TILES as i64 / (whole + 1)) as usize;
    for (cell, count) in cells {
        let centre = cell.place.centre();
        let north_e7 = (i64::from(centre.lat_e7) - i64::from(bbox.south())).clamp(0, height);
        let east_e7 = east_of(bbox, centre.lng_e7).min(width);
        let tile = &mut tiles[row(north_e7, height) * TILES + row(east_e7, width)];
        let weight = *count as i64;
        tile.count += weight;
        tile.north_e7 += north_e7 * weight;
        tile.east_e7 += east_e7 * weight;
    }
    let used = tiles.iter().filter(|tile| tile.count > 0);
    used.map(|tile| {
        let lat_e7 = i64::from(bbox.south()) + tile.north_e7 / tile.count;
        let lng_e7 = i64::from(bbox.west()) + tile.east_e7 / tile.count;
        let lng_e7 = if lng_e7 > TURN_E7 / 2 { lng_e7 - TURN_E7 } else { lng_e7 };
        let center = Position { lat_e7: lat_e7 as i32, lng_e7: lng_e7 as i32 };
        Cluster { center, count: tile.count as usize }
    })
    .collect()
}

/// How far east of the western edge; a cell's middle a little west of it counts as on it.
fn east_of(bbox: &Bbox, lng_e7: i32) -> i64 {
    let east = (i64::from(lng_e7) - i64::from(bbox.west())).rem_euclid(TURN_E7);
    let beyond = east - bbox.width_e7();
    if beyond > (TURN_E7 - bbox.width_e7()) / 2 { 0 } else { east }
}
