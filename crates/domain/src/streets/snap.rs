//! From a place to the nearest street: edges lie in the cells of a grid that they touch.

use super::Profile;
use super::graph::Graph;
use super::line::{self, Foot};
use crate::tracking::{EARTH_RADIUS_M, Position};

/// Width of a cell, in metres, unless that made too many of them.
const CELL_M: f64 = 200.0;

/// Most cells: a market of 200 km by 200 km.
const CELLS_MAX: f64 = 1_000_000.0;

/// A place on a street.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Snapped {
    /// Where on the street.
    pub position: Position,
    /// How far that is from the place asked for, in metres.
    pub off_m: f64,
    /// Which edge of the graph.
    pub edge: u32,
    /// Which share of the edge's length lies before it.
    pub fraction: f64,
}

/// Edges by the cells that they touch.
#[derive(Debug, Clone, Default)]
pub(super) struct Grid {
    origin: (f64, f64),
    /// Degrees of a cell, north and east.
    step: (f64, f64),
    columns: usize,
    rows: usize,
    /// The shorter side of a cell in metres.
    cell_m: f64,
    first: Vec<u32>,
    edges: Vec<u32>,
}

impl Graph {
    /// The nearest street that the profile may use, and from which it gets anywhere.
    pub fn snap(&self, place: Position, by: Profile) -> Option<Snapped> {
        let mut best: Option<Snapped> = None;
        let (row, column) = self.grid.cell(place)?;
        for ring in 0..=self.grid.rows.max(self.grid.columns) {
            // What touches no cell seen yet is at least that far; from outside even farther.
            let seen_m = (ring as f64 - 1.0) * self.grid.cell_m;
            if best.is_some_and(|best| best.off_m <= seen_m) {
                break;
            }
            for cell in self.grid.ring(row, column, ring) {
                self.nearest_in(cell, place, by, &mut best);
            }
        }
        best
    }

    fn nearest_in(&self, cell: usize, place: Position, by: Profile, best: &mut Option<Snapped>) {
        let [first, end] = [cell, cell + 1].map(|at| self.grid.first[at] as usize);
        for edge in &self.grid.edges[first..end] {
            let at = &self.edges[*edge as usize];
            if !at.is_mainland[by.index()] {
                continue;
            }
            let Some(Foot { position, off_m, fraction }) = line::nearest(self.line(at), place)
            else {
                continue;
            };
            if best.is_none_or(|best| (off_m, *edge) < (best.off_m, best.edge)) {
                *best = Some(Snapped { position, off_m, edge: *edge, fraction });
            }
        }
    }
}

impl Grid {
    pub(super) fn of(graph: &Graph) -> Grid {
        let Some(mut grid) = Grid::around(graph) else { return Grid::default() };
        let boxes: Vec<_> = graph.edges.iter().map(|edge| grid.cells(graph.line(edge))).collect();
        let mut counts = vec![0_u32; grid.rows * grid.columns + 1];
        let cells = |((south, west), (north, east)): ((usize, usize), (usize, usize))| {
            (south..=north).flat_map(move |row| (west..=east).map(move |column| (row, column)))
        };
        for (row, column) in boxes.iter().flat_map(|corners| cells(*corners)) {
            counts[row * grid.columns + column + 1] += 1;
        }
        for at in 1..counts.len() {
            counts[at] += counts[at - 1];
        }
        let mut next = counts.clone();
        grid.edges = vec![0; counts.last().copied().unwrap_or(0) as usize];
        for (edge, corners) in (0..).zip(&boxes) {
            for (row, column) in cells(*corners) {
                let slot = &mut next[row * grid.columns + column];
                grid.edges[*slot as usize] = edge;
                *slot += 1;
            }
        }
        grid.first = counts;
        grid
    }

    fn around(graph: &Graph) -> Option<Grid> {
        let places = || graph.edges.iter().flat_map(|edge| graph.line(edge));
        let of = |degrees: fn(Position) -> f64| {
            let least = places().map(|at| degrees(*at)).fold(f64::INFINITY, f64::min);
            let most = places().map(|at| degrees(*at)).fold(f64::NEG_INFINITY, f64::max);
            (least, most)
        };
        let ((south, north), (west, east)) = (of(Position::lat), of(Position::lng));
        if south > north {
            return None;
        }
        let degree_m = EARTH_RADIUS_M.to_radians();
        let narrow = south.abs().max(north.abs()).to_radians().cos().max(0.01);
        let area = (north - south) * degree_m * (east - west) * degree_m * narrow;
        let cell_m = CELL_M.max((area / CELLS_MAX).sqrt());
        let step = (cell_m / degree_m, cell_m / degree_m / narrow);
        let cells = |degrees: f64, step: f64| (degrees / step) as usize + 1;
        let (rows, columns) = (cells(north - south, step.0), cells(east - west, step.1));
        let (first, edges) = (Vec::new(), Vec::new());
        Some(Grid { origin: (south, west), step, columns, rows, cell_m, first, edges })
    }

    /// Row and column of the cell of a place, or of the nearest cell.
    fn cell(&self, place: Position) -> Option<(usize, usize)> {
        let at = |degrees: f64, origin: f64, step: f64, cells: usize| {
            (((degrees - origin) / step).max(0.0) as usize).min(cells - 1)
        };
        (self.rows > 0).then(|| {
            let row = at(place.lat(), self.origin.0, self.step.0, self.rows);
            (row, at(place.lng(), self.origin.1, self.step.1, self.columns))
        })
    }

    /// The cells of the corners of the box around a line.
    fn cells(&self, line: &[Position]) -> ((usize, usize), (usize, usize)) {
        let cells = line.iter().filter_map(|place| self.cell(*place));
        cells.fold(((usize::MAX, usize::MAX), (0, 0)), |(least, most), (row, column)| {
            let lower = (least.0.min(row), least.1.min(column));
            (lower, (most.0.max(row), most.1.max(column)))
        })
    }

    /// The cells at a distance of `ring` cells.
    fn ring(
        &self,
        row: usize,
        column: usize,
        ring: usize,
    ) -> impl Iterator<Item = usize> + use<'_> {
        let rows = row.saturating_sub(ring)..=(row + ring).min(self.rows - 1);
        rows.flat_map(move |at| {
            let is_edge = at.abs_diff(row) == ring;
            let step = if is_edge || ring == 0 { 1 } else { 2 * ring };
            (0..=2 * ring).step_by(step).filter_map(move |offset| {
                let column = (column + offset).checked_sub(ring)?;
                (column < self.columns).then_some(at * self.columns + column)
            })
        })
    }
}
