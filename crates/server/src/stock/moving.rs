//! Stock is moved: movements, the rows they make, and what is announced of it, in one go for each
//! lane. The only place that does.

use super::told::{self, MOVED, Token};
use crate::error::AppError;
use doorstep_domain::time::Micros;
use doorstep_store::movement::{self, MovementKind, MovementRow, StockRow};
use doorstep_store::{LaneId, LaneTx};

/// A change of one stock row, which was loaded in its lane; each row changes once in a command.
#[derive(Debug, Clone)]
pub(crate) struct Change<'a> {
    /// The lane of its centre.
    pub lane: &'a LaneId,
    /// The number of that.
    pub lane_no: i64,
    /// How the row stands.
    pub before: StockRow,
    /// Units that come; below zero, that go.
    pub delta: i64,
    /// Why.
    pub kind: MovementKind,
}

/// What is said of changes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Telling<'a> {
    /// The kind of the announcement in the lane of the first change; in others it is [`MOVED`].
    pub kind: &'a str,
    /// The order, or the entry.
    pub cause: &'a str,
    /// Now.
    pub now: Micros,
}

/// Writes changes, and answers what whoever made them has seen with that.
pub(crate) fn write(
    tx: &mut LaneTx<'_>,
    changes: &[Change<'_>],
    telling: Telling<'_>,
) -> Result<Token, AppError> {
    let (token, movements) = announce(tx, changes, telling)?;
    movement::add(tx, &movements)?;
    Ok(token)
}

/// Announces changes, and answers what whoever made them has seen with that, and the movements,
/// which [`movement::add`] or [`movement::add_chains`] must write in this transaction.
pub(crate) fn announce(
    tx: &mut LaneTx<'_>,
    changes: &[Change<'_>],
    telling: Telling<'_>,
) -> Result<(Token, Vec<MovementRow>), AppError> {
    let mut movements = Vec::with_capacity(changes.len());
    let mut token = Token::default();
    for (place, first) in changes.iter().enumerate() {
        if changes[..place].iter().any(|before| before.lane_no == first.lane_no) {
            continue;
        }
        let kind = if place == 0 { telling.kind } else { MOVED };
        let begin = movements.len();
        let of_lane = changes[place..].iter().filter(|change| change.lane_no == first.lane_no);
        movements.extend((0..).zip(of_lane).map(|(line, change)| moved(change, line, &telling)));
        let payload = told::encode(&movements[begin..])?;
        let seq = tx.announce_in(first.lane, kind, telling.cause, &payload, telling.now.0)?;
        movements[begin..].iter_mut().for_each(|row: &mut MovementRow| row.seq = seq);
        token.0.push((first.lane_no, seq));
    }
    Ok((token, movements))
}

/// The movement that a change is; its announcement is not numbered yet.
fn moved(change: &Change<'_>, line: i64, telling: &Telling<'_>) -> MovementRow {
    let before = &change.before;
    MovementRow {
        lane_no: change.lane_no,
        seq: 0,
        line,
        center_no: before.center_no,
        item_no: before.item_no,
        kind: change.kind,
        delta: change.delta,
        quantity: before.quantity + change.delta,
        revision: before.revision + 1,
        before: (before.revision > 0).then_some((before.last_seq, before.last_line)),
        cause: telling.cause.to_owned(),
        at_us: telling.now.0,
    }
}
