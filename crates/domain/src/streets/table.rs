//! From each of many places to each of many: one search for each source, or for each destination
//! where there are fewer, which on streets without directions is the same.

use super::graph::{Graph, NEVER_MS};
use super::profile::Profile;
use super::route::UNREACHED;
use super::snap::Snapped;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Most cells of a table.
pub const TABLE_CELLS_MAX: usize = 250_000;

/// What a way costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Leg {
    /// Milliseconds on free streets.
    pub duration_ms: u64,
    /// Metres along the fastest way.
    pub length_m: f64,
}

/// What one search knows of the junctions; laid out once and used for each.
struct Reached {
    cost_ms: Vec<u32>,
    length_m: Vec<f32>,
    /// How many of the wanted places wait for this junction to be settled.
    awaited: Vec<u32>,
    heap: BinaryHeap<Reverse<(u32, u32)>>,
}

impl Graph {
    /// Rows for the sources, columns for the destinations; `None` where there is no way or no
    /// place. The caller has bounded them by [`TABLE_CELLS_MAX`].
    pub fn table(
        &self,
        from: &[Option<Snapped>],
        to: &[Option<Snapped>],
        by: Profile,
    ) -> Vec<Vec<Option<Leg>>> {
        if from.len() <= to.len() {
            return self.rows(from, to, by);
        }
        let turned = self.rows(to, from, by);
        let column = |at: usize| turned.iter().map(|row| row[at]).collect();
        (0..from.len()).map(column).collect()
    }

    fn rows(
        &self,
        from: &[Option<Snapped>],
        to: &[Option<Snapped>],
        by: Profile,
    ) -> Vec<Vec<Option<Leg>>> {
        let junctions = self.junctions();
        let mut reached = Reached {
            cost_ms: vec![UNREACHED; junctions],
            length_m: vec![0.0; junctions],
            awaited: vec![0; junctions],
            heap: BinaryHeap::new(),
        };
        let row = |source: &Option<Snapped>| match source {
            None => vec![None; to.len()],
            Some(source) => {
                self.spread(source, to, by, &mut reached);
                let legs = to.iter().map(|to| self.leg(source, to.as_ref()?, by, &reached));
                legs.collect()
            }
        };
        from.iter().map(row).collect()
    }

    /// Settles junctions from a source on, until those around every destination are.
    fn spread(&self, from: &Snapped, to: &[Option<Snapped>], by: Profile, reached: &mut Reached) {
        reached.cost_ms.fill(UNREACHED);
        reached.awaited.fill(0);
        reached.heap.clear();
        let mut awaited = 0;
        for (junction, _) in to.iter().flatten().flat_map(|to| self.entries(to, by)) {
            let waits = &mut reached.awaited[junction as usize];
            awaited += u32::from(*waits == 0);
            *waits = 1;
        }
        let length_m = self.edges[from.edge as usize].length_m;
        let shares = [from.fraction, 1.0 - from.fraction];
        for ((junction, cost_ms), share) in self.entries(from, by).into_iter().zip(shares) {
            reached.reach(junction, cost_ms, length_m * share as f32);
        }
        while awaited > 0
            && let Some(Reverse((cost_ms, junction))) = reached.heap.pop()
        {
            if cost_ms > reached.cost_ms[junction as usize] {
                continue;
            }
            awaited -= std::mem::take(&mut reached.awaited[junction as usize]);
            let length_m = reached.length_m[junction as usize];
            for arc in self.arcs_of(junction) {
                let edge = &self.edges[arc.edge as usize];
                let edge_ms = edge.cost_ms[by.index()];
                if edge_ms != NEVER_MS {
                    let cost_ms = cost_ms.saturating_add(edge_ms);
                    reached.reach(arc.to, cost_ms, length_m + edge.length_m);
                }
            }
        }
    }

    fn leg(&self, from: &Snapped, to: &Snapped, by: Profile, reached: &Reached) -> Option<Leg> {
        let whole_m = f64::from(self.edges[to.edge as usize].length_m);
        let shares = [to.fraction, 1.0 - to.fraction];
        let ways = self.entries(to, by).into_iter().zip(shares).map(|((junction, ms), share)| {
            let at = junction as usize;
            let length_m = f64::from(reached.length_m[at]) + whole_m * share;
            (reached.cost_ms[at].saturating_add(ms), length_m)
        });
        let direct_m = whole_m * (from.fraction - to.fraction).abs();
        let direct = self.direct_ms(from, to, by).map(|cost_ms| (cost_ms, direct_m));
        let best = ways.chain(direct).min_by_key(|(cost_ms, _)| *cost_ms)?;
        let (cost_ms, length_m) = best;
        (cost_ms != UNREACHED).then_some(Leg { duration_ms: cost_ms.into(), length_m })
    }
}

impl Reached {
    fn reach(&mut self, junction: u32, cost_ms: u32, length_m: f32) {
        if cost_ms < self.cost_ms[junction as usize] {
            self.cost_ms[junction as usize] = cost_ms;
            self.length_m[junction as usize] = length_m;
            self.heap.push(Reverse((cost_ms, junction)));
        }
    }
}
