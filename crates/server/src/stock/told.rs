//! What the stock lanes of a market announce, for the index, for dispatch, and for whoever shows
//! that they have just ordered.

use crate::error::AppError;
use doorstep_store::movement::MovementRow;
use std::fmt;
use std::str::FromStr;

/// Kind of an announcement that quantities have changed, and nothing else of it is told here.
pub const MOVED: &str = "stock.moved";

/// Kind of an announcement that an order was placed. Like all of its kinds, it is made in the
/// order's first lane; in its others it is [`MOVED`]. The subject is the order.
pub const PLACED: &str = "order.placed";

/// Kind of an announcement that an order's stock is held.
pub const RESERVED: &str = "order.reserved";

/// Kind of an announcement that a reservation was confirmed; no quantity changes with it.
pub const CONFIRMED: &str = "order.confirmed";

/// Kind of an announcement that a reservation is over, and its stock back.
pub const RELEASED: &str = "order.released";

/// Kind of an announcement that an order was called off, and its stock is back.
pub const CANCELLED: &str = "order.cancelled";

/// Kind of an announcement that a part of an order comes back, which nobody carries. The subject is
/// the order.
pub const PART_BACK: &str = "order.part_back";

/// Kind of an announcement that a customer got money back; no quantity changes with it. The subject
/// is the refund.
pub const REFUNDED: &str = "order.refunded";

/// A stock row as an announcement says it is now. Every announcement of a stock lane is some of
/// these: twelve bytes each, little endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// The number of the centre.
    pub center_no: u32,
    /// The number of the item.
    pub item_no: u32,
    /// Units there are from then on.
    pub quantity: i32,
}

/// Bytes of one row.
const ROW_BYTES: usize = 12;

/// The payload that tells of movements. Errors: a number that does not fit.
pub(super) fn encode(movements: &[MovementRow]) -> Result<Vec<u8>, AppError> {
    let mut payload = Vec::with_capacity(movements.len() * ROW_BYTES);
    for row in movements {
        let narrow = |number| u32::try_from(number).map_err(too_large);
        payload.extend(narrow(row.center_no)?.to_le_bytes());
        payload.extend(narrow(row.item_no)?.to_le_bytes());
        payload.extend(i32::try_from(row.quantity).map_err(too_large)?.to_le_bytes());
    }
    Ok(payload)
}

fn too_large(error: std::num::TryFromIntError) -> AppError {
    AppError::machine("an announcement of stock", error)
}

/// The rows of a payload.
pub fn decode(payload: &[u8]) -> impl Iterator<Item = Changed> {
    payload.as_chunks::<ROW_BYTES>().0.iter().map(|row| {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = *row;
        Changed {
            center_no: u32::from_le_bytes([a, b, c, d]),
            item_no: u32::from_le_bytes([e, f, g, h]),
            quantity: i32::from_le_bytes([i, j, k, l]),
        }
    })
}

/// What somebody has seen: the number of an announcement in each lane that told of it. Whoever
/// knows as much of these lanes knows of it. Written as `LANE.NUMBER-LANE.NUMBER`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Token(pub Vec<(i64, i64)>);

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (lane_no, seq)) in self.0.iter().enumerate() {
            let joint = if place == 0 { "" } else { "-" };
            write!(formatter, "{joint}{lane_no}.{seq}")?;
        }
        Ok(())
    }
}

impl FromStr for Token {
    type Err = String;
    fn from_str(text: &str) -> Result<Token, String> {
        let seen = |part: &str| {
            let (lane_no, seq) = part.split_once('.')?;
            Some((lane_no.parse().ok()?, seq.parse().ok()?))
        };
        let seen: Option<Vec<(i64, i64)>> = text.split('-').map(seen).collect();
        seen.map(Token).ok_or_else(|| "is no token of an order or a movement".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorstep_store::movement::MovementKind;

    fn movement(center_no: i64, item_no: i64, quantity: i64) -> MovementRow {
        MovementRow {
            lane_no: 1,
            seq: 1,
            line: 0,
            center_no,
            item_no,
            kind: MovementKind::Ordered,
            delta: -1,
            quantity,
            revision: 1,
            before: None,
            cause: "ord_1".to_owned(),
            at_us: 0,
        }
    }

    #[test]
    fn what_is_told_is_what_is_heard() {
        let payload = encode(&[movement(7, 4_000_000_000, -3), movement(0, 1, 9)]).unwrap();
        assert_eq!(payload.len(), 24);
        let changed = |center_no, item_no, quantity| Changed { center_no, item_no, quantity };
        let heard: Vec<Changed> = decode(&payload).collect();
        assert_eq!(heard, [changed(7, 4_000_000_000, -3), changed(0, 1, 9)]);
        assert!(encode(&[movement(1 << 32, 1, 1)]).is_err(), "what does not fit is not cut off");
    }

    #[test]
    fn a_token_is_read_as_it_was_written() {
        for seen in [vec![(3, 4_711)], vec![(3, 4_711), (12, 1)]] {
            let token = Token(seen);
            assert_eq!(token.to_string().parse(), Ok(token));
        }
        for wrong in ["", "3", "3.", "3.4-", "a.1", "3.4.5"] {
            assert!(wrong.parse::<Token>().is_err(), "{wrong:?}");
        }
    }
}
