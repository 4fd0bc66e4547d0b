//! Plain text: printable ASCII that JSON writes as it is, which is what nearly all texts are that
//! come in their millions.

/// How many bytes there are before the first quotation mark, backslash, or byte that is not
/// printable ASCII. Eight are looked at together.
pub(crate) fn plain_bytes(text: &[u8]) -> usize {
    let (words, last) = text.as_chunks::<8>();
    for (place, word) in words.iter().enumerate() {
        let ends = ends_in(u64::from_le_bytes(*word));
        if ends != 0 {
            return place * 8 + ends.trailing_zeros() as usize / 8;
        }
    }
    // What is left over is looked at together with bytes that were found plain.
    if let Some(word) = text.last_chunk::<8>() {
        let ends = ends_in(u64::from_le_bytes(*word));
        return text.len() - 8 + ends.trailing_zeros() as usize / 8;
    }
    let is_end = |byte: &u8| !matches!(byte, b' '..=b'~') || matches!(byte, b'"' | b'\\');
    last.iter().position(is_end).unwrap_or(last.len())
}

/// The highest bit of the first byte that ends a plain text; those above it mean nothing. A byte
/// below another borrows from the bytes above it only (Warren, Hacker's Delight, 6-1).
fn ends_in(word: u64) -> u64 {
    const EACH: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = EACH << 7;
    let zeros = |word: u64| word.wrapping_sub(EACH) & !word;
    let is = |byte: u8| zeros(word ^ (EACH * byte as u64));
    let is_control = word.wrapping_sub(EACH * 0x20) & !word;
    (is(b'"') | is(b'\\') | is(0x7f) | is_control | word) & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_plain_text_ends_where_it_does(text in prop::collection::vec(
            prop_oneof![8 => 0x20_u8..0x7f, 1 => any::<u8>()], 0..40)
        ) {
            let plain = |byte: &u8| (0x20..0x7f).contains(byte) && *byte != 0x22 && *byte != 0x5c;
            let expected = text.iter().position(|byte| !plain(byte)).unwrap_or(text.len());
            prop_assert_eq!(plain_bytes(&text), expected);
        }
    }
}
