//! What a watcher is shown, read back: frames of version 1 and events as JSON, both as
//! `docs/how-to/watching.md` has them.

use doorstep_domain::time::Micros;
use serde_json::Value;
use std::hash::{DefaultHasher, Hash, Hasher};

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
    /// Who: the server's number for as long as it runs, or a hash of the name.
    pub(super) who: u64,
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
        Some(Told { who: word(0)?.into(), at_ms: server_ms - i64::from(word(12)?) })
    };
    whole
        .then(|| couriers.iter().map(told).collect())
        .flatten()
        .map(|couriers| Frame { is_reset, couriers })
}

/// Reads an event; `None` where it is not JSON.
pub(super) fn read_event(text: &[u8]) -> Option<Frame> {
    let event: Value = serde_json::from_slice(text).ok()?;
    let positions = event["positions"].as_array().map_or(&[][..], Vec::as_slice);
    let told = |position: &Value| {
        let mut who = DefaultHasher::new();
        position["courier_id"].as_str()?.hash(&mut who);
        let at: Micros = position["at"].as_str()?.parse().ok()?;
        Some(Told { who: who.finish(), at_ms: at.0 / 1_000 })
    };
    let couriers = positions.iter().filter_map(told).collect();
    Some(Frame { is_reset: event["type"] == "reset", couriers })
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
        let told = |who, at_ms| Told { who, at_ms };
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
    fn events_tell_the_same() {
        let position =
            |courier: &str, at: &str| format!(r#"{{"courier_id":"{courier}","at":"{at}"}}"#);
        let positions = [
            position("a", "1970-01-01T00:00:10Z"),
            position("b", "1970-01-01T00:00:09.99Z"),
            position("a", "1970-01-01T00:00:11Z"),
        ];
        let text = format!(r#"{{"type":"positions","positions":[{}]}}"#, positions.join(","));
        let event = read_event(text.as_bytes()).unwrap();
        let times: Vec<i64> = event.couriers.iter().map(|told| told.at_ms).collect();
        assert_eq!((event.is_reset, times), (false, vec![10_000, 9_990, 11_000]));
        let who: Vec<u64> = event.couriers.iter().map(|told| told.who).collect();
        assert!(who[0] == who[2] && who[0] != who[1]);
        let reset = read_event(br#"{"type":"reset","reason":"begin"}"#).unwrap();
        assert_eq!((reset.is_reset, reset.couriers.len()), (true, 0));
        assert_eq!(read_event(b"no JSON"), None);
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
