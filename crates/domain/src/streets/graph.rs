//! The streets as junctions and edges, both ways: the source knows no one-way streets.

mod islands;
mod junctions;

use super::line::length_m;
use super::route::shared_ms;
use super::snap::Grid;
use super::{Profile, Stretch};
use crate::tracking::Position;
use std::ops::Range;

/// A cost that stands for: there is no going.
pub(super) const NEVER_MS: u32 = u32::MAX;

/// The junctions of a market and what lies between them.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// Where the arcs of each junction begin; one more than there are junctions.
    pub(super) first_arc: Vec<u32>,
    pub(super) arcs: Vec<Arc>,
    pub(super) edges: Vec<Edge>,
    places: Vec<Position>,
    pub(super) grid: Grid,
}

/// From a junction along an edge to the next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arc {
    pub to: u32,
    pub edge: u32,
}

/// What lies between two junctions.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    pub from: u32,
    pub to: u32,
    /// Metres.
    pub length_m: f32,
    /// Milliseconds for each [`Profile`]; [`NEVER_MS`] where it may not go.
    pub cost_ms: [u32; 3],
    /// For each profile, whether it is no island that nothing leads to.
    pub is_mainland: [bool; 3],
    /// The street's stretch that it is a part of.
    pub stretch: u32,
    places: Range<u32>,
}

impl Graph {
    /// Joins stretches at the junctions that they name, or at the places that they share.
    pub fn new(stretches: &[Stretch]) -> Graph {
        let pieces = junctions::pieces(stretches);
        let junctions = pieces.iter().map(|piece| piece.from.max(piece.to) + 1).max().unwrap_or(0);
        let mut arms = vec![0_u32; junctions as usize];
        for piece in &pieces {
            arms[piece.from as usize] += 1;
            arms[piece.to as usize] += 1;
        }
        let mut graph = Graph::default();
        for piece in &pieces {
            let from = graph.places.len() as u32;
            graph.places.extend_from_slice(piece.line);
            let ends = [piece.from, piece.to];
            let crossings = ends.iter().filter(|end| arms[**end as usize] > 2).count();
            let length_m = length_m(piece.line);
            let class = stretches[piece.stretch as usize].class;
            let cost_ms = Profile::ALL.map(|by| {
                let crossing_s = by.crossing_s() * crossings as f64 / 2.0;
                let seconds = |km_h: f64| length_m / (km_h / 3.6) + crossing_s;
                by.speed_km_h(class).map_or(NEVER_MS, |km_h| whole_ms(seconds(km_h)))
            });
            graph.edges.push(Edge {
                from: piece.from,
                to: piece.to,
                length_m: length_m as f32,
                cost_ms,
                is_mainland: [false; 3],
                stretch: piece.stretch,
                places: from..graph.places.len() as u32,
            });
        }
        graph.connect(&arms);
        islands::mark(&mut graph);
        graph.grid = Grid::of(&graph);
        graph
    }

    /// Whether there is nowhere to go.
    pub fn is_empty(&self) -> bool {
        self.edges.is_empty()
    }

    /// How many junctions there are.
    pub fn junctions(&self) -> usize {
        self.first_arc.len().saturating_sub(1)
    }

    /// How many edges there are.
    pub fn edges(&self) -> usize {
        self.edges.len()
    }

    /// Which of the stretches that the graph was made of an edge is part of.
    pub fn stretch_of(&self, edge: u32) -> Option<usize> {
        self.edges.get(edge as usize).map(|edge| edge.stretch as usize)
    }

    /// Milliseconds along a share of an edge; `None` where the profile may not go.
    pub fn cost_ms(&self, edge: u32, share: f64, by: Profile) -> Option<u64> {
        let cost_ms = self.edges.get(edge as usize)?.cost_ms[by.index()];
        (cost_ms != NEVER_MS).then(|| shared_ms(cost_ms, share).into())
    }

    pub(super) fn line(&self, edge: &Edge) -> &[Position] {
        &self.places[edge.places.start as usize..edge.places.end as usize]
    }

    pub(super) fn arcs_of(&self, junction: u32) -> &[Arc] {
        let [first, end] = [junction, junction + 1].map(|at| self.first_arc[at as usize] as usize);
        &self.arcs[first..end]
    }

    /// Lays the arcs out junction by junction.
    fn connect(&mut self, arms: &[u32]) {
        self.first_arc = vec![0];
        let mut sum = 0;
        for arms in arms {
            sum += arms;
            self.first_arc.push(sum);
        }
        let mut next = self.first_arc.clone();
        self.arcs = vec![Arc { to: 0, edge: 0 }; sum as usize];
        for (edge, at) in (0..).zip(&self.edges) {
            for (from, to) in [(at.from, at.to), (at.to, at.from)] {
                self.arcs[next[from as usize] as usize] = Arc { to, edge };
                next[from as usize] += 1;
            }
        }
    }
}

fn whole_ms(seconds: f64) -> u32 {
    // A street around the globe on foot is three months; the cap is never met.
    (seconds * 1_000.0).round().clamp(1.0, f64::from(NEVER_MS - 1)) as u32
}
