//! Names of couriers, made without allocating: a million of them are needed every few seconds.

/// Longest name: the prefix and ten digits.
const BYTES_MAX: usize = PREFIX.len() + 10;

/// As the couriers of a synthetic city are called, so that both are about the same ones.
const PREFIX: &str = "courier-";

/// The name of a courier.
#[derive(Debug, Clone, Copy)]
pub struct Name {
    bytes: [u8; BYTES_MAX],
    length: usize,
}

/// The name of the courier with this index: `courier-1` is the first.
pub fn name(courier: u32) -> Name {
    let mut digits = [0_u8; 10];
    let mut rest = u64::from(courier) + 1;
    let mut count = 0;
    for digit in &mut digits {
        // A remainder of ten is a digit.
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        count += 1;
        if rest == 0 {
            break;
        }
    }
    let mut bytes = [0_u8; BYTES_MAX];
    let written = PREFIX.bytes().chain(digits.iter().take(count).rev().copied());
    bytes.iter_mut().zip(written).for_each(|(to, from)| *to = from);
    Name { bytes, length: PREFIX.len() + count }
}

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        let written = self.bytes.get(..self.length).unwrap_or_default();
        std::str::from_utf8(written).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_from_one() {
        let cases = [
            (0, "courier-1"),
            (8, "courier-9"),
            (9, "courier-10"),
            (999_999, "courier-1000000"),
            (u32::MAX, "courier-4294967296"),
        ];
        for (courier, expected) in cases {
            assert_eq!(name(courier).as_str(), expected);
        }
    }
}
