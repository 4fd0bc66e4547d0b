//! What was archived is fed back, and changes nothing that was known.

use super::road::Road;
use super::{archives, is_archived_once};
use crate::served::Served;
use crate::world::{World, delivery};
use doorstep_archive::Hour;
use doorstep_server::archiving;
use doorstep_server::wire::PINGS;
use doorstep_server::workers;

const ASKED: &str =
    r#"{"topic":"TOPIC","from":"2008-05-25T18:00:00Z","to":"2008-05-25T20:00:00Z"}"#;

/// A6: events that are fed back are counted once, pings lie in the log again, and a track has each
/// of them once; the same request twice feeds back once.
#[test]
fn what_is_fed_back_counts_once() {
    let world = World::new();
    world.clock.set("2008-05-25T18:59:00Z");
    world.drives("sf", &["cab-1", "cab-2"], 30);
    world.clock.set("2008-05-25T19:00:00Z");
    world.drives("la", &["cab-9"], 7);
    world.is_told(&delivery("d1", "cab-1", "2008-05-25T18:00:00Z", "2008-05-25T18:30:00Z"));
    world.clock.set("2008-05-26T12:00:00Z");
    archives(&world);
    archiving::forget(&world.app).unwrap();
    let served = Served::new(world);
    let world = &served.world;
    let track = "/v1/couriers/cab-1/track?from=2008-05-25T18:00:00Z&to=2008-05-25T19:00:00Z";
    let before = served.operator.gets(track).json();

    let asks = |once: &str, topic: &str, more: &str| {
        let body = ASKED.replace("TOPIC", topic).replace('}', more);
        served.operator.posts("/v1/archive/replay", once, &body)
    };
    let pings = asks("once", "pings", "}").json();
    assert_eq!((&pings["records"], &pings["pings"]), (&3.into(), &67.into()));
    assert_eq!(asks("once", "pings", "}").json(), pings, "the same request");
    let fed_back = asks("la", "pings", r#","market":"la"}"#).json();
    assert_eq!((&fed_back["records"], &fed_back["pings"]), (&1.into(), &7.into()));
    let ends = (0..4).map(|partition| world.app.log.bounds(PINGS, partition).unwrap().end);
    assert_eq!(ends.sum::<u64>(), 3 + 3 + 1);
    assert_eq!(served.operator.gets(track).json(), before);

    let pay = world.pay_of("cab-1", "2008-05-25");
    let events = asks("events", "events", "}").json();
    assert_eq!((&events["records"], &events["pings"]), (&4.into(), &0.into()));
    workers::catch_up(&world.app, &|_| {}).unwrap();
    assert_eq!(world.pay_of("cab-1", "2008-05-25"), pay);

    world.clock.set("2008-05-27T12:00:00Z");
    archives(world);
    assert_eq!(served.operator.gets(track).json(), before, "archived twice, told once");
}

/// What is asked wrongly is refused by the field, and only operators feed back.
#[test]
fn a_replay_says_what_is_wrong_with_it() {
    let served = Served::new(World::new());
    let cases = [
        (ASKED.replace("TOPIC", "events.dead-letters"), "topic"),
        (ASKED.replace("TOPIC", "pings").replace("T18", "T21"), "/from"),
        (ASKED.replace("topic", "theme"), "theme"),
    ];
    for (body, pointer) in cases {
        let problem = served.operator.posts("/v1/archive/replay", "k", &body).problem();
        assert!(problem.to_string().contains(pointer), "{body}: {problem}");
    }
    let nowhere = ASKED.replace("TOPIC", "pings").replace('}', r#","market":"nope"}"#);
    let nowhere = served.operator.posts("/v1/archive/replay", "nowhere", &nowhere).problem();
    assert_eq!((&nowhere["status"], &nowhere["code"]), (&404.into(), &"not_found".into()));
    let body = ASKED.replace("TOPIC", "pings");
    let forbidden = served.finance.posts("/v1/archive/replay", "k", &body).problem();
    assert_eq!(forbidden["code"], "forbidden");
}

/// The list names every file with what it holds, page by page.
#[test]
fn the_archive_is_listed_page_by_page() {
    let world = World::new();
    for hour in 10..16 {
        world.clock.set(&format!("2008-05-25T{hour}:30:00Z"));
        world.drives("sf", &["cab-1"], 20);
    }
    world.clock.set("2008-05-25T20:00:00Z");
    archives(&world);
    is_archived_once(&world);
    let files = world.app.archive.list(PINGS, None, Hour::EVER).unwrap();
    let served = Served::new(world);
    let (mut found, mut path) = (Vec::new(), "/v1/archive?limit=4".to_owned());
    loop {
        let page = served.operator.gets(&path).json();
        found.extend(page["data"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/v1/archive?limit=4&cursor={}", cursor.replace('=', "%3D"));
    }
    assert_eq!(found.len(), files.len());
    for (number, file) in found.iter().enumerate() {
        assert_eq!((&file["rows"], &file["records"]), (&20.into(), &1.into()), "{file}");
        assert_eq!(file["first_offset"], number);
    }
    let one = "/v1/archive?topic=pings&from=2008-05-25T12:00:00Z&to=2008-05-25T13:00:00Z";
    let one = served.operator.gets(one).json();
    assert_eq!(one["data"][0]["hour"], "2008-05-25T12:00:00Z");
    assert_eq!(one["data"].as_array().unwrap().len(), 1);
    assert_eq!(served.operator.gets("/v1/archive?cursor=x").status, 400);
    assert_eq!(served.operator.gets("/v1/archive?topic=x").status, 400);
    assert_eq!(served.operator.gets("/v1/archive?market=nope").status, 404);
    let none_yet = "/v1/archive?market=sf&to=2008-01-01T00:00:00Z";
    assert_eq!(served.operator.gets(none_yet).json()["data"], serde_json::json!([]));
}
