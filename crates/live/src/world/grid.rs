//! One market's couriers by cell. A cell knows the version of its newest change, so that what has
//! not changed is passed over, and who has left it lately.

use super::cover::{Cover, Place};
use super::crowd::Crowd;
use doorstep_domain::tracking::Position;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// Where a courier stands: a cell and a place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    cell: u32,
    slot: u32,
}

/// One courier in a cell, with what searches need of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) position: Position,
    pub(super) number: u32,
    /// The version of the last change about it.
    pub(super) version: u64,
}

/// Somebody left a cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Departure {
    pub(super) number: u32,
    pub(super) version: u64,
}

pub(super) struct Cell {
    pub(super) place: Place,
    pub(super) newest: u64,
    pub(super) members: Vec<Member>,
    /// The members, counted.
    pub(super) crowd: Crowd,
    /// Oldest first.
    departures: Vec<Departure>,
}

impl Cell {
    /// Who has left after a version.
    pub(super) fn departed_since(&self, version: u64) -> impl Iterator<Item = &Departure> {
        self.departures.iter().rev().take_while(move |departure| departure.version > version)
    }
}

/// Cells in use, found by their place.
#[derive(Default)]
pub(super) struct Grid {
    cells: Vec<Cell>,
    by_place: HashMap<Place, u32, FixedState>,
    /// Cells that nobody is in and nobody left, to be used again.
    free: Vec<u32>,
    departures: usize,
}

impl Grid {
    pub(super) fn departures(&self) -> usize {
        self.departures
    }

    pub(super) fn member(&self, spot: Spot) -> &Member {
        &self.cells[spot.cell as usize].members[spot.slot as usize]
    }

    pub(super) fn place(&self, spot: Spot) -> Place {
        self.cells[spot.cell as usize].place
    }

    pub(super) fn is_at(&self, spot: Spot, place: Place) -> bool {
        self.place(spot) == place
    }

    pub(super) fn enter(&mut self, number: u32, position: Position, version: u64) -> Spot {
        self.enter_at(Place::of(position), number, position, version)
    }

    /// `place` is the position's.
    pub(super) fn enter_at(
        &mut self,
        place: Place,
        number: u32,
        position: Position,
        version: u64,
    ) -> Spot {
        let index = match self.by_place.get(&place) {
            Some(index) => *index,
            None => self.open(place),
        };
        let cell = &mut self.cells[index as usize];
        cell.newest = version;
        cell.crowd = cell.crowd.and(Crowd::of(position));
        cell.members.push(Member { position, number, version });
        Spot { cell: index, slot: cell.members.len() as u32 - 1 }
    }

    fn open(&mut self, place: Place) -> u32 {
        let index = self.free.pop().unwrap_or_else(|| {
            let (members, departures) = (Vec::new(), Vec::new());
            let crowd = Crowd::default();
            self.cells.push(Cell { place, newest: 0, members, crowd, departures });
            self.cells.len() as u32 - 1
        });
        self.cells[index as usize].place = place;
        self.by_place.insert(place, index);
        index
    }

    /// Takes a courier out; answers who has the spot now, where that is somebody.
    pub(super) fn leave(&mut self, spot: Spot, version: u64) -> Option<u32> {
        let cell = &mut self.cells[spot.cell as usize];
        let gone = cell.members.swap_remove(spot.slot as usize);
        cell.newest = version;
        cell.crowd = cell.crowd.without(Crowd::of(gone.position));
        cell.departures.push(Departure { number: gone.number, version });
        self.departures += 1;
        cell.members.get(spot.slot as usize).map(|member| member.number)
    }

    /// Moves a courier within its cell.
    pub(super) fn shift(&mut self, spot: Spot, position: Position, version: u64) {
        let cell = &mut self.cells[spot.cell as usize];
        cell.newest = version;
        let member = &mut cell.members[spot.slot as usize];
        cell.crowd = cell.crowd.without(Crowd::of(member.position)).and(Crowd::of(position));
        (member.position, member.version) = (position, version);
    }

    /// Something else about a courier has changed.
    pub(super) fn touch(&mut self, spot: Spot, version: u64) {
        let position = self.member(spot).position;
        self.shift(spot, position, version);
    }

    pub(super) fn forget_departures(&mut self, until: u64) {
        for (index, cell) in (0..).zip(&mut self.cells) {
            let before = cell.departures.len();
            let kept = cell.departures.partition_point(|departure| departure.version <= until);
            cell.departures.drain(..kept);
            self.departures -= before - cell.departures.len();
            let is_used = !cell.members.is_empty() || !cell.departures.is_empty();
            if !is_used && self.by_place.get(&cell.place) == Some(&index) {
                self.by_place.remove(&cell.place);
                (cell.members, cell.departures) = (Vec::new(), Vec::new());
                self.free.push(index);
            }
        }
    }

    /// All cells in use, and some that are not any more.
    pub(super) fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// How many cells a search through all of them would look at.
    pub(super) fn size(&self) -> u64 {
        self.cells.len() as u64
    }

    /// Each cell in use that a cover touches, once: by their places, or where those are more than
    /// the cells, by the cells.
    pub(super) fn each_in<'a>(&'a self, cover: &Cover, mut each: impl FnMut(&'a Cell)) {
        if cover.size() > self.size() {
            let touched = self.cells.iter().filter(|cell| cover.touches(cell.place));
            return touched.for_each(each);
        }
        for band in cover.bands() {
            for column in cover.columns(band) {
                if let Some(index) = self.by_place.get(&Place { band, column }) {
                    each(&self.cells[*index as usize]);
                }
            }
        }
    }
}
