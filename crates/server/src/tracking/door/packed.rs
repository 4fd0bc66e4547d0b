//! Pings on their way from a request to the collectors: binary batches by partition and market.

use super::read::{Raw, Read};
use doorstep_domain::tracking::batch::{self, PING_BYTES, Writer};

/// Bytes after which a batch is closed and another begun: blocks are put together of whole ones,
/// so small ones fill them well.
const BATCH_BYTES: usize = 64 << 10;

/// Partition and market, by its place among the markets.
pub(super) type Place = (u16, u16);

/// Batches of one request.
#[derive(Debug, Default)]
pub(super) struct Packed {
    /// By place; there are few, and finding one of them costs less than in a map.
    open: Vec<(Place, Writer)>,
    full: Vec<(Place, Vec<u8>)>,
    /// What a batch will probably take, in bytes.
    room: usize,
}

impl Packed {
    /// Nothing yet, of a request whose pings take about so many bytes, spread over so many
    /// partitions.
    pub(super) fn of(pings_bytes: usize, partitions: usize) -> Packed {
        // By chance one partition has more of them than another.
        let share = pings_bytes / partitions.max(1);
        let room = (share + share / 4).clamp(2 * PING_BYTES, BATCH_BYTES);
        Packed { room, ..Packed::default() }
    }

    /// Adds a ping of a registered courier.
    pub(super) fn push(&mut self, place: Place, read: &Read<'_>) {
        let room = self.room;
        let found = self.open.binary_search_by_key(&place, |(place, _)| *place);
        let index = found.unwrap_or_else(|index| {
            self.open.insert(index, (place, Writer::with_room(room)));
            index
        });
        let (_, writer) = &mut self.open[index];
        match read.raw {
            Raw::Frame(frame) => writer.copy(frame),
            Raw::Text(_) => writer.push(&read.courier, &read.ping),
        }
        if writer.bytes() >= BATCH_BYTES {
            let full = std::mem::replace(writer, Writer::with_room(room));
            self.full.push((place, full.finish()));
        }
    }

    /// Closes every batch: by partition, and within one in the order of the request.
    pub(super) fn close(mut self) -> Vec<(Place, Vec<u8>)> {
        let open = self.open.into_iter().filter(|(_, writer)| !writer.is_empty());
        self.full.extend(open.map(|(place, writer)| (place, writer.finish())));
        self.full.sort_by_key(|(place, _)| *place);
        self.full
    }
}

/// The couriers of batches made here, one for each ping.
pub(super) fn couriers(batches: &[(Place, Vec<u8>)]) -> impl Iterator<Item = &str> {
    let read = batches.iter().filter_map(|(_, bytes)| batch::read(bytes).ok());
    read.flatten().filter_map(|ping| ping.ok().map(|(courier, _)| courier))
}
