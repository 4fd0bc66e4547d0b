//! Reading: nothing is copied, and no bytes whatsoever are a surprise.

use super::{BatchError, HEADER_BYTES, MAGIC, PING_BYTES, UNKNOWN, UNKNOWN_BATTERY, VERSION};
use crate::id;
use crate::time::Micros;
use crate::tracking::{Ping, Position};

/// Checks the header; the pings are read as they are asked for.
///
/// Errors: no batch, of another version, or shorter than its count needs.
pub fn read(bytes: &[u8]) -> Result<Pings<'_>, BatchError> {
    let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>().ok_or_else(|| {
        if bytes.starts_with(&MAGIC) { BatchError::Truncated } else { BatchError::Magic }
    })?;
    let [m0, m1, m2, m3, version, flags, _, _, count @ ..] = *header;
    if [m0, m1, m2, m3] != MAGIC {
        return Err(BatchError::Magic);
    }
    if (version, flags) != (VERSION, 0) {
        return Err(BatchError::Version { version, flags });
    }
    let left = u32::from_le_bytes(count);
    if rest.len() / PING_BYTES < left as usize {
        return Err(BatchError::Truncated);
    }
    Ok(Pings { rest, left })
}

/// The pings of a batch, in their order, each with its courier.
///
/// An error of one ping ([`BatchError::is_of_one_ping`]) is one item; any other is the last item.
#[derive(Debug, Clone)]
pub struct Pings<'a> {
    rest: &'a [u8],
    left: u32,
}

/// A ping of a batch as it stands there: its fixed part, and its courier's identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a>(pub(super) &'a [u8]);

impl<'a> Frame<'a> {
    /// The bytes.
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }
}

/// A ping as read, with its courier.
type Read<'a> = Result<(&'a str, Ping), BatchError>;

impl<'a> Pings<'a> {
    /// The next item together with the bytes that it was read from, for [`super::Writer::copy`];
    /// none where the batch itself is broken.
    pub fn next_framed(&mut self) -> Option<(Frame<'a>, Read<'a>)> {
        let before = self.rest;
        let read = self.next()?;
        Some((Frame(&before[..before.len() - self.rest.len()]), read))
    }

    fn frame(&mut self) -> Option<(&'a [u8; PING_BYTES], &'a [u8])> {
        let (fixed, rest) = self.rest.split_first_chunk::<PING_BYTES>()?;
        let (courier, rest) = rest.split_at_checked(usize::from(fixed[PING_BYTES - 1]))?;
        self.rest = rest;
        Some((fixed, courier))
    }
}

impl<'a> Iterator for Pings<'a> {
    type Item = Read<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            let trailing = std::mem::take(&mut self.rest).len();
            return (trailing > 0).then_some(Err(BatchError::Trailing(trailing)));
        }
        let Some((fixed, courier)) = self.frame() else {
            (self.left, self.rest) = (0, &[]);
            return Some(Err(BatchError::Truncated));
        };
        self.left -= 1;
        Some(named(courier).and_then(|courier| Ok((courier, ping(fixed)?))))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left as usize + 1))
    }
}

fn named(courier: &[u8]) -> Result<&str, BatchError> {
    let courier = std::str::from_utf8(courier).map_err(|_| BatchError::NotText)?;
    id::checked(courier).map_err(BatchError::Courier)
}

fn ping(fixed: &[u8; PING_BYTES]) -> Result<Ping, BatchError> {
    let position = Position { lat_e7: i32_at(fixed, 8), lng_e7: i32_at(fixed, 12) };
    if !position.is_on_globe() {
        return Err(BatchError::Position);
    }
    let known = |start: usize| {
        Some(u16::from_le_bytes([fixed[start], fixed[start + 1]])).filter(|value| *value != UNKNOWN)
    };
    let heading_cdeg = known(18);
    let battery_percent = Some(fixed[22]).filter(|value| *value != UNKNOWN_BATTERY);
    if heading_cdeg.is_some_and(|heading| heading >= 36_000) {
        return Err(BatchError::Range("/heading_deg"));
    }
    if battery_percent.is_some_and(|battery| battery > 100) {
        return Err(BatchError::Range("/battery"));
    }
    let low = i64::from(i32_at(fixed, 0) as u32);
    Ok(Ping {
        at: Micros((i64::from(i32_at(fixed, 4)) << 32) | low),
        position,
        accuracy_dm: known(20),
        speed_cm_s: known(16),
        heading_cdeg,
        battery_percent,
    })
}

fn i32_at(fixed: &[u8; PING_BYTES], start: usize) -> i32 {
    i32::from_le_bytes([fixed[start], fixed[start + 1], fixed[start + 2], fixed[start + 3]])
}
