//! Where stretches meet: at junctions that the source numbers, or where lines share a place.

use super::super::Stretch;
use crate::tracking::Position;
use std::collections::BTreeMap;

/// A part of a stretch between two junctions.
pub(super) struct Piece<'a> {
    pub from: u32,
    pub to: u32,
    pub stretch: u32,
    pub line: &'a [Position],
}

/// What makes a junction itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Named(i64),
    At(Position),
}

/// The parts of all stretches; what has numbered ends is one part.
pub(super) fn pieces(stretches: &[Stretch]) -> Vec<Piece<'_>> {
    let unnamed = stretches.iter().filter(|stretch| stretch.ends.is_none());
    let mut uses: BTreeMap<Position, u32> = BTreeMap::new();
    for place in unnamed.flat_map(|stretch| &stretch.line) {
        *uses.entry(*place).or_default() += 1;
    }
    let mut numbers: BTreeMap<Key, u32> = BTreeMap::new();
    let mut number = |key: Key| {
        let next = numbers.len() as u32;
        *numbers.entry(key).or_insert(next)
    };
    let mut pieces = Vec::with_capacity(stretches.len());
    for (stretch, at) in (0..).zip(stretches).filter(|(_, at)| at.line.len() > 1) {
        if let Some((from, to)) = at.ends {
            let (from, to) = (number(Key::Named(from)), number(Key::Named(to)));
            pieces.push(Piece { from, to, stretch, line: &at.line });
            continue;
        }
        let last = at.line.len() - 1;
        let mut begin = 0;
        for end in 1..=last {
            if end == last || uses[&at.line[end]] > 1 {
                let line = &at.line[begin..=end];
                let (from, to) = (number(Key::At(line[0])), number(Key::At(at.line[end])));
                pieces.push(Piece { from, to, stretch, line });
                begin = end;
            }
        }
    }
    pieces
}
