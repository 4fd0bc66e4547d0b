//! Writing: a buffer that is a valid batch whenever it is finished.

use super::read::Frame;
use super::{HEADER_BYTES, MAGIC, PING_BYTES, UNKNOWN, UNKNOWN_BATTERY, VERSION};
use crate::limits;
use crate::tracking::Ping;

/// Builds one batch.
#[derive(Debug, Clone)]
pub struct Writer {
    bytes: Vec<u8>,
    count: u32,
}

impl Default for Writer {
    fn default() -> Writer {
        Writer::new()
    }
}

impl Writer {
    /// A batch of nothing yet.
    pub fn new() -> Writer {
        Writer::with_room(8 * PING_BYTES)
    }

    /// A batch of nothing yet, which need not grow for pings of so many bytes.
    pub fn with_room(pings_bytes: usize) -> Writer {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + pings_bytes);
        bytes.extend(MAGIC);
        bytes.extend([VERSION, 0, 0, 0]);
        bytes.extend(0_u32.to_le_bytes());
        Writer { bytes, count: 0 }
    }

    /// Adds a ping; `courier` is a valid identifier (a longer one would be cut at 128 bytes).
    /// What is written can be read: a heading wraps, a battery has at most 100 percent.
    pub fn push(&mut self, courier: &str, ping: &Ping) {
        let courier = &courier[..courier.floor_char_boundary(limits::ID_BYTES_MAX)];
        let known = |value: Option<u16>| value.map_or(UNKNOWN, |value| value.min(UNKNOWN - 1));
        let mut fixed = [0; PING_BYTES];
        fixed[0..8].copy_from_slice(&ping.at.0.to_le_bytes());
        fixed[8..12].copy_from_slice(&ping.position.lat_e7.to_le_bytes());
        fixed[12..16].copy_from_slice(&ping.position.lng_e7.to_le_bytes());
        fixed[16..18].copy_from_slice(&known(ping.speed_cm_s).to_le_bytes());
        let heading = ping.heading_cdeg.map(|heading| heading % 36_000);
        fixed[18..20].copy_from_slice(&known(heading).to_le_bytes());
        fixed[20..22].copy_from_slice(&known(ping.accuracy_dm).to_le_bytes());
        fixed[22] = ping.battery_percent.map_or(UNKNOWN_BATTERY, |percent| percent.min(100));
        fixed[23] = courier.len() as u8;
        self.bytes.extend_from_slice(&fixed);
        self.bytes.extend_from_slice(courier.as_bytes());
        self.count += 1;
    }

    /// Adds a ping as another batch has it. It must have been read without an error: what is
    /// written then is what [`Writer::push`] would write.
    pub fn copy(&mut self, frame: Frame<'_>) {
        self.bytes.extend_from_slice(frame.bytes());
        self.count += 1;
    }

    /// How many pings are in it.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether no ping is in it.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Its size in bytes so far, header included.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The batch.
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes[8..HEADER_BYTES].copy_from_slice(&self.count.to_le_bytes());
        self.bytes
    }
}
