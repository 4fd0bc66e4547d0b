//! The nearest couriers: circles that grow until they surely hold enough, ranked by true distance.

use super::{Bbox, Cover, Market, World, grid::Cell};
use crate::Near;
use doorstep_domain::id::MarketId;
use doorstep_domain::tracking::{EARTH_RADIUS_M, Position};

/// The first circle: four cells, mostly.
const FIRST_RADIUS_M: f64 = 250.0;

/// Metres of 10⁻⁷ degrees along a meridian.
const METRES_PER_E7: f64 = EARTH_RADIUS_M * std::f64::consts::PI / 180.0 / 1e7;

/// Up to this angle (5°) the sine of half of it is the half itself, but for 0.04 %.
const NARROW_E7: u32 = 50_000_000;

impl World {
    pub(crate) fn nearest(
        &self,
        market: &MarketId,
        at: Position,
        count: usize,
        radius_m: f64,
        accept: &mut dyn FnMut(&str) -> bool,
    ) -> Vec<Near> {
        let Some((_, market)) = self.markets_of(Some(market)).next() else {
            return Vec::new();
        };
        let mut best = Best { at, count, radius_m, found: Vec::new() };
        if count > 0 && radius_m >= 0.0 {
            self.search(market, &mut best, accept);
        }
        let near = |(distance_m, number)| Near { distance_m, seen: self.seen(number) };
        best.found.into_iter().map(near).collect()
    }

    fn search(&self, market: &Market, best: &mut Best, accept: &mut dyn FnMut(&str) -> bool) {
        let mut accept = |number: u32| accept(self.roster.name(number));
        let mut radius_m = FIRST_RADIUS_M;
        let mut seen: Option<Cover> = None;
        loop {
            let cover = Cover::of(Bbox::around(best.at, radius_m.min(best.radius_m)));
            let is_new = |cell: &Cell| seen.is_none_or(|seen| !seen.touches(cell.place));
            if cover.size() > market.grid.size() {
                // Circles larger than what there is: everybody once, and that is all.
                market.grid.cells().iter().filter(|cell| is_new(cell)).for_each(|cell| {
                    best.consider(cell, &mut accept);
                });
                return;
            }
            market.grid.each_in(&cover, |cell| {
                if is_new(cell) {
                    best.consider(cell, &mut accept);
                }
            });
            if radius_m >= best.radius_m || best.is_settled_within(radius_m) {
                return;
            }
            seen = Some(cover);
            radius_m *= 2.0;
        }
    }
}

/// The best so far, nearest first, of equal distance the lower number.
struct Best {
    at: Position,
    count: usize,
    radius_m: f64,
    found: Vec<(f64, u32)>,
}

impl Best {
    fn consider(&mut self, cell: &Cell, accept: &mut impl FnMut(u32) -> bool) {
        let squeeze = self.at.lat().to_radians().cos() * cell.place.cosine_min();
        for member in &cell.members {
            let worst_m = self.worst_m();
            if self.square_m2_min(member.position, squeeze) > worst_m * worst_m {
                continue;
            }
            let candidate = (self.at.distance_m(member.position), member.number);
            let full = self.found.len() == self.count;
            let better = match self.found.last() {
                Some(last) if full => candidate < *last,
                _ => candidate.0 <= self.radius_m,
            };
            if better && accept(member.number) {
                if full {
                    self.found.pop();
                }
                let rank = self.found.partition_point(|known| *known < candidate);
                self.found.insert(rank, candidate);
            }
        }
    }

    /// The square of a distance that the true one is not below: the haversine formula without its
    /// sines, so that most of a cell is passed over cheaply.
    fn square_m2_min(&self, place: Position, squeeze: f64) -> f64 {
        let north_e7 = place.lat_e7.abs_diff(self.at.lat_e7);
        let east_e7 = place.lng_e7.abs_diff(self.at.lng_e7);
        if north_e7.max(east_e7) > NARROW_E7 {
            return 0.0;
        }
        let (north_m, east_m) = (metres(north_e7), metres(east_e7));
        (north_m * north_m + squeeze * east_m * east_m) * 0.999
    }

    /// Nobody farther than this is wanted.
    fn worst_m(&self) -> f64 {
        match self.found.last() {
            Some((distance_m, _)) if self.found.len() == self.count => *distance_m,
            _ => self.radius_m,
        }
    }

    /// Whether nobody outside a circle can be better.
    fn is_settled_within(&self, radius_m: f64) -> bool {
        self.found.len() == self.count && self.worst_m() <= radius_m
    }
}

fn metres(e7: u32) -> f64 {
    f64::from(e7) * METRES_PER_E7
}
