//! What a watcher is shown: frame version 1 of `docs/how-to/watching.md`, read back.

const MAGIC: &[u8] = b"DSPW";
const VERSION: u8 = 1;
const HEADER_BYTES: usize = 24;
const COURIER_BYTES: usize = 20;

/// Forget everything known: this is a snapshot.
const RESET: u8 = 1;

/// Clusters instead of couriers.
const CLUSTERS: u8 = 2;

/// A frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Whether this is a snapshot and no news.
    pub(super) is_reset: bool,
    /// The couriers told of; none where there are clusters instead.
    pub(super) couriers: Vec<Told>,
}

/// One courier of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    /// As the server numbers it for as long as it runs.
    pub(super) number: u32,
    /// When it was there by its own clock, in milliseconds since 1970.
    pub(super) at_ms: i64,
}

/// Reads a frame; `None` where it is not one of this version, or not whole.
pub(super) fn read(bytes: &[u8]) -> Option<Frame> {
    let header: &[u8; HEADER_BYTES] = bytes.first_chunk()?;
    if !header.starts_with(MAGIC) || header[4] != VERSION {
        return None;
    }
    let flags = header[5];
    let server_ms = i64::from_le_bytes(*header[16..].first_chunk()?);
    let count = u32::from_le_bytes(*bytes.get(HEADER_BYTES..)?.first_chunk()?);
    let is_reset = flags & RESET != 0;
    if flags & CLUSTERS != 0 {
        return Some(Frame { is_reset, couriers: Vec::new() });
    }
    let (couriers, rest) = bytes.get(HEADER_BYTES + 4..)?.as_chunks::<COURIER_BYTES>();
    let whole = rest.is_empty() && couriers.len() == usize::try_from(count).ok()?;
    let told = |courier: &[u8; COURIER_BYTES]| {
        let word = |at: usize| courier[at..].first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
        Some(Told { number: word(0)?, at_ms: server_ms - i64::from(word(12)?) })
    };
    whole
        .then(|| couriers.iter().map(told).collect())
        .flatten()
        .map(|couriers| Frame { is_reset, couriers })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(flags: u8, couriers: &[(u32, u32)]) -> Vec<u8> {
        let mut bytes = b"DSPW\x01".to_vec();
        bytes.extend([flags, 0, 0]);
        bytes.extend(7_u64.to_le_bytes());
        bytes.extend(10_000_i64.to_le_bytes());
        bytes.extend((couriers.len() as u32).to_le_bytes());
        for (number, age_ms) in couriers {
            bytes.extend(number.to_le_bytes());
            bytes.extend([0; 8]);
            bytes.extend(age_ms.to_le_bytes());
            bytes.extend([0; 4]);
        }
        bytes
    }

    #[test]
    fn frames_tell_when_couriers_were_where() {
        let told = |number, at_ms| Told { number, at_ms };
        let cases = [
            (frame(0, &[]), false, vec![]),
            (frame(1, &[(3, 0)]), true, vec![told(3, 10_000)]),
            (frame(0, &[(3, 10), (4, 10_500)]), false, vec![told(3, 9_990), told(4, -500)]),
        ];
        for (bytes, is_reset, couriers) in cases {
            assert_eq!(read(&bytes), Some(Frame { is_reset, couriers }));
        }
    }

    #[test]
    fn what_is_no_whole_frame_is_none() {
        let whole = frame(0, &[(1, 2)]);
        assert!((0..whole.len()).all(|length| read(&whole[..length]).is_none()));
        let longer = [whole.clone(), vec![0]].concat();
        let other = [b"DSPW\x02".to_vec(), whole[5..].to_vec()].concat();
        assert_eq!((read(&longer), read(&other)), (None, None));
    }
}
