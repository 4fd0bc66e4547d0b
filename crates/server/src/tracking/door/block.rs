//! Blocks: what the log carries of pings. A block is a binary batch of one market.

use super::collector::Share;
use doorstep_domain::id::MarketId;
use doorstep_domain::tracking::batch::HEADER_BYTES;
use doorstep_log::Record;
use std::collections::BTreeMap;

/// Bytes of a block, unless a single batch has more: half of what a record may have. To find one
/// ping a block is read whole.
const BLOCK_BYTES_MAX: usize = 512 << 10;

/// Where in a header the count stands: at its end, 32 bits, little endian.
const COUNT_BYTES: usize = 4;

/// Puts shares together: as few blocks as hold them, each of one market, each market's in the
/// order in which they came.
pub(super) fn blocks(shares: &[Share], markets: &[MarketId]) -> Vec<Record> {
    let mut by_market: BTreeMap<u16, Vec<&[u8]>> = BTreeMap::new();
    for share in shares {
        by_market.entry(share.market).or_default().push(&share.batch);
    }
    let mut records = Vec::new();
    for (market, batches) in by_market {
        let Some(market) = markets.get(usize::from(market)) else { continue };
        let mut left: usize = batches.iter().map(|batch| batch.len()).sum();
        let mut blocks: Vec<Vec<u8>> = Vec::new();
        for batch in batches {
            match blocks.last_mut() {
                Some(block) if block.len() + batch.len() <= BLOCK_BYTES_MAX => join(block, batch),
                _ => {
                    let mut block = Vec::with_capacity(left.min(BLOCK_BYTES_MAX));
                    block.extend_from_slice(batch);
                    blocks.push(block);
                }
            }
            left -= batch.len();
        }
        let key = market.as_str().as_bytes();
        records.extend(blocks.into_iter().map(|value| Record { key: key.to_vec(), value }));
    }
    records
}

/// Adds the pings of one batch to another; both were written here and are whole.
fn join(block: &mut Vec<u8>, batch: &[u8]) {
    let Some((header, pings)) = batch.split_at_checked(HEADER_BYTES) else { return };
    let count = count_of(block).wrapping_add(count_of(header));
    block.extend_from_slice(pings);
    block[HEADER_BYTES - COUNT_BYTES..HEADER_BYTES].copy_from_slice(&count.to_le_bytes());
}

fn count_of(batch: &[u8]) -> u32 {
    let header = batch.first_chunk::<HEADER_BYTES>();
    header.and_then(|header| header.last_chunk()).map_or(0, |count| u32::from_le_bytes(*count))
}

#[cfg(test)]
mod tests {
    use super::super::receipt::Receipt;
    use super::*;
    use doorstep_domain::time::Micros;
    use doorstep_domain::tracking::batch::{self, Writer};
    use doorstep_domain::tracking::{Ping, Position};
    use proptest::prelude::*;

    fn ping(at: i64) -> Ping {
        Ping {
            at: Micros(at),
            position: Position { lat_e7: 377_000_000, lng_e7: -1_224_000_000 },
            accuracy_dm: None,
            speed_cm_s: Some(7),
            heading_cdeg: None,
            battery_percent: None,
        }
    }

    proptest! {
        /// A1: however pings are spread over batches, their market's blocks hold each of them once
        /// and in order, and no block is longer than it may be.
        #[test]
        fn blocks_hold_what_came(
            batches in prop::collection::vec((0_u16..3, 1_usize..2_000), 1..60),
        ) {
            let markets: Vec<MarketId> =
                ["la", "ny", "sf"].iter().map(|market| market.parse().unwrap()).collect();
            let (receipt, _durable) = Receipt::of(batches.len());
            let (mut shares, mut sent) = (Vec::new(), vec![Vec::new(); 3]);
            let mut at = 0;
            for (market, pings) in batches {
                let mut writer = Writer::new();
                for _ in 0..pings {
                    at += 1;
                    writer.push("courier-17", &ping(at));
                    sent[usize::from(market)].push(at);
                }
                let receipt = std::sync::Arc::clone(&receipt);
                shares.push(Share { market, batch: writer.finish(), receipt });
            }
            let mut found = vec![Vec::new(); 3];
            for record in blocks(&shares, &markets) {
                prop_assert!(record.value.len() <= BLOCK_BYTES_MAX);
                let market = markets.iter().position(|m| m.as_str().as_bytes() == record.key);
                for read in batch::read(&record.value).unwrap() {
                    found[market.unwrap()].push(read.unwrap().1.at.0);
                }
            }
            prop_assert_eq!(found, sent);
        }
    }
}
