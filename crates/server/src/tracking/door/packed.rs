//! Pings on their way from a request to the collectors: binary batches by partition and market.

use doorstep_domain::tracking::Ping;
use doorstep_domain::tracking::batch::{self, Writer};
use std::collections::BTreeMap;

/// Bytes after which a batch is closed and another begun: blocks are put together of whole ones,
/// so small ones fill them well.
const BATCH_BYTES: usize = 64 << 10;

/// Partition and market, by its place among the markets.
pub(super) type Place = (u16, u16);

/// Batches of one request.
#[derive(Debug, Default)]
pub(super) struct Packed {
    open: BTreeMap<Place, Writer>,
    full: Vec<(Place, Vec<u8>)>,
}

impl Packed {
    /// Adds a ping of a registered courier.
    pub(super) fn push(&mut self, place: Place, courier: &str, ping: &Ping) {
        let writer = self.open.entry(place).or_default();
        writer.push(courier, ping);
        if writer.bytes() >= BATCH_BYTES {
            self.full.push((place, std::mem::take(writer).finish()));
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
