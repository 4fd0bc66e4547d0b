//! Pings go in as blocks, are found by courier, and come out as blocks.

use crate::scene::{HOUR, Scene, block, draft, ping, place, second};
use doorstep_archive::{ArchivedPing, Hour, Kept, Looked, PingsDraft, TrackAsked, Unfit, Written};
use doorstep_domain::time::{Micros, Span};
use doorstep_domain::tracking::{Ping, Position};
use proptest::prelude::*;

fn any_ping() -> impl Strategy<Value = Ping> {
    let small = || proptest::option::of(0_u16..u16::MAX);
    let heading = proptest::option::of(0_u16..36_000);
    let battery = proptest::option::of(0_u8..=100);
    let (lat, lng) = (-900_000_000..=900_000_000, -1_800_000_000..=1_800_000_000);
    let numbers = (any::<i64>(), lat, lng, small(), small(), heading, battery);
    numbers.prop_map(|(at, lat_e7, lng_e7, accuracy_dm, speed_cm_s, heading_cdeg, battery)| Ping {
        at: Micros(at),
        position: Position { lat_e7, lng_e7 },
        accuracy_dm,
        speed_cm_s,
        heading_cdeg,
        battery_percent: battery,
    })
}

fn any_blocks() -> impl Strategy<Value = Vec<Vec<(String, Ping)>>> {
    let courier = prop_oneof![
        (0..5).prop_map(|number| format!("c{number}")),
        "[a-zü %/]{1,12}".prop_map(|name| name),
    ];
    let one = proptest::collection::vec((courier, any_ping()), 1..20);
    proptest::collection::vec(one, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A1: whatever the pings were, the log's blocks come back byte for byte, and every courier's
    /// pings are found, none of anybody else's.
    #[test]
    fn blocks_come_back_byte_for_byte(told in any_blocks(), first in 0_u64..1 << 40) {
        let blocks: Vec<Vec<u8>> = told
            .iter()
            .map(|pings| block(pings.iter().map(|(courier, ping)| (courier.as_str(), *ping))))
            .collect();
        let scene = Scene::new();
        let place = place(first, first + blocks.len() as u64);
        scene.archive.write_pings(&place, &mut draft(first, &blocks)).unwrap();

        let expected: Vec<Kept> = (0_u32..).zip(&blocks).map(|(number, block)| Kept {
            offset: first + u64::from(number),
            appended_at: second(i64::from(number)),
            key: b"sf".to_vec(),
            value: block.clone(),
        }).collect();
        prop_assert_eq!(scene.archive.records(&place).unwrap(), expected);

        for (courier, _) in told.iter().flatten() {
            let mut expected: Vec<Ping> = told.iter().flatten()
                .filter(|(name, ping)| name == courier && ping.at.0 != i64::MAX)
                .map(|(_, ping)| *ping)
                .collect();
            expected.sort_by_key(|ping| ping.at);
            let (found, _) = found(&scene, courier, Span::new(Micros(i64::MIN), Micros(i64::MAX)));
            let found: Vec<Ping> = found.into_iter().map(|archived| archived.ping).collect();
            prop_assert_eq!(found, expected);
        }
    }
}

fn asked(courier: &str, at: Span) -> TrackAsked<'_> {
    let appended = (Hour(HOUR.0 - 1), Hour(HOUR.0 + 2));
    TrackAsked { courier, at, appended, market: None, partition: 0, before_offset: u64::MAX }
}

fn found(scene: &Scene, courier: &str, at: Span) -> (Vec<ArchivedPing>, Looked) {
    let mut found = Vec::new();
    let looked = scene.archive.pings_of("pings", &asked(courier, at), &mut |ping| {
        found.push(ping);
        true
    });
    (found, looked.unwrap())
}

/// Nine hundred couriers with 500 pings each are seven groups of rows; one courier lies in one or
/// two of them, and the others are not read.
#[test]
fn a_track_reads_only_the_groups_that_can_hold_it() {
    let couriers: Vec<String> = (0..900).map(|number| format!("cab-{number:03}")).collect();
    let blocks: Vec<Vec<u8>> = (0..500)
        .map(|at| block(couriers.iter().map(|courier| (courier.as_str(), ping(second(at))))))
        .collect();
    let scene = Scene::new();
    let written = scene.archive.write_pings(&place(0, 500), &mut draft(0, &blocks)).unwrap();
    assert_eq!(written, Written::New);
    assert_eq!(scene.archive.about(&place(0, 500)).unwrap().rows, 450_000);

    let whole = Span::new(second(0), second(500));
    let cases = [
        // who, from, to, pings, groups read, groups skipped
        ("cab-000", whole, 500, 1, 6),
        ("cab-500", whole, 500, 1, 6),
        ("cab-899", whole, 500, 1, 6),
        ("cab-131", whole, 500, 2, 5),
        ("cab-500", Span::new(second(100), second(101)), 1, 1, 6),
        ("cab-500", Span::new(second(500), second(900)), 0, 0, 7),
        ("cab-9", whole, 0, 0, 7),
        ("cab-5000", whole, 0, 1, 6),
    ];
    for (courier, at, pings, groups_read, groups_skipped) in cases {
        let (found, looked) = found(&scene, courier, at);
        assert_eq!(found.len(), pings, "{courier}");
        assert_eq!(looked, Looked { files: 1, groups_read, groups_skipped }, "{courier}");
    }
}

/// Whoever has enough stops the reading; hours, partitions and offsets that are not asked for are
/// not opened.
#[test]
fn files_that_cannot_hold_it_are_not_opened() {
    let scene = Scene::new();
    for first in [0, 10, 20] {
        let blocks = [block([("a", ping(second(first)))]), block([("a", ping(second(first + 1)))])];
        let first = u64::try_from(first).unwrap();
        scene.archive.write_pings(&place(first, first + 10), &mut draft(first, &blocks)).unwrap();
    }
    let all = asked("a", Span::new(second(0), second(100)));
    let cases = [
        ("all", all, 3, 6),
        ("two", TrackAsked { before_offset: 20, ..all }, 2, 4),
        ("another partition", TrackAsked { partition: 1, ..all }, 0, 0),
        ("another hour", TrackAsked { appended: (Hour(0), HOUR), ..all }, 0, 0),
        ("another market", TrackAsked { market: Some(&"la".parse().unwrap()), ..all }, 0, 0),
    ];
    for (name, asked, files, pings) in cases {
        let mut found = 0;
        let looked = scene.archive.pings_of("pings", &asked, &mut |_| {
            found += 1;
            true
        });
        assert_eq!((looked.unwrap().files, found), (files, pings), "{name}");
    }
    let mut found = 0;
    let stops = &mut |_: ArchivedPing| {
        found += 1;
        found < 3
    };
    assert_eq!(scene.archive.pings_of("pings", &all, stops).unwrap().files, 2);
    assert_eq!(found, 3);
}

/// A block that rows could not give back as it was is left to be archived as it is.
#[test]
fn an_unfit_block_leaves_the_draft_as_it_was() {
    let mut draft = PingsDraft::default();
    let whole = block([("a", ping(second(1))), ("b", ping(second(2)))]);
    draft.push(0, second(0), &whole).unwrap();
    let (cut, mut longer) = (&whole[..whole.len() - 1], whole.clone());
    longer.push(0);
    assert!(matches!(draft.push(1, second(0), cut), Err(Unfit::Unreadable(_))));
    assert!(draft.push(1, second(0), &longer).is_err());
    assert_eq!(draft.push(1, second(0), &block([])), Err(Unfit::Foreign));
    assert_eq!((draft.records(), draft.pings()), (1, 2));
}
