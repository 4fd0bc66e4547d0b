//! Closed hours leave the log for the archive: each record once, and none is lost.

mod kept;
mod replay;
mod road;
mod tracks;

use crate::world::{World, at, delivery};
use doorstep_archive::{Form, Hour, Kept, Offsets, Place, Readable, RecordsDraft};
use doorstep_domain::time::Micros;
use doorstep_log::{LogError, Record};
use doorstep_server::archiving::{self, ARCHIVED_TOPICS};
use doorstep_server::check::{Invariant, check};
use doorstep_server::wire::{EVENTS, PINGS};
use doorstep_store::LaneId;
use doorstep_store::cursor::{self, Advance, CursorId};
use road::{Road, key_of, pings_at};
use std::path::Path;

/// Everything that a partition carried, and how much of it is archived.
fn carried(world: &World, topic: &str, partition: u32) -> (Vec<Kept>, u64) {
    let entries = world.app.log.read(topic, partition, 0, usize::MAX, usize::MAX).unwrap();
    let kept = entries.into_iter().map(|entry| Kept {
        offset: entry.offset,
        appended_at: Micros(entry.appended_at_us),
        key: entry.key,
        value: entry.value,
    });
    (kept.collect(), archiving::next_offset(&world.app, topic, partition).unwrap())
}

/// Everything that the archive has of a partition, in the order of offsets.
fn archived(world: &World, topic: &str, partition: u32) -> Vec<Kept> {
    let places = world.app.archive.list(topic, None, Hour::EVER).unwrap();
    let of_partition = places.iter().filter(|place| place.partition == partition);
    let records = of_partition.map(|place| world.app.archive.records(place).unwrap());
    let mut records: Vec<Kept> = records.flatten().collect();
    records.sort_by_key(|record| record.offset);
    records
}

/// B10: what the archive has is what the log carried, byte for byte, each once, up to the cursor.
#[track_caller]
fn is_archived_once(world: &World) {
    for topic in ARCHIVED_TOPICS {
        for partition in 0..world.app.log.partitions(topic).unwrap() {
            let (mut carried, next) = carried(world, topic, partition);
            carried.retain(|record| record.offset < next);
            assert_eq!(archived(world, topic, partition), carried, "{topic}/{partition}");
        }
    }
}

/// Archives until there is nothing left to do; how many records that was.
fn archives(world: &World) -> u64 {
    let mut archived = 0;
    loop {
        match archiving::step(&world.app).unwrap() {
            0 => return archived,
            records => archived += records,
        }
    }
}

/// A6: hours that have closed are archived, whatever they carried; the open hour stays in the log
/// alone until it closes.
#[test]
fn closed_hours_are_archived_and_the_open_one_is_not() {
    let world = World::new();
    world.is_told(&delivery("d1", "cab-1", "2008-05-25T18:00:00Z", "2008-05-25T18:30:00Z"));
    world.app.log.append(EVENTS, vec![no_event()], world.app.clock.now().0).unwrap();
    world.drives("sf", &["cab-1", "cab-2"], 3);
    world.clock.set("2008-05-25T19:59:59Z");
    world.drives("sf", &["cab-1"], 1);
    assert_eq!(archives(&world), 0, "the hour is open");
    world.clock.set("2008-05-25T20:00:09Z");
    world.drives("la", &["cab-9"], 2);
    assert_eq!(archives(&world), 0, "appends may still be under way");

    world.clock.set("2008-05-25T20:00:10Z");
    let closed = 4 + 1 + 2 + 1;
    assert_eq!(archives(&world), closed);
    is_archived_once(&world);
    assert_eq!(archives(&world), 0);

    world.clock.set("2008-05-25T23:00:00Z");
    assert_eq!(archives(&world), 1, "the block of the hour that was open");
    is_archived_once(&world);
    let hours = world.app.archive.list(PINGS, None, Hour::EVER).unwrap();
    assert!(hours.iter().any(|place| place.market == Some("la".parse().unwrap())), "{hours:?}");
}

/// What cannot be read is archived as it is: no event, a block that is none, of no market.
#[test]
fn what_cannot_be_read_is_archived_as_it_is() {
    let world = World::new();
    let now = world.app.clock.now().0;
    let unreadable = |key: &[u8]| Record { key: key.to_vec(), value: b"neither".to_vec() };
    let block = key_of("sf", &pings_at(at("2008-05-25T19:00:00Z"), "cab-1", 2));
    let nobodys = Record { key: vec![0xff], value: block.value.clone() };
    let records = vec![unreadable(b"sf"), block, nobodys, unreadable(b"")];
    world.app.log.append_to(PINGS, 0, records, now).unwrap();
    world.app.log.append(EVENTS, vec![no_event()], now).unwrap();
    world.clock.set("2008-05-25T21:00:00Z");
    assert_eq!(archives(&world), 5);
    is_archived_once(&world);
    let forms = world.app.archive.list(PINGS, None, Hour::EVER).unwrap();
    let forms: Vec<_> = forms.iter().map(|place| (place.market.is_some(), place.form)).collect();
    assert_eq!(forms, [(false, Form::Records), (true, Form::Pings)]);
}

/// Appends that overtook one another, and a clock that was set back, lose and double nothing.
#[test]
fn records_that_overtook_one_another_are_archived_once() {
    let world = World::new();
    let times = ["19:59:59", "20:00:01", "19:59:58", "20:00:02", "17:00:00", "21:30:00"];
    for time in times {
        world.clock.set(&format!("2008-05-25T{time}Z"));
        world.drives("sf", &["cab-1"], 1);
    }
    world.clock.set("2008-05-25T20:30:00Z");
    assert_eq!(archives(&world), 1);
    is_archived_once(&world);
    world.clock.set("2008-05-26T00:00:00Z");
    assert_eq!(archives(&world), 5);
    is_archived_once(&world);
}

/// B10: whoever was killed after one market's file and before the offset was noted has decided
/// where the range ends, also where another record of that hour has come since.
#[test]
fn what_was_begun_is_finished_as_it_was_begun() {
    let world = World::new();
    let value = |number: u8| format!(r#"{{"market":"m{}","id":"{number}"}}"#, number % 2);
    let tell = |number: u8| {
        let record = Record { key: b"same".to_vec(), value: value(number).into_bytes() };
        world.app.log.append(EVENTS, vec![record], world.app.clock.now().0).unwrap()
    };
    let partition = tell(0)[0].partition;
    (1..4).for_each(|number| drop(tell(number)));
    let (carried, _) = carried(&world, EVENTS, partition);
    let mut draft = RecordsDraft::default();
    for record in carried.into_iter().filter(|record| record.offset % 2 == 0) {
        draft.push(record, Readable::default());
    }
    let place = Place {
        topic: EVENTS.to_owned(),
        partition,
        offsets: Offsets { first: 0, end: 4 },
        hour: Hour::of(world.app.clock.now()),
        market: Some("m0".parse().unwrap()),
        form: Form::Records,
    };
    world.app.archive.write_records(&place, &draft).unwrap();

    tell(4);
    let world = world.restarted();
    world.clock.set("2008-05-25T21:00:00Z");
    assert_eq!(archives(&world), 5);
    is_archived_once(&world);
    let ranges = world.app.archive.list(EVENTS, None, Hour::EVER).unwrap();
    let ranges: Vec<_> = ranges.iter().map(|place| place.offsets.range()).collect();
    assert_eq!(ranges, [0..4, 0..4, 4..5]);
}

/// Pings are forgotten once they are archived, snapshot by the tracker, and old enough; events
/// never are.
#[test]
fn the_log_forgets_what_nobody_needs() {
    let world = World::new();
    world.is_told(&delivery("d1", "cab-1", "2008-05-25T18:00:00Z", "2008-05-25T18:30:00Z"));
    for hour in 10..20 {
        world.clock.set(&format!("2008-05-25T{hour}:30:00Z"));
        world.drives("sf", &["cab-1"], 1);
    }
    let partition = world.app.log.partition_of(PINGS, b"cab-1").unwrap();
    let kept = || world.app.log.bounds(PINGS, partition).unwrap();
    archiving::forget(&world.app).unwrap();
    assert_eq!(kept(), 0..10, "nothing is archived");

    archives(&world);
    tracked(&world, partition, 0, 3);
    archiving::forget(&world.app).unwrap();
    assert_eq!(kept(), 3..10, "the tracker would begin there");

    tracked(&world, partition, 3, 10);
    archiving::forget(&world.app).unwrap();
    assert_eq!(kept(), 7..10, "two hours are kept");
    assert_eq!(archiving::may_forget(&world.app, partition).unwrap(), 9);
    let gone = world.app.log.read(PINGS, partition, 6, 1, 0);
    assert!(matches!(gone, Err(LogError::Forgotten { .. })), "{gone:?}");
    let partitions = 0..world.app.log.partitions(EVENTS).unwrap();
    let events = partitions.map(|number| world.app.log.bounds(EVENTS, number).unwrap());
    assert!(events.clone().all(|bounds| bounds.start == 0));
    assert_eq!(events.map(|bounds| bounds.end).sum::<u64>(), 4);
}

/// F6: what is lost, cut, rotten or doubled in the archive is found, and nothing else.
#[test]
fn a_check_finds_what_the_archive_has_lost() {
    type Harm = fn(&Path);
    let second = "p0-00000000000000000001-00000000000000000002";
    let gone = format!("pings/market=sf/day=2008-05-25/hour=11/{second}.parquet is missing");
    let cases: [(&str, Harm, &str); 4] = [
        ("a file is gone", |file| std::fs::remove_file(file).unwrap(), &gone),
        ("a file is cut", |file| std::fs::write(file, b"PAR1").unwrap(), second),
        (
            "a bit has changed",
            |file| {
                let mut bytes = std::fs::read(file).unwrap();
                bytes[100] ^= 1;
                std::fs::write(file, bytes).unwrap();
            },
            "its bytes are no longer those that were written",
        ),
        (
            "a file is doubled",
            |file| {
                std::fs::copy(file, file.with_extension("records.parquet")).unwrap();
            },
            "other columns",
        ),
    ];
    for (name, harm, told) in cases {
        let world = World::new();
        for hour in 10..14 {
            world.clock.set(&format!("2008-05-25T{hour}:30:00Z"));
            let record = key_of("sf", &pings_at(world.app.clock.now(), "cab-1", 3));
            world.app.log.append_to(PINGS, 0, vec![record], world.app.clock.now().0).unwrap();
        }
        archives(&world);
        let broken = |world: &World| -> Vec<Invariant> {
            let invariants = check(&world.app).invariants.into_iter();
            invariants.filter(|invariant| invariant.violations > 0).collect()
        };
        assert!(broken(&world).is_empty(), "{name}");
        let second = &world.app.archive.list(PINGS, None, Hour::EVER).unwrap()[1];
        harm(&world.directory.path().join("archive").join(second.path().unwrap()));
        let broken = broken(&world);
        let names: Vec<_> = broken.iter().map(|invariant| invariant.name).collect();
        assert_eq!(names, ["archive_is_complete"], "{name}");
        let details = &broken[0].details;
        assert!(details.iter().any(|detail| detail.contains(told)), "{name}: {details:?}");
    }
}

/// F6: of a range with files of several markets the one that is gone is named, as long as the log
/// can say which it was; later that one is gone.
#[test]
fn a_check_names_the_file_that_is_gone() {
    let world = World::new();
    world.clock.set("2008-05-25T10:30:00Z");
    for market in ["la", "sf"] {
        let record = key_of(market, &pings_at(world.app.clock.now(), "cab-1", 3));
        world.app.log.append_to(PINGS, 0, vec![record], world.app.clock.now().0).unwrap();
    }
    world.clock.set("2008-05-25T20:00:00Z");
    archives(&world);
    let la = world.app.archive.list(PINGS, None, Hour::EVER).unwrap()[0].path().unwrap();
    assert!(la.contains("market=la"), "{la}");
    std::fs::remove_file(world.directory.path().join("archive").join(&la)).unwrap();
    let told = || -> Vec<String> {
        let invariants = check(&world.app).invariants.into_iter();
        invariants.flat_map(|invariant| invariant.details).collect()
    };
    assert_eq!(told(), [format!("{la} is missing")]);
    world.app.log.forget(PINGS, 0, 2).unwrap();
    let (_, name) = la.rsplit_once('/').unwrap();
    let unknown = format!(
        "pings: the files {name} of all markets hold 1 records instead of 2: that of another \
         market is missing, or one is there twice"
    );
    assert_eq!(told(), [unknown]);
}

/// The tracker notes that its snapshot stands at an offset.
fn tracked(world: &World, partition: u32, from: i64, to: i64) {
    let now_us = world.app.clock.now().0;
    let advance =
        Advance { expected_offset: from, next_offset: to, newest_event_time_us: None, now_us };
    let id = CursorId { consumer: "tracker", topic: PINGS, partition };
    let lane = LaneId::new("tracker").unwrap();
    world.app.store.lane(&lane, move |tx| cursor::advance(tx, id, advance)).unwrap();
}

fn no_event() -> Record {
    Record { key: b"x".to_vec(), value: b"no event".to_vec() }
}
