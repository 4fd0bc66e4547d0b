//! The fastest way between two places: Dijkstra from both ends until they meet.

use super::graph::{Graph, NEVER_MS};
use super::line::{length_m, part};
use super::profile::Profile;
use super::snap::Snapped;
use crate::tracking::Position;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A cost that nothing has been reached at.
pub(super) const UNREACHED: u32 = u32::MAX;

const NOWHERE: u32 = u32::MAX;

/// A way from one place to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Milliseconds on free streets.
    pub duration_ms: u64,
    /// Metres.
    pub length_m: f64,
    /// Its places in order, from street to street.
    pub line: Vec<Position>,
}

/// Where the search from one end has come.
struct Side {
    cost_ms: Vec<u32>,
    /// The arc's edge by which a junction was reached.
    by: Vec<u32>,
    heap: BinaryHeap<Reverse<(u32, u32)>>,
}

impl Graph {
    /// The fastest way; `None` where there is none. Equal both ways round.
    pub fn route(&self, from: &Snapped, to: &Snapped, by: Profile) -> Option<Route> {
        let direct_ms = self.direct_ms(from, to, by);
        let mut sides = [self.side(from, by), self.side(to, by)];
        let met = self.meet(&mut sides, by, direct_ms.unwrap_or(UNREACHED));
        let Some((cost_ms, junction)) = met else {
            let line = part(self.line(&self.edges[from.edge as usize]), from.fraction, to.fraction);
            return Some(Route { duration_ms: direct_ms?.into(), length_m: length_m(&line), line });
        };
        let line = self.walked(&sides, junction, from, to);
        Some(Route { duration_ms: cost_ms.into(), length_m: length_m(&line), line })
    }

    /// Along the edge that both places are on.
    pub(super) fn direct_ms(&self, from: &Snapped, to: &Snapped, by: Profile) -> Option<u32> {
        let share = (from.fraction - to.fraction).abs();
        let cost_ms = self.edges[from.edge as usize].cost_ms[by.index()];
        (from.edge == to.edge && cost_ms != NEVER_MS).then(|| shared_ms(cost_ms, share))
    }

    /// What it costs from a place to the junctions at the ends of its edge.
    pub(super) fn entries(&self, at: &Snapped, by: Profile) -> [(u32, u32); 2] {
        let edge = &self.edges[at.edge as usize];
        let cost_ms = edge.cost_ms[by.index()];
        let shared =
            |share| if cost_ms == NEVER_MS { UNREACHED } else { shared_ms(cost_ms, share) };
        let before_ms = shared(at.fraction);
        // Both parts are the whole exactly, so that ways add up.
        let after_ms = if before_ms == UNREACHED { UNREACHED } else { cost_ms - before_ms };
        [(edge.from, before_ms), (edge.to, after_ms)]
    }

    fn side(&self, at: &Snapped, by: Profile) -> Side {
        let (cost_ms, edges) = (vec![UNREACHED; self.junctions()], vec![NOWHERE; self.junctions()]);
        let mut side = Side { cost_ms, by: edges, heap: BinaryHeap::new() };
        for (junction, cost_ms) in self.entries(at, by) {
            side.reach(junction, cost_ms, NOWHERE);
        }
        side
    }

    /// The junction on the cheapest way, and the cost, where it is less than `best_ms`.
    fn meet(&self, sides: &mut [Side; 2], by: Profile, mut best_ms: u32) -> Option<(u32, u32)> {
        let mut met = None;
        loop {
            let [one, other] = [sides[0].next_ms(), sides[1].next_ms()];
            if one.saturating_add(other) >= best_ms {
                return met;
            }
            let turn = usize::from(other < one);
            let Some(Reverse((cost_ms, junction))) = sides[turn].heap.pop() else { return met };
            if cost_ms > sides[turn].cost_ms[junction as usize] {
                continue;
            }
            let there_ms = cost_ms.saturating_add(sides[1 - turn].cost_ms[junction as usize]);
            if there_ms < best_ms {
                (best_ms, met) = (there_ms, Some((there_ms, junction)));
            }
            for arc in self.arcs_of(junction) {
                let edge_ms = self.edges[arc.edge as usize].cost_ms[by.index()];
                if edge_ms != NEVER_MS {
                    sides[turn].reach(arc.to, cost_ms.saturating_add(edge_ms), arc.edge);
                }
            }
        }
    }

    /// The places of a way that was found, told by the junction where both searches met.
    fn walked(&self, sides: &[Side; 2], met: u32, from: &Snapped, to: &Snapped) -> Vec<Position> {
        let mut line = self.half(&sides[0], met, from);
        line.reverse();
        line.extend(self.half(&sides[1], met, to));
        line.dedup();
        line
    }

    /// From the junction back to where a search began.
    fn half(&self, side: &Side, met: u32, start: &Snapped) -> Vec<Position> {
        let (mut line, mut at) = (Vec::new(), met);
        while side.by[at as usize] != NOWHERE {
            let edge = &self.edges[side.by[at as usize] as usize];
            let places = self.line(edge).iter().copied();
            if edge.from == at {
                line.extend(places);
                at = edge.to;
            } else {
                line.extend(places.rev());
                at = edge.from;
            }
        }
        let edge = &self.edges[start.edge as usize];
        let is_loop = edge.from == edge.to;
        let at_from = if is_loop { start.fraction <= 0.5 } else { edge.from == at };
        let end = if at_from { 0.0 } else { 1.0 };
        line.extend(part(self.line(edge), end, start.fraction));
        line
    }
}

impl Side {
    fn next_ms(&self) -> u32 {
        self.heap.peek().map_or(UNREACHED, |Reverse((cost_ms, _))| *cost_ms)
    }

    fn reach(&mut self, junction: u32, cost_ms: u32, edge: u32) {
        if cost_ms < self.cost_ms[junction as usize] {
            self.cost_ms[junction as usize] = cost_ms;
            self.by[junction as usize] = edge;
            self.heap.push(Reverse((cost_ms, junction)));
        }
    }
}

/// What a share of an edge costs.
pub(super) fn shared_ms(cost_ms: u32, share: f64) -> u32 {
    ((f64::from(cost_ms) * share).round() as u32).min(cost_ms)
}
