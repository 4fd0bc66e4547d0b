//! Couriers counted together, and crowds gathered into clusters.

use crate::{Bbox, Cluster};
use doorstep_domain::tracking::Position;
use std::collections::BTreeMap;

/// Tiles from south to north and from west to east at most: 1,024 clusters, some 40 pixels apart
/// on a wide screen.
const TILES: i64 = 32;

/// The smallest tile: as high as a cell, 0.005°.
const TILE_E7_MIN: i64 = 50_000;

/// Stretches of half a degree in which it is looked where nobody is.
const STRETCHES: usize = 720;

const QUARTER_TURN_E7: i64 = 900_000_000;
const HALF_TURN_E7: i64 = 1_800_000_000;
const TURN_E7: i64 = 3_600_000_000;

/// How many there are, and the sums of their distances north of the south pole and east of the
/// antimeridian, in 10⁻⁷ degrees. Who is counted from a longitude further east is a turn on.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Crowd {
    pub(super) count: u64,
    north_e7: i64,
    east_e7: i64,
}

impl Crowd {
    /// One.
    pub(super) fn of(position: Position) -> Crowd {
        Crowd {
            count: 1,
            north_e7: i64::from(position.lat_e7) + QUARTER_TURN_E7,
            east_e7: i64::from(position.lng_e7) + HALF_TURN_E7,
        }
    }

    /// Both together.
    pub(super) fn and(self, other: Crowd) -> Crowd {
        Crowd {
            count: self.count + other.count,
            north_e7: self.north_e7 + other.north_e7,
            east_e7: self.east_e7 + other.east_e7,
        }
    }

    /// Without those of another, who are among these.
    pub(super) fn without(self, other: Crowd) -> Crowd {
        Crowd {
            count: self.count - other.count,
            north_e7: self.north_e7 - other.north_e7,
            east_e7: self.east_e7 - other.east_e7,
        }
    }

    /// All of them as so far east of the antimeridian that none is west of this longitude, in
    /// 10⁻⁷ degrees; all are on one side of it.
    pub(super) fn east_of(self, west: i32) -> Crowd {
        self.from(i64::from(west) + HALF_TURN_E7)
    }

    fn from(self, east_e7: i64) -> Crowd {
        if self.count == 0 || self.middle().1 >= east_e7 {
            return self;
        }
        Crowd { east_e7: self.east_e7 + self.count.cast_signed() * TURN_E7, ..self }
    }

    /// The mean, north of the south pole and east of the antimeridian.
    fn middle(&self) -> (i64, i64) {
        let count = self.count.cast_signed().max(1);
        (self.north_e7 / count, self.east_e7 / count)
    }

    fn cluster(&self) -> Cluster {
        let (north_e7, east_e7) = self.middle();
        let lng_e7 = if east_e7 > TURN_E7 { east_e7 - TURN_E7 } else { east_e7 } - HALF_TURN_E7;
        let lat_e7 = (north_e7 - QUARTER_TURN_E7) as i32;
        let center = Position { lat_e7, lng_e7: lng_e7 as i32 };
        Cluster { center, count: self.count as usize }
    }
}

/// Crowds by tiles of the globe, as large as needed to cover those who are there, not the box: a
/// city is as many clusters on a map of the world as on its own. Tiles stay where they are while
/// couriers move and boxes do.
pub(super) fn clusters(bbox: &Bbox, crowds: impl Iterator<Item = Crowd>) -> Vec<Cluster> {
    let mut crowds: Vec<Crowd> = crowds.collect();
    if bbox.width_e7() == TURN_E7 {
        let cut_e7 = emptiest(&crowds);
        crowds.iter_mut().for_each(|crowd| *crowd = crowd.from(cut_e7));
    }
    let north_e7 = side(crowds.iter().map(|crowd| crowd.middle().0));
    let east_e7 = side(crowds.iter().map(|crowd| crowd.middle().1));
    let mut tiles: BTreeMap<(i64, i64), Crowd> = BTreeMap::new();
    for crowd in crowds {
        let (north, east) = crowd.middle();
        let tile = tiles.entry((north / north_e7, east / east_e7)).or_default();
        *tile = tile.and(crowd);
    }
    tiles.values().map(Crowd::cluster).collect()
}

/// The least side of tiles, the smallest doubled and doubled again, of which [`TILES`] hold all.
fn side(places: impl Iterator<Item = i64> + Clone) -> i64 {
    let (first, last) = (places.clone().min().unwrap_or(0), places.max().unwrap_or(0));
    let mut side = TILE_E7_MIN;
    while last / side - first / side >= TILES {
        side *= 2;
    }
    side
}

/// Where the widest stretch without anybody ends, east of the antimeridian: a market on both sides
/// of it is one.
fn emptiest(crowds: &[Crowd]) -> i64 {
    let width_e7 = TURN_E7 / STRETCHES as i64;
    let mut taken = [false; STRETCHES];
    for crowd in crowds {
        taken[(crowd.middle().1 / width_e7) as usize % STRETCHES] = true;
    }
    let (mut empty, mut widest, mut ends) = (0, 0, 0);
    for stretch in 0..2 * STRETCHES {
        empty = if taken[stretch % STRETCHES] { 0 } else { empty + 1 };
        if empty > widest {
            (widest, ends) = (empty, (stretch + 1) % STRETCHES);
        }
    }
    ends as i64 * width_e7
}
