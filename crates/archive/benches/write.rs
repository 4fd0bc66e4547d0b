//! What the archive takes and gives back: a fleet's blocks written, one courier's track read, the
//! blocks of the log made again. Prints the median of the rounds.
#![expect(clippy::expect_used, reason = "a measurement that fails ends")]
#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use doorstep_archive::{Archive, Form, Hour, Offsets, PingsDraft, Place, TrackAsked};
use doorstep_domain::time::{HOUR_US, Micros, SECOND_US, Span};
use doorstep_domain::tracking::{Position, batch};
use doorstep_sim::fleet::{self, FleetPlan, fleet};
use std::time::Instant;

const ROUNDS: i64 = 7;
const COURIERS: u32 = 10_000;
/// Each courier tells where it is every three seconds, so often: a million pings in all.
const PINGS_OF_EACH: u64 = 100;
const BEGAN: Hour = Hour(486_000);
/// Pings in one block: the door packs some ten blocks a second at this pace.
const PINGS_OF_A_BLOCK: usize = 333;

fn main() {
    let blocks = blocks();
    let directory = tempfile::tempdir().expect("a directory");
    let url = format!("file:{}", directory.path().display());
    let archive = Archive::open(&url).expect("an archive");
    let mut figures: [Vec<f64>; 4] = Default::default();
    for round in 0..ROUNDS {
        let place = place(Hour(BEGAN.0 + round));
        let (mut draft, gathered_s) = timed(|| draft(&blocks));
        let (_, written_s) = timed(|| archive.write_pings(&place, &mut draft).expect("a file"));
        let (records, read_s) = timed(|| archive.records(&place).expect("a file"));
        assert_eq!(records.len(), blocks.len());
        let ((), track_s) = timed(|| track(&archive, place.hour));
        let round = [gathered_s, written_s, read_s, track_s];
        figures.iter_mut().zip(round).for_each(|(all, seconds)| all.push(seconds));
    }
    let bytes = archive.about(&place(BEGAN)).expect("a file is there").bytes;
    let carried: usize = blocks.iter().map(Vec::len).sum();
    tell(figures.map(median), bytes as f64, carried as f64);
}

fn tell([gathered_s, written_s, read_s, track_s]: [f64; 4], bytes: f64, carried: f64) {
    let pings = (u64::from(COURIERS) * PINGS_OF_EACH) as f64;
    println!("pings gathered a second           {:>12.0}", pings / gathered_s);
    println!("pings written a second            {:>12.0}", pings / written_s);
    println!("pings made blocks again a second  {:>12.0}", pings / read_s);
    println!("a courier's track of a file, ms   {:>12.2}", track_s * 1e3);
    println!("bytes of a ping in its block      {:>12.2}", carried / pings);
    println!("bytes of a ping archived          {:>12.2}", bytes / pings);
}

fn place(hour: Hour) -> Place {
    Place {
        topic: "pings".to_owned(),
        partition: 0,
        offsets: Offsets { first: 0, end: 1_000_000 },
        hour,
        market: Some("sf".parse().expect("a market")),
        form: Form::Pings,
    }
}

/// The blocks of a fleet, as the door packs them.
fn blocks() -> Vec<Vec<u8>> {
    let fleet = fleet(FleetPlan {
        seed: 1,
        couriers: COURIERS,
        center: Position { lat_e7: 377_700_000, lng_e7: -1_224_200_000 },
        every_us: 3 * SECOND_US,
        dirt_bp: 0,
    });
    let numbers: Vec<u64> = (0..u64::from(COURIERS) * PINGS_OF_EACH).collect();
    let block = |numbers: &[u64]| {
        let mut block = batch::Writer::new();
        for number in numbers {
            fleet.tell(BEGAN.start(), *number, |courier, ping| {
                block.push(fleet::name(courier).as_str(), &ping);
            });
        }
        block.finish()
    };
    numbers.chunks(PINGS_OF_A_BLOCK).map(block).collect()
}

fn draft(blocks: &[Vec<u8>]) -> PingsDraft {
    let mut draft = PingsDraft::default();
    for (offset, block) in (0_u32..).zip(blocks) {
        let appended_at = Micros(BEGAN.start().0 + i64::from(offset) * SECOND_US / 10);
        draft.push(offset.into(), appended_at, block).expect("a block of our own");
    }
    draft
}

fn track(archive: &Archive, hour: Hour) {
    let name = fleet::name(COURIERS / 2);
    let asked = TrackAsked {
        courier: name.as_str(),
        at: Span::new(BEGAN.start(), BEGAN.start().plus(HOUR_US)),
        appended: (hour, hour.next()),
        market: None,
        partition: 0,
        before_offset: u64::MAX,
    };
    let mut found = 0;
    let mut count = |_| {
        found += 1;
        true
    };
    archive.pings_of("pings", &asked, &mut count).expect("a file");
    assert_eq!(found, PINGS_OF_EACH);
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let began = Instant::now();
    let done = work();
    (done, began.elapsed().as_secs_f64())
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
