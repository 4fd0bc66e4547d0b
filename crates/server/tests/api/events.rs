//! Events in over HTTP.

use crate::served::{Answer, Served};
use crate::world::{World, delivery};
use doorstep_server::api::Limits;
use doorstep_server::wire::EVENTS;
use serde_json::Value;

const NDJSON: [(&str, &str); 1] = [("content-type", "application/x-ndjson")];

fn trip() -> Vec<Value> {
    delivery("d1", "cab-1", "2008-05-25T18:00:00Z", "2008-05-25T18:30:00Z")
}

fn lines(events: &[Value]) -> String {
    events.iter().map(|event| format!("{event}\n")).collect()
}

fn sends(served: &Served, content_type: &str, body: &str) -> Answer {
    served.operator.asks("POST", "/v1/events", &[("content-type", content_type)], body)
}

fn records_in_the_log(world: &World) -> u64 {
    let partitions = world.app.log.partitions(EVENTS).unwrap();
    (0..partitions).map(|p| world.app.log.bounds(EVENTS, p).unwrap().end).sum()
}

/// A1: what was answered with 202 is there after the process has gone, and is counted then.
#[test]
fn what_was_accepted_survives_the_process() {
    let served = Served::new(World::new());
    let answer = served.operator.asks("POST", "/v1/events", &NDJSON, lines(&trip()));
    assert_eq!(answer.status, 202);
    assert_eq!(answer.json(), serde_json::json!({ "accepted": 4, "rejected": [] }));
    let directory = served.world.directory.path().to_owned();
    let copy = tempfile::tempdir().unwrap();
    // What a crash leaves: the files as they are while everything is still open.
    copy_all(&directory, copy.path());
    let config = served.world.config.clone();
    let clock = std::sync::Arc::clone(&served.world.clock);
    let app = doorstep_server::app::App::open(config, copy.path(), clock).unwrap();
    doorstep_server::workers::catch_up(&app, &|_| {}).unwrap();
    assert_eq!(app.counts.accepted.load(std::sync::atomic::Ordering::Relaxed), 4);
}

fn copy_all(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_all(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A5: each line that cannot be taken is named with its reason and kept; the others are taken.
#[test]
fn lines_are_refused_one_by_one() {
    let served = Served::new(World::new());
    let mut bad = trip()[3].clone();
    bad["data"]["tip_minor"] = (-3).into();
    let body = format!("not json\n{}\n{bad}\n", lines(&trip()));
    let answer = sends(&served, "application/x-ndjson", &body);
    assert_eq!(answer.status, 202);
    let taken = answer.json();
    assert_eq!(taken["accepted"], 4);
    let refused: Vec<(u64, &str, &str)> = taken["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|refused| {
            let text = |field: &str| refused[field].as_str().unwrap();
            (refused["line"].as_u64().unwrap(), text("code"), text("pointer"))
        })
        .collect();
    let expected = [(1, "malformed", ""), (7, "implausible_amount", "/data/tip_minor")];
    assert_eq!(refused, expected);
    for refused in taken["rejected"].as_array().unwrap() {
        let path = format!("/v1/dead-letters/{}", refused["dead_letter"].as_str().unwrap());
        let letter = served.operator.gets(&path).json();
        assert_eq!(letter["reason"], refused["reason"]);
        assert_eq!(letter["state"], "open");
    }
}

#[test]
fn a_single_event_that_is_refused_is_a_problem() {
    let served = Served::new(World::new());
    let mut event = trip()[0].clone();
    event["time"] = "noon".into();
    let answer = sends(&served, "application/cloudevents+json", &event.to_string());
    assert_eq!(answer.status, 400);
    let problem = answer.problem();
    assert_eq!(
        (&problem["code"], &problem["errors"][0]["pointer"]),
        (&"malformed".into(), &"/time".into())
    );
    assert!(problem["dead_letter"].as_str().unwrap().starts_with("dl_"));
}

#[test]
fn events_come_in_every_form() {
    let (one, many) = (trip()[0].to_string(), Value::from(trip()).to_string());
    let cases = [
        ("application/cloudevents+json", one.clone(), 202, 1),
        ("application/json", one.clone(), 202, 1),
        ("application/json", many.clone(), 202, 4),
        ("application/cloudevents-batch+json; charset=utf-8", many.clone(), 202, 4),
        ("application/x-ndjson", lines(&trip()), 202, 4),
        ("application/cloudevents-batch+json", one, 400, 0),
        ("text/csv", many, 415, 0),
    ];
    for (content_type, body, status, accepted) in cases {
        let served = Served::new(World::new());
        let answer = sends(&served, content_type, &body);
        assert_eq!(answer.status, status, "{content_type}");
        assert_eq!(records_in_the_log(&served.world), accepted, "{content_type}");
        if status != 202 {
            answer.problem();
        }
    }
}

#[test]
fn bodies_may_be_packed() {
    use std::io::Write;
    let served = Served::new(World::new());
    let plain = lines(&trip());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(plain.as_bytes()).unwrap();
    let packed = [
        ("gzip", gzip.finish().unwrap()),
        ("zstd", zstd::encode_all(plain.as_bytes(), 3).unwrap()),
    ];
    for (encoding, body) in packed {
        let headers = [("content-encoding", encoding), NDJSON[0]];
        let answer = served.operator.asks("POST", "/v1/events", &headers, body);
        assert_eq!((answer.status, answer.json()["accepted"].as_u64()), (202, Some(4)));
        let broken = served.operator.asks("POST", "/v1/events", &headers, "no such thing");
        assert_eq!(broken.problem()["errors"][0]["pointer"], "Content-Encoding");
    }
}

#[test]
fn what_is_too_large_is_refused_as_sent_and_as_unpacked() {
    let limits = Limits { body_bytes_max: 2_000, unpacked_bytes_max: 4_000, ..Limits::default() };
    let served = Served::with(World::new(), limits);
    let body = lines(&trip()).repeat(20);
    let sent = sends(&served, "application/x-ndjson", &body);
    assert_eq!((sent.status, &sent.problem()["code"]), (413, &"body_too_large".into()));
    let packed = zstd::encode_all(body.as_bytes(), 3).unwrap();
    assert!(packed.len() < 2_000);
    let headers = [("content-encoding", "zstd"), NDJSON[0]];
    let unpacked = served.operator.asks("POST", "/v1/events", &headers, packed);
    assert_eq!((unpacked.status, &unpacked.problem()["code"]), (413, &"body_too_large".into()));
    assert_eq!(records_in_the_log(&served.world), 0);
}

/// A2: at the limit the sender is told when to come back, and nothing is taken.
#[test]
fn at_the_limit_the_sender_is_told() {
    let served = Served::with(World::new(), Limits { lag_records_max: 3, ..Limits::default() });
    let first = served.operator.asks("POST", "/v1/events", &NDJSON, lines(&trip()));
    assert_eq!(first.status, 202, "nothing waited yet");
    let second = served.operator.asks("POST", "/v1/events", &NDJSON, lines(&trip()));
    assert_eq!((second.status, &second.problem()["code"]), (429, &"lagging".into()));
    assert!(second.header("retry-after").parse::<u32>().unwrap() > 0);
    assert_eq!(records_in_the_log(&served.world), 4);
    doorstep_server::workers::catch_up(&served.world.app, &|_| {}).unwrap();
    let third = served.operator.asks("POST", "/v1/events", &NDJSON, lines(&trip()));
    assert_eq!(third.status, 202, "the accountant has caught up");
}

#[test]
fn too_many_requests_at_once_are_told_to_come_back() {
    let limits = Limits { operations_at_once_max: 0, ..Limits::default() };
    let served = Served::with(World::new(), limits);
    let answer = served.operator.gets("/v1/status");
    assert_eq!((answer.status, answer.header("retry-after")), (429, "1"));
}

/// B5: the same events sent again change nothing.
#[test]
fn sending_again_is_harmless() {
    let served = Served::new(World::new());
    let pay = |served: &Served| {
        doorstep_server::workers::catch_up(&served.world.app, &|_| {}).unwrap();
        served.finance.gets("/v1/pay?market=sf&day=2008-05-25").json()
    };
    served.operator.asks("POST", "/v1/events", &NDJSON, lines(&trip()));
    let once = pay(&served);
    let again = served.operator.asks("POST", "/v1/events", &NDJSON, lines(&trip()));
    assert_eq!(again.status, 202);
    assert_eq!(pay(&served), once);
    assert_eq!(once[0]["deliveries"], 1);
}

/// A5: a letter is repaired, replayed and counted; a second handling is refused.
#[test]
fn a_dead_letter_is_repaired_and_replayed() {
    let served = Served::new(World::new());
    let mut event = trip()[3].clone();
    event["data"]["currency"] = "EUR".into();
    let refused = sends(&served, "application/json", &event.to_string()).problem();
    let path = format!("/v1/dead-letters/{}", refused["dead_letter"].as_str().unwrap());
    let replay = format!("{path}/replay");
    assert_eq!(served.operator.posts(&replay, "r1", "").status, 409, "it is still wrong");
    let repaired = served.operator.posts(&replay, "r2", &trip()[3].to_string());
    assert_eq!((repaired.status, &repaired.json()["state"]), (200, &"replayed".into()));
    assert_eq!(served.operator.posts(&format!("{path}/discard"), "r3", "").status, 409);
    let open = served.operator.gets("/v1/dead-letters").json();
    assert_eq!(open["data"].as_array().unwrap().len(), 0);
    assert_eq!(records_in_the_log(&served.world), 1);
}
