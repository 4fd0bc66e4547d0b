//! The binary batch: what is written is read, and nothing else is a surprise.

use super::{AT, bare, position};
use doorstep_domain::event::{Rejection, RejectionCode};
use doorstep_domain::id::IdError;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::batch::{BatchError, Writer, read};
use doorstep_domain::tracking::{Ping, Position};
use proptest::option::of;
use proptest::prelude::*;

fn any_ping() -> impl Strategy<Value = Ping> {
    let place = (-900_000_000..=900_000_000_i32, -1_800_000_000..=1_800_000_000_i32);
    let measures = (of(0..65_535_u16), of(0..65_535_u16), of(0..36_000_u16), of(0..=100_u8));
    (any::<i64>(), place, measures).prop_map(|(at, (lat_e7, lng_e7), measures)| Ping {
        at: Micros(at),
        position: Position { lat_e7, lng_e7 },
        accuracy_dm: measures.0,
        speed_cm_s: measures.1,
        heading_cdeg: measures.2,
        battery_percent: measures.3,
    })
}

fn written(pings: &[(String, Ping)]) -> Vec<u8> {
    let mut writer = Writer::new();
    for (courier, ping) in pings {
        writer.push(courier, ping);
    }
    assert_eq!((writer.len(), writer.is_empty()), (pings.len(), pings.is_empty()));
    let bytes = writer.bytes();
    let batch = writer.finish();
    assert_eq!(batch.len(), bytes);
    batch
}

/// One ping of a batch, or what is wrong with it.
type Item<'a> = Result<(&'a str, Ping), BatchError>;

/// Everything in a batch, errors included; more items than bytes would be a loop.
fn items(bytes: &[u8]) -> Result<Vec<Item<'_>>, BatchError> {
    let items: Vec<_> = read(bytes)?.take(bytes.len() + 1).collect();
    assert!(items.len() <= bytes.len());
    Ok(items)
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        pings in prop::collection::vec(("[a-zü0-9-]{1,60}", any_ping()), 0..20),
    ) {
        let batch = written(&pings);
        let read: Result<Vec<_>, _> = read(&batch).expect("a header").collect();
        let read: Vec<_> = read.expect("pings").into_iter()
            .map(|(courier, ping)| (courier.to_owned(), ping)).collect();
        prop_assert_eq!(read, pings);
    }

    /// A ping copied from any batch that reads well is the ping written anew.
    #[test]
    fn what_is_copied_is_what_is_written(
        pings in prop::collection::vec(
            ("[a-zü0-9-]{1,60}", any_ping(), any::<[u8; 8]>(), any::<bool>()), 0..20),
    ) {
        let mut batch = Writer::new().finish();
        batch[8..12].copy_from_slice(&(pings.len() as u32).to_le_bytes());
        for (courier, ping, measures, any_measures) in &pings {
            let mut alone = written(&[(courier.clone(), *ping)]).split_off(12);
            if *any_measures {
                alone[16..23].copy_from_slice(&measures[..7]);
            }
            batch.extend(alone);
        }
        let (mut copied, mut anew) = (Writer::with_room(batch.len()), Writer::new());
        let mut reading = read(&batch).expect("a header");
        while let Some((frame, ping)) = reading.next_framed() {
            if let Ok((courier, ping)) = ping {
                copied.copy(frame);
                anew.push(courier, &ping);
            }
        }
        prop_assert_eq!(copied.finish(), anew.finish());
    }

    /// A5: bytes of whatever kind are pings or errors, and come to an end.
    #[test]
    fn no_bytes_are_a_surprise(
        pings in prop::collection::vec(("[a-z]{1,9}", any_ping()), 0..6),
        cut in 0..300_usize,
        harm in prop::collection::vec((0..300_usize, any::<u8>()), 0..6),
        noise in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let mut batch = written(&pings);
        batch.truncate(cut.max(4));
        batch.extend(&noise);
        for (place, byte) in harm {
            let length = batch.len();
            batch[place % length] = byte;
        }
        for item in items(&batch).unwrap_or_default().into_iter().flatten() {
            prop_assert!(item.0.parse::<doorstep_domain::id::CourierId>().is_ok());
            let again = Position::from_degrees(item.1.position.lat(), item.1.position.lng());
            prop_assert_eq!(again, Some(item.1.position));
        }
        let _ = items(&noise);
    }
}

/// The layout is a promise to gateways: byte by byte.
#[test]
fn the_layout_is_the_documented_one() {
    let ping = Ping {
        at: Micros(0x0102_0304_0506_0708),
        position: Position { lat_e7: 0x1122_3344, lng_e7: -2 },
        accuracy_dm: Some(5),
        speed_cm_s: Some(0x0201),
        heading_cdeg: None,
        battery_percent: Some(80),
    };
    let expected: Vec<u8> = [
        b"DSPB\x01\x00\x00\x00\x01\x00\x00\x00".as_slice(),
        b"\x08\x07\x06\x05\x04\x03\x02\x01",
        b"\x44\x33\x22\x11\xfe\xff\xff\xff",
        b"\x01\x02\xff\xff\x05\x00\x50\x05cab-7",
    ]
    .concat();
    assert_eq!(written(&[("cab-7".to_owned(), ping)]), expected);
}

#[test]
fn faults_of_the_frame_end_a_batch() {
    let ping = bare(AT, position(37.7, -122.4));
    let whole = written(&[("a".to_owned(), ping), ("b".to_owned(), ping)]);
    let changed = |place: usize, byte: u8| {
        let mut batch = whole.clone();
        batch[place] = byte;
        batch
    };
    let extended = |more: &[u8]| [&whole, more].concat();
    let last = |bytes: Vec<u8>| match items(&bytes) {
        Err(error) => error,
        Ok(items) => items.into_iter().next_back().and_then(Result::err).expect("an error"),
    };
    let cases = [
        ("empty", Vec::new(), BatchError::Magic),
        ("JSON", br#"[{"courier_id":"a"}]"#.to_vec(), BatchError::Magic),
        ("half a header", whole[..7].to_vec(), BatchError::Truncated),
        ("version 2", changed(4, 2), BatchError::Version { version: 2, flags: 0 }),
        ("flags", changed(5, 1), BatchError::Version { version: 1, flags: 1 }),
        ("more than there is", changed(8, 3), BatchError::Truncated),
        ("four billion", changed(11, 255), BatchError::Truncated),
        ("less than there is", changed(8, 1), BatchError::Trailing(25)),
        ("half a ping", whole[..50].to_vec(), BatchError::Truncated),
        ("half a name", whole[..61].to_vec(), BatchError::Truncated),
        ("a tail", extended(b"xyz"), BatchError::Trailing(3)),
    ];
    for (what, bytes, expected) in cases {
        assert_eq!(last(bytes), expected, "{what}");
        assert!(!expected.is_of_one_ping(), "{what}");
    }
}

/// A5: one bad ping costs itself, not its neighbours.
#[test]
fn a_fault_of_one_ping_is_that_pings_own() {
    let ping = bare(AT, position(37.7, -122.4));
    let whole = written(&[("a".to_owned(), ping), ("b".to_owned(), ping)]);
    use RejectionCode::{ImplausiblePosition, Malformed};
    let lat = 900_000_001_i32.to_le_bytes();
    let heading = 36_000_u16.to_le_bytes();
    let cases: [(&[u8], usize, BatchError, RejectionCode, &str); 5] = [
        (&lat, 20, BatchError::Position, ImplausiblePosition, "/lat"),
        (&heading, 30, BatchError::Range("/heading_deg"), Malformed, "/heading_deg"),
        (&[101], 34, BatchError::Range("/battery"), Malformed, "/battery"),
        (b"\xff", 36, BatchError::NotText, Malformed, "/courier_id"),
        (b"\n", 36, BatchError::Courier(IdError::ControlCharacter), Malformed, "/courier_id"),
    ];
    for (bytes, place, expected, code, pointer) in cases {
        let mut batch = whole.clone();
        batch[place..place + bytes.len()].copy_from_slice(bytes);
        let items = items(&batch).expect("a header");
        assert_eq!(items, [Err(expected.clone()), Ok(("b", ping))]);
        assert!(expected.is_of_one_ping(), "{expected}");
        let rejection = Rejection::from(expected);
        assert_eq!((rejection.code, rejection.pointer.as_str()), (code, pointer));
    }
}

#[test]
fn the_largest_measures_are_kept_apart_from_unknown() {
    let mut ping = bare(AT, position(37.7, -122.4));
    ping.speed_cm_s = Some(u16::MAX);
    let batch = written(&[("a".to_owned(), ping)]);
    let read: Vec<_> = items(&batch).expect("a header");
    assert_eq!(read[0].as_ref().expect("a ping").1.speed_cm_s, Some(u16::MAX - 1));
}
