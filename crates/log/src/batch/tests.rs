use proptest::prelude::*;

use super::*;
use crate::run::{Record, Runs};

/// What one appender brought: its time, and its records.
type Append = (i64, Vec<(Vec<u8>, Vec<u8>)>);

fn appends() -> impl Strategy<Value = Vec<Append>> {
    let value = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        "(\\{\"status\":\"delivered\"\\}){0,20}".prop_map(String::into_bytes),
    ];
    let record = (proptest::collection::vec(any::<u8>(), 0..20), value);
    proptest::collection::vec((any::<i64>(), proptest::collection::vec(record, 1..20)), 1..10)
}

fn composed(appends: &[Append]) -> (Composer, Vec<Entry>) {
    let mut composer = Composer::new();
    let mut expected = Vec::new();
    for (at, records) in appends {
        let mut runs = Runs::default();
        for (key, value) in records {
            let record = Record { key: key.clone(), value: value.clone() };
            assert!(runs.push(&record, *at).is_ok());
            let offset = 40 + expected.len() as u64;
            let (key, value) = (key.clone(), value.clone());
            expected.push(Entry { offset, appended_at_us: *at, key, value });
        }
        runs.runs.iter().for_each(|run| composer.push(run));
    }
    (composer, expected)
}

#[test]
fn what_shrinks_well_is_looked_at_closely_from_the_next_batch_on() {
    let dense = |number: u64| number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes();
    let dense: Vec<u8> =
        (0..4_000).flat_map(|number| [dense(number), *b"cab-1234"]).flatten().collect();
    let told = br#"{"status":"delivered","market":"sf"}"#.repeat(500);
    let mut composer = Composer::new();
    let cases =
        [(&told, LEVEL_CLOSE), (&dense, LEVEL_FAST), (&dense, LEVEL_FAST), (&told, LEVEL_CLOSE)];
    for (value, level) in cases {
        let mut runs = Runs::default();
        assert!(runs.push(&Record { key: Vec::new(), value: value.clone() }, 7).is_ok());
        runs.runs.iter().for_each(|run| composer.push(run));
        let batch = Batch::open(&composer.seal(0)).unwrap();
        let read: Vec<Entry> = batch.entries().map(|entry| entry.unwrap().to_entry()).collect();
        assert_eq!((read.len(), &read[0].value), (1, value));
        assert_eq!(composer.level, level);
        composer.clear();
    }
}

proptest! {
    /// A1: what is read is what was appended, whatever the bytes and the times.
    #[test]
    fn a_batch_reads_back(appends in appends()) {
        let (mut composer, expected) = composed(&appends);
        let batch = Batch::open(&composer.seal(40)).map_err(TestCaseError::fail)?;
        let read: Result<Vec<Entry>, _> =
            batch.entries().map(|entry| entry.map(EntryView::to_entry)).collect();
        prop_assert_eq!(read, Ok(expected));
        prop_assert_eq!(batch.end(), 40 + batch.records);
    }

    #[test]
    fn one_flipped_bit_anywhere_is_noticed(appends in appends(), bit: prop::sample::Index) {
        let (mut composer, _) = composed(&appends);
        let sealed = composer.seal(40);
        let mut body = sealed.body.to_vec();
        let bit = bit.index(body.len() * 8);
        body[bit / 8] ^= 1 << (bit % 8);
        let damaged = StoredBatch { body: &body, ..sealed };
        prop_assert_eq!(Batch::open(&damaged).err(), Some("the checksum differs"));
    }

    #[test]
    fn no_payload_makes_the_walk_panic(payload: Vec<u8>) {
        let batch = Batch { first_offset: 0, records: 1, appended_at_us: 0, payload };
        let walked = batch.entries().take_while(Result::is_ok).count();
        prop_assert!(walked <= batch.payload.len());
    }
}

#[test]
fn a_row_under_another_offset_is_noticed() {
    let (mut composer, _) = composed(&[(0, vec![(b"k".to_vec(), b"v".to_vec())])]);
    let moved = StoredBatch { first_offset: 41, ..composer.seal(40) };
    assert_eq!(Batch::open(&moved).err(), Some("the checksum differs"));
}

#[test]
fn json_is_compressed_and_noise_is_kept_plain() {
    let json = br#"{"type":"delivery.delivered","market":"sf"}"#.to_vec();
    let (mut composer, _) = composed(&[(0, vec![(b"k".to_vec(), json); 100])]);
    let sealed = composer.seal(0);
    assert_eq!(sealed.format, FORMAT_ZSTD);
    assert!((sealed.body.len() as u64) < sealed.payload_bytes / 8);

    let noise = |seed: u32| seed.wrapping_mul(0x9e37_79b9).rotate_left(seed).to_be_bytes().to_vec();
    let records = (1..1_000).map(|seed| (noise(seed * 7), noise(seed * 13))).collect();
    let (mut composer, _) = composed(&[(0, records)]);
    assert_eq!(composer.seal(0).format, FORMAT_PLAIN);
}

#[test]
fn an_unknown_format_is_refused() {
    let (mut composer, _) = composed(&[(0, vec![(b"k".to_vec(), b"v".to_vec())])]);
    let mut newer = StoredBatch { format: 9, ..composer.seal(0) };
    newer.checksum = newer.checksum();
    assert_eq!(Batch::open(&newer).err(), Some("the format is of a newer version"));
}
