//! Binary frames for the map, version 1: what a page shows of hundreds of thousands of couriers.
//!
//! Little endian. A header of 24 bytes: `DSPW`, version `u8` = 1, flags `u8` (bit 0: forget
//! everything known; bit 1: clusters), reserved `u16`, the map's version `u64`, the server's time
//! in milliseconds `i64`. Then a count `u32`, then each courier in 20 bytes: number `u32`, `lat_e7`
//! `i32`, `lng_e7` `i32`, age in milliseconds `u32`, heading `u8` in 256ths of a turn (255:
//! unknown), state `u8`, flags `u8` (bit 0: a newer ping was too far away to be believed), reserved
//! `u8`; or each cluster in 16: `lat_e7` `i32`, `lng_e7`
//! `i32`, count `u32`, reserved `u32`.

use super::news::{Dots, News, age_ms};
use doorstep_domain::time::Micros;
use doorstep_live::{Change, Cluster};

/// How a frame begins.
pub const MAGIC: [u8; 4] = *b"DSPW";

/// Bytes before the first courier or cluster.
pub const HEADER_BYTES: usize = 28;

/// Bytes of a courier.
pub const DOT_BYTES: usize = 20;

/// Couriers of one frame: with 3,000 it stays below the 64 KiB that a socket may have waiting.
pub const DOTS_MAX: usize = 3_000;

const RESET: u8 = 1;
const CLUSTERS: u8 = 2;
const HEADING_UNKNOWN: u8 = 255;

/// The frames that say what is new. All but the last carry the version that was seen before, so
/// that whoever breaks off between two is told the rest when coming back.
pub fn frames(news: &News, now: Micros) -> Vec<Vec<u8>> {
    let reset = if news.reset.is_some() { RESET } else { 0 };
    match &news.dots {
        Dots::Crowd(clusters) => {
            let mut frame = header(reset | CLUSTERS, news.version, now, clusters.len());
            clusters.iter().for_each(|cluster| push_cluster(&mut frame, cluster));
            vec![frame]
        }
        Dots::Moved(changes) => {
            let parts = changes.len().div_ceil(DOTS_MAX).max(1);
            let part = |part: usize| {
                let dots = changes.chunks(DOTS_MAX).nth(part).unwrap_or_default();
                let version = if part + 1 == parts { news.version } else { news.since };
                let flags = if part == 0 { reset } else { 0 };
                let mut frame = header(flags, version, now, dots.len());
                dots.iter().for_each(|change| push_dot(&mut frame, change, now));
                frame
            };
            (0..parts).map(part).collect()
        }
    }
}

fn header(flags: u8, version: u64, now: Micros, count: usize) -> Vec<u8> {
    let mut frame = Vec::with_capacity(HEADER_BYTES + count * DOT_BYTES);
    frame.extend(MAGIC);
    frame.extend([1, flags, 0, 0]);
    frame.extend(version.to_le_bytes());
    frame.extend((now.0 / 1_000).to_le_bytes());
    frame.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
    frame
}

fn push_dot(frame: &mut Vec<u8>, change: &Change, now: Micros) {
    frame.extend(change.number.to_le_bytes());
    frame.extend(change.ping.position.lat_e7.to_le_bytes());
    frame.extend(change.ping.position.lng_e7.to_le_bytes());
    frame.extend(age_ms(now, change.ping.at).to_le_bytes());
    let heading = change.ping.heading_cdeg.map_or(HEADING_UNKNOWN, turn_of);
    frame.extend([heading, change.state as u8, u8::from(change.implausible), 0]);
}

fn push_cluster(frame: &mut Vec<u8>, cluster: &Cluster) {
    frame.extend(cluster.center.lat_e7.to_le_bytes());
    frame.extend(cluster.center.lng_e7.to_le_bytes());
    frame.extend(u32::try_from(cluster.count).unwrap_or(u32::MAX).to_le_bytes());
    frame.extend([0; 4]);
}

/// A heading in 256ths of a turn; the last of them would read as unknown.
fn turn_of(heading_cdeg: u16) -> u8 {
    let turn = u32::from(heading_cdeg) * 256 / 36_000;
    u8::try_from(turn).unwrap_or(HEADING_UNKNOWN).min(HEADING_UNKNOWN - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorstep_domain::tracking::Position;

    #[test]
    fn a_heading_is_a_part_of_a_turn_and_never_reads_as_unknown() {
        let cases = [(0, 0), (9_000, 64), (18_000, 128), (27_000, 192), (35_999, 254)];
        for (heading_cdeg, expected) in cases {
            assert_eq!(turn_of(heading_cdeg), expected, "{heading_cdeg}");
        }
    }

    #[test]
    fn a_crowd_is_one_frame_of_clusters() {
        let center = Position { lat_e7: 377_700_000, lng_e7: -1_224_200_000 };
        let mut news = News::new(7, 9);
        news.dots = Dots::Crowd(vec![Cluster { center, count: 300_000 }]);
        let frames = frames(&news, Micros(1_000_000));
        let expected = [
            &b"DSPW\x01\x02\0\0"[..],
            &9_u64.to_le_bytes(),
            &1_000_i64.to_le_bytes(),
            &1_u32.to_le_bytes(),
            &377_700_000_i32.to_le_bytes(),
            &(-1_224_200_000_i32).to_le_bytes(),
            &300_000_u32.to_le_bytes(),
            &[0; 4],
        ];
        assert_eq!(frames, [expected.concat()]);
    }
}
