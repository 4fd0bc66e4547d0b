//! Which edges belong to a network worth being on: a car park that touches no street is not.

use super::{Graph, NEVER_MS};

/// A network of fewer than one in this many junctions is an island.
const ISLAND_SHARE: usize = 100;

/// Marks the mainland of each profile: the largest network, and every other large one.
pub(super) fn mark(graph: &mut Graph) {
    for profile in 0..3 {
        let mut roots = Roots((0..graph.junctions() as u32).collect());
        for edge in graph.edges.iter().filter(|edge| edge.cost_ms[profile] != NEVER_MS) {
            roots.join(edge.from, edge.to);
        }
        let mut sizes = vec![0_usize; graph.junctions()];
        for junction in 0..graph.junctions() as u32 {
            sizes[roots.of(junction) as usize] += 1;
        }
        let largest = sizes.iter().copied().max().unwrap_or(0);
        let enough = largest.min(graph.junctions().div_ceil(ISLAND_SHARE));
        for edge in &mut graph.edges {
            let size = sizes[roots.of(edge.from) as usize];
            edge.is_mainland[profile] = edge.cost_ms[profile] != NEVER_MS && size >= enough;
        }
    }
}

/// Which junctions belong together: each names another of its network, the root names itself.
struct Roots(Vec<u32>);

impl Roots {
    fn of(&mut self, junction: u32) -> u32 {
        let mut at = junction;
        while self.0[at as usize] != at {
            let above = self.0[self.0[at as usize] as usize];
            self.0[at as usize] = above;
            at = above;
        }
        at
    }

    fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.of(one), self.of(other));
        self.0[one.max(other) as usize] = one.min(other);
    }
}
