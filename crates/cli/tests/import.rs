//! Files of events.

use crate::desk::{DAY, Desk};
use serde_json::Value;
use std::io::Write;

fn digest(desk: &Desk) -> String {
    let settled = desk.types(&format!("settle --market sf --day {DAY} --json")).json();
    settled["digest"].as_str().unwrap().to_owned()
}

/// B5: packed or plain, from a file or a pipe, once or twice: the same day.
#[test]
fn every_form_of_a_file_gives_the_same_day() {
    let desk = Desk::with_city();
    let expected = digest(&desk);
    let city = desk.city();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(city.as_bytes()).unwrap();
    let zstd = zstd::encode_all(city.as_bytes(), 3).unwrap();
    let forms = [("plain", city.into_bytes()), ("gzip", gzip.finish().unwrap()), ("zstd", zstd)];
    for (form, content) in forms {
        let by_file = Desk::new();
        by_file.holds("events", &content);
        assert_eq!(by_file.types("import events events").code, 0, "{form}");
        assert_eq!(digest(&by_file), expected, "{form}");
        let by_pipe = Desk::new();
        assert_eq!(by_pipe.pipes(&content, "import events -").code, 0, "{form}");
        assert_eq!(digest(&by_pipe), expected, "{form} through a pipe");
    }
}

#[test]
fn the_counts_say_what_became_of_each_line() {
    let desk = Desk::new();
    let city = desk.city();
    let lines = city.lines().count() as u64;
    desk.holds("city.ndjson", city.as_bytes());
    let first = desk.types("import events city.ndjson --json").json();
    let again = desk.types("import events city.ndjson --json").json();
    let count = |counts: &Value, name: &str| counts[name].as_u64().unwrap();
    assert_eq!((count(&first, "lines"), count(&first, "accepted")), (lines, lines));
    assert_eq!((count(&first, "duplicate"), count(&first, "dead_lettered")), (0, 0));
    assert_eq!(count(&first, "days_closed"), 1, "the second day is still awaited");
    assert_eq!((count(&again, "accepted"), count(&again, "duplicate")), (0, lines));
    assert_eq!(count(&again, "late"), 0, "what is known already is not late");
}

/// A5: what cannot be taken is named with line, field and reason, kept, and can be dealt with.
#[test]
fn a_wrong_line_is_named_and_kept() {
    let desk = Desk::new();
    let city = desk.city();
    let wrong = concat!(
        r#"{"specversion":"1.0","id":"x","source":"s","#,
        r#""type":"delivery.requested","subject":"d","time":"noon","market":"sf"}"#,
    );
    let file = format!("{wrong}\n{city}");
    let said = desk.pipes(file.as_bytes(), "import events -");
    assert_eq!(said.code, 0);
    assert!(
        said.err.starts_with("doorstep: line 1: /time \"noon\" is not an RFC 3339"),
        "{said:?}"
    );
    assert!(said.out.lines().any(|line| line.split_whitespace().eq(["dead-lettered", "1"])));
    let listed = desk.types("dead-letters list --json").json();
    let letter = listed["data"][0]["letter_id"].as_str().unwrap();
    let shown = desk.types(&format!("dead-letters show {letter}"));
    assert!(shown.out.contains(wrong), "{shown:?}");
    let replay = desk.types(&format!("dead-letters replay {letter}"));
    assert_eq!((replay.code, replay.err.contains("noon")), (2, true), "{replay:?}");
    desk.holds("repaired.json", wrong.replace("noon", "2008-05-19T19:00:00Z").as_bytes());
    let repaired = desk.types(&format!("dead-letters replay {letter} --with repaired.json"));
    assert_eq!(repaired.code, 0, "{repaired:?}");
    let open = desk.types("dead-letters list --json");
    assert!(open.err.contains("--state all for all"), "{open:?}");
    let all = desk.types("dead-letters list --state all");
    assert_eq!((all.err.as_str(), all.out.contains("replayed")), ("", true));
    let open = open.json();
    assert_eq!(open["data"].as_array().unwrap().len(), 0);
}

#[test]
fn a_damaged_file_says_so() {
    let desk = Desk::new();
    let mut packed = zstd::encode_all(desk.city().as_bytes(), 3).unwrap();
    packed.truncate(packed.len() / 2);
    desk.holds("half.zst", &packed);
    let said = desk.types("import events half.zst");
    assert_eq!(said.code, 2);
    assert!(said.err.starts_with("doorstep: half.zst: "), "{said:?}");
    assert_eq!(said.err.lines().count(), 1, "{said:?}");
}

/// B5: what other programs write at the start of a text is no part of the first event.
#[test]
fn a_byte_order_mark_is_skipped() {
    let desk = Desk::new();
    let city = desk.city();
    let marked = [b"\xef\xbb\xbf".as_slice(), city.as_bytes()].concat();
    let packed = zstd::encode_all(marked.as_slice(), 3).unwrap();
    for content in [marked, packed] {
        let desk = Desk::new();
        let imported = desk.pipes(&content, "import events - --json").json();
        let (lines, refused) = (&imported["lines"], &imported["dead_lettered"]);
        assert_eq!((lines, refused), (&city.lines().count().into(), &0.into()));
    }
}

/// A5: the reason names how long a line is that is longer than what is kept of it.
#[test]
fn a_line_that_is_too_long_is_told_with_its_length() {
    let desk = Desk::new();
    let file = format!("{}\n{{\n", "x".repeat(700_000));
    let said = desk.pipes(file.as_bytes(), "import events -");
    let told: Vec<&str> = said.err.lines().collect();
    assert!(told[0].starts_with("doorstep: line 1: has 700000 bytes"), "{told:?}");
    assert!(told[1].starts_with("doorstep: line 2: is not JSON"), "{told:?}");
}

/// B16: history that comes in pieces after its days were closed says what becomes of it.
#[test]
fn late_events_are_told_in_a_line() {
    let desk = Desk::with_city();
    let older = desk.types("simulate city --seed 7 --couriers 9 --deliveries 5 --days 1");
    let said = desk.pipes(older.out.as_bytes(), "import events - --json");
    let late = &said.json()["late"];
    assert!(late.as_u64() > Some(0), "{said:?}");
    let told = format!("doorstep: {late} events are about days already closed:");
    assert!(said.err.starts_with(&told) && said.err.lines().count() == 1, "{said:?}");
}

/// A city's street file in each form: what is refused is named by its place, the rest is put in
/// place, again changes nothing, and `--replace` begins anew.
#[test]
fn streets_are_put_in_place() {
    let street = |id: u32| {
        let line = "[[-122.44,37.75],\n[-122.45,37.76]]";
        format!(
            r#"{{"properties":{{"cnn":{id},"name":"CROWN CT","class":5}},
                "geometry":{{"type":"LineString","coordinates":{line}}}}}"#
        )
    };
    let point = r#"{"properties":{"id":9},"geometry":{"type":"Point","coordinates":[0,0]}}"#;
    let features = [street(1), point.to_owned(), street(2)].join(",");
    let file = format!("{{\"type\":\"FeatureCollection\",\"features\":[{features}]}}");
    let desk = Desk::new();
    desk.holds("streets.geojson.zst", &zstd::encode_all(file.as_bytes(), 3).unwrap());
    let said = desk.types("import streets streets.geojson.zst --json");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.err.contains("street 2: /geometry/type \"Point\" is no LineString"), "{said:?}");
    let counts = |said: Value| {
        ["features", "accepted", "rejected", "streets"].map(|name| said[name].as_u64())
    };
    assert_eq!(counts(said.json()), [Some(3), Some(2), Some(1), Some(2)]);
    let line = street(3).replace('\n', "");
    let more = desk.pipes(line.as_bytes(), "import streets - --market sf --json");
    assert_eq!(counts(more.json()), [Some(1), Some(1), Some(0), Some(3)]);
    let anew = desk.pipes(line.as_bytes(), "import streets - --replace --json");
    assert_eq!(counts(anew.json()), [Some(1), Some(1), Some(0), Some(1)]);
    assert_ne!(desk.pipes(line.as_bytes(), "import streets - --market ny").code, 0);
}

/// Couriers come as CSV or JSON, packed or not; again changes nothing, and who cannot be
/// registered is named with the line and both markets.
#[test]
fn couriers_are_imported_once() {
    let desk = Desk::new();
    let couriers: String = (0..2_000).map(|number| format!("c{number},sf\n")).collect();
    let header = format!("courier_id,market\n{couriers}");
    desk.holds("couriers.csv", header.as_bytes());
    desk.holds("couriers.csv.zst", &zstd::encode_all(header.as_bytes(), 3).unwrap());
    let counts = |registered: u64, known: u64, refused: u64| {
        let lines = registered + known + refused;
        serde_json::json!({
            "lines": lines, "registered": registered, "known": known, "refused": refused,
        })
    };
    let first = desk.types("import couriers couriers.csv --json");
    assert_eq!(first.json(), counts(2_000, 0, 0));
    assert_eq!(desk.types("import couriers couriers.csv.zst --json").json(), counts(0, 2_000, 0));

    let lines = concat!(
        r#"{"courier_id":"new","market":"sf"}"#,
        "\n\n",
        r#"{"courier_id":"c7","market":"la"}"#,
    );
    let said = desk.pipes(lines.as_bytes(), "import couriers - --json");
    assert_eq!(said.json(), counts(1, 0, 1));
    assert_eq!(said.err, "doorstep: line 3: \"la\" is not a configured market\n");
}

/// A5: what was refused of pings is listed, shown and dealt with like what was refused of events.
#[test]
fn dead_letters_of_pings_are_listed_by_topic() {
    let desk = Desk::new();
    let server = desk.serves();
    let key = server.admin_key.clone().unwrap();
    let to = format!("--server {} --key {key}", server.url);
    let sent = ureq::post(format!("{}/v1/pings", server.url))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/x-ndjson")
        .send("{\"courier_id\":\"eve\"}\n");
    assert_eq!(sent.unwrap().status(), 202);
    let events = desk.types(&format!("dead-letters list --json {to}")).json();
    assert_eq!(events["data"].as_array().unwrap().len(), 0);
    let pings = desk.types(&format!("dead-letters list --topic pings --json {to}")).json();
    let letter = pings["data"][0]["letter_id"].as_str().unwrap();
    let shown = desk.types(&format!("dead-letters show {letter} {to}"));
    assert!(shown.out.contains(r#"{"courier_id":"eve"}"#), "{shown:?}");
    let all = format!("dead-letters replay --all --code malformed --topic pings {to}");
    assert!(desk.types(&all).out.contains("still refused"));
    assert_eq!(desk.types(&format!("dead-letters discard {letter} {to}")).code, 0);
}
