//! Tokens: what an order's answer gives, so that whoever shows it is answered with that order seen.

use crate::error::AppError;
use crate::keys::hex;
use std::fmt;
use std::str::FromStr;

/// Lanes in one token: no order has more parts than lines.
const LANES_MAX: usize = 128;

/// Announcements of stock lanes, each by the number of its lane and its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token(Vec<(u32, u64)>);

impl Token {
    /// A token of at most 128 announcements, each as the number of its lane and its own in it.
    pub fn of(announced: impl IntoIterator<Item = (i64, i64)>) -> Token {
        let narrow = |(lane_no, seq): (i64, i64)| {
            Some((u32::try_from(lane_no).ok()?, u64::try_from(seq).ok()?))
        };
        Token(announced.into_iter().filter_map(narrow).take(LANES_MAX).collect())
    }

    /// The announcements, as the number of the lane and their own in it.
    pub fn announced(&self) -> impl Iterator<Item = (i64, i64)> {
        // What was read is at most so large as was written.
        self.0.iter().map(|(lane_no, seq)| (i64::from(*lane_no), i64::try_from(*seq).unwrap_or(0)))
    }

    fn bytes(&self) -> Vec<u8> {
        let pairs = self.0.iter();
        pairs
            .flat_map(|(lane_no, seq)| {
                let mut bytes = lane_no.to_le_bytes().to_vec();
                bytes.extend_from_slice(&seq.to_le_bytes());
                bytes
            })
            .collect()
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.bytes();
        write!(f, "{}{}", hex(&check(&bytes)), hex(&bytes))
    }
}

impl FromStr for Token {
    type Err = AppError;
    fn from_str(text: &str) -> Result<Token, AppError> {
        let wrong = || AppError::invalid("after", "is no token that an order was answered with");
        let bytes = unhex(text).ok_or_else(wrong)?;
        let (checked, bytes) = bytes.split_at_checked(4).ok_or_else(wrong)?;
        let (pairs, []) = bytes.as_chunks::<12>() else {
            return Err(wrong());
        };
        if checked != check(bytes) || pairs.is_empty() || pairs.len() > LANES_MAX {
            return Err(wrong());
        }
        let pair = |[a, b, c, d, seq @ ..]: &[u8; 12]| {
            (u32::from_le_bytes([*a, *b, *c, *d]), u64::from_le_bytes(*seq))
        };
        Ok(Token(pairs.iter().map(pair).collect()))
    }
}

/// FNV-1a of 32 bits: against what was mistyped, not against whoever wants to wait for nothing.
fn check(bytes: &[u8]) -> [u8; 4] {
    let hash = bytes
        .iter()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    hash.to_le_bytes()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let digit = |byte: u8| (byte as char).to_digit(16);
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? << 4 | digit(*low)?).ok();
    if pairs.len() > 4 + 12 * LANES_MAX {
        return None;
    }
    pairs.iter().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D6: a token is read back as it was given; what is none is refused.
    #[test]
    fn a_token_is_read_back_and_nothing_else() {
        let token = Token::of([(3, 1_000_000_007), (16, 1)]);
        let text = token.to_string();
        assert_eq!(text.parse::<Token>().unwrap(), token);
        assert_eq!(token.announced().collect::<Vec<_>>(), [(3, 1_000_000_007), (16, 1)]);
        let mistyped = format!("{}0", &text[..text.len() - 1]);
        let flipped = text.replacen(&text[9..10], if &text[9..10] == "0" { "1" } else { "0" }, 1);
        for wrong in ["", "00", "zz", &text[2..], &text[..10], &flipped, &format!("{mistyped}é")] {
            assert!(wrong.parse::<Token>().is_err(), "{wrong}");
        }
    }
}
