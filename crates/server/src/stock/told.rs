//! What stock lanes announce: which quantities are now what. Twelve bytes a row, for whoever
//! follows reads them by the hundred thousand.

/// Kind of an announcement that stock was moved by somebody.
pub const MOVED: &str = "stock.moved";

/// Beginning of the kinds of what an order has moved: this, and what became of it.
pub const ORDER: &str = "order.";

/// How much of an item there is in a centre now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantity {
    /// The number of the centre.
    pub center_no: u32,
    /// The number of the item.
    pub item_no: u32,
    /// Units that are free to be ordered.
    pub quantity: i32,
}

/// Bytes of a row: three numbers of 32 bits, the lowest byte first.
const ROW_BYTES: usize = 12;

/// The payload of an announcement.
pub fn payload(rows: &[Quantity]) -> Vec<u8> {
    let mut payload = Vec::with_capacity(rows.len() * ROW_BYTES);
    for row in rows {
        payload.extend_from_slice(&row.center_no.to_le_bytes());
        payload.extend_from_slice(&row.item_no.to_le_bytes());
        payload.extend_from_slice(&row.quantity.to_le_bytes());
    }
    payload
}

/// What an announcement says of quantities; nothing where it is of another kind.
pub fn rows(kind: &str, payload: &[u8]) -> impl Iterator<Item = Quantity> {
    let says = kind == MOVED || kind.starts_with(ORDER);
    let (words, _) = if says { payload.as_chunks::<4>() } else { (&[][..], &[][..]) };
    let (rows, _) = words.as_chunks::<3>();
    rows.iter().map(|[center_no, item_no, quantity]| Quantity {
        center_no: u32::from_le_bytes(*center_no),
        item_no: u32::from_le_bytes(*item_no),
        quantity: i32::from_le_bytes(*quantity),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_read_back() {
        let told = [
            Quantity { center_no: 1, item_no: 300_000, quantity: 17 },
            Quantity { center_no: u32::MAX, item_no: 0, quantity: -3 },
        ];
        let payload = payload(&told);
        assert_eq!(payload.len(), 24);
        for (kind, expected) in
            [(MOVED, &told[..]), ("order.placed", &told), ("items.changed", &[])]
        {
            assert_eq!(rows(kind, &payload).collect::<Vec<_>>(), expected, "{kind}");
        }
    }
}
