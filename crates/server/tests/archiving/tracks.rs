//! Where couriers were, and where deliveries were carried: log and archive as one.

use super::archives;
use super::road::{Road, ping};
use crate::served::{Served, Visitor};
use crate::world::{World, at, delivery, event};
use doorstep_server::archiving;
use serde_json::{Value, json};

const TRACK: &str = "/v1/couriers/cab-1/track";

/// The times on the lines of a track, and how many points lie beside them.
fn told(visitor: &Visitor, path: &str) -> (Vec<String>, usize) {
    let answer = visitor.gets(path);
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/geo+json"));
    let track = answer.json();
    assert_eq!(track["type"], "FeatureCollection");
    let (mut times, mut beside) = (Vec::new(), 0);
    for feature in track["features"].as_array().unwrap() {
        let properties = &feature["properties"];
        if properties["implausible"] == true {
            beside += 1;
            continue;
        }
        let of_line = properties["times"].as_array().unwrap();
        assert_eq!(properties["speeds_mps"].as_array().unwrap().len(), of_line.len());
        let places = feature["geometry"]["coordinates"].as_array().unwrap().len();
        let single = feature["geometry"]["type"] == "Point";
        assert_eq!(if single { 1 } else { places }, of_line.len(), "{feature}");
        times.extend(of_line.iter().map(|time| time.as_str().unwrap().to_owned()));
    }
    (times, beside)
}

fn between(from: &str, to: &str) -> String {
    format!("{TRACK}?from=2008-05-25T{from}Z&to=2008-05-25T{to}Z")
}

/// C10, F4: a track is the same whether it lies in the log, in the archive, or in both.
#[test]
fn a_track_is_read_from_log_and_archive_as_one() {
    let world = World::new();
    for hour in ["10", "11", "12"] {
        world.clock.set(&format!("2008-05-25T{hour}:30:00Z"));
        world.drives("sf", &["cab-1", "cab-2", "cab-3"], 60);
    }
    let served = Served::new(world);
    let known = r#"[{"courier_id":"cab-1","market":"sf"}]"#;
    assert_eq!(served.operator.posts("/v1/couriers", "known", known).status / 100, 2);
    let all = between("00:00:00", "23:00:00");
    let fresh = told(&served.operator, &all);
    assert_eq!((fresh.0.len(), fresh.1), (180, 0));
    assert!(fresh.0.is_sorted());

    served.world.clock.set("2008-05-25T12:40:00Z");
    assert_eq!(archives(&served.world), 6, "two hours of three blocks");
    assert_eq!(told(&served.operator, &all), fresh, "two hours archived, one in the log");
    archiving::forget(&served.world.app).unwrap();
    served.world.clock.set("2008-05-26T12:00:00Z");
    archives(&served.world);
    archiving::forget(&served.world.app).unwrap();
    assert_eq!(told(&served.operator, &all), fresh, "all archived, and forgotten by the log");

    let cases = [
        ("an hour", between("11:00:00", "12:00:00"), 60),
        ("its last ping is not in it", between("11:29:01", "11:30:00"), 59),
        ("one ping", between("11:30:00", "11:30:01"), 1),
        ("nothing", between("13:00:00", "14:00:00"), 0),
    ];
    for (name, path, pings) in cases {
        assert_eq!(told(&served.operator, &path).0.len(), pings, "{name}");
    }
}

/// A5: what a phone sent days later is on the track of when it was; what it sent twice is on it
/// once; where nobody can have been is a point of its own.
#[test]
fn late_pings_take_their_place_and_faults_stand_beside() {
    let world = World::new();
    let noon = at("2008-05-25T12:00:00Z");
    let drive: Vec<_> = (0..10).map(|second| ping(noon.plus(second * 1_000_000))).collect();
    world.clock.set("2008-05-25T12:00:10Z");
    world.sends("sf", "cab-1", &[drive[0], drive[1], drive[8], drive[9]]);
    world.clock.set("2008-05-25T15:00:00Z");
    archives(&world);
    world.clock.set("2008-05-31T12:00:00Z");
    let mut queued = drive[1..9].to_vec();
    queued[3].position.lat_e7 = 0;
    world.sends("sf", "cab-1", &queued);
    let served = Served::new(world);
    let fresh = told(&served.operator, &between("11:00:00", "13:00:00"));
    assert_eq!((fresh.0.len(), fresh.1), (9, 1));
    assert!(fresh.0.is_sorted());
    served.world.clock.set("2008-06-01T12:00:00Z");
    archives(&served.world);
    assert_eq!(told(&served.operator, &between("11:00:00", "13:00:00")), fresh);
}

/// C10: a delivery's track has a line for each attempt, with the courier of that attempt.
#[test]
fn a_delivery_has_a_line_for_each_attempt() {
    let world = World::new();
    let courier = |name: &str| json!({ "courier_id": name });
    let time = |minute: u32| format!("2008-05-25T18:{minute:02}:00Z");
    let mut events = vec![
        event("assigned", "d1", &time(0), courier("cab-1")),
        event("unassigned", "d1", &time(1), courier("cab-1")),
    ];
    let second = delivery("d1", "cab-2", &time(2), &time(4)).split_off(2);
    events.extend(second);
    world.is_told(&events);
    for minute in 0..6 {
        world.clock.set(&time(minute));
        world.drives("sf", &["cab-1", "cab-2"], 60);
    }
    let served = Served::new(world);
    let track = served.operator.gets("/v1/deliveries/d1/track").json();
    let of = |feature: &Value| {
        let properties = &feature["properties"];
        let pings = properties["times"].as_array().unwrap().len();
        (properties["courier_id"].as_str().unwrap().to_owned(), pings)
    };
    let lines: Vec<_> = track["features"].as_array().unwrap().iter().map(of).collect();
    assert_eq!(lines, [("cab-1".to_owned(), 60), ("cab-2".to_owned(), 120)]);
    assert_eq!(track["features"][1]["properties"]["picked_up_at"], "2008-05-25T18:02:00Z");

    let own = served.courier("cab-2").gets("/v1/deliveries/d1/track?market=sf").json();
    assert_eq!(own["features"].as_array().unwrap().len(), 1);
    let cases = [
        (served.operator.clone(), "/v1/deliveries/d9/track", "not_found"),
        (served.operator.clone(), "/v1/deliveries/d1/track?market=la", "not_found"),
        (served.courier("cab-3"), "/v1/deliveries/d1/track", "forbidden"),
        (served.courier("cab-3"), "/v1/deliveries/d9/track", "forbidden"),
        (served.finance.clone(), "/v1/deliveries/d1/track", "forbidden"),
    ];
    for (visitor, path, code) in cases {
        assert_eq!(visitor.gets(path).problem()["code"], code, "{path}");
    }
}

/// D9: couriers see where they were themselves, and too much at once is refused by the field.
#[test]
fn a_courier_sees_their_own_track_and_no_more_than_a_month() {
    let world = World::new();
    world.drives("sf", &["cab-1"], 5);
    let served = Served::new(world);
    served.world.clock.set("2008-05-25T19:10:00Z");
    assert_eq!(told(&served.courier("cab-1"), TRACK).0.len(), 5, "the last hour");
    assert_eq!(served.courier("cab-2").gets(TRACK).problem()["code"], "forbidden");
    let same = served.operator.gets(&between("18:00:00", "20:00:00"));
    let known = [("if-none-match", same.header("etag"))];
    let again = served.operator.asks("GET", &between("18:00:00", "20:00:00"), &known, "");
    assert_eq!(again.status, 304);
    let nobody = served.operator.gets("/v1/couriers/cab-99/track").problem();
    assert_eq!(nobody["code"], "not_found");
    let cases = [
        ("from=2008-05-25T12:00:00Z&to=2008-05-25T12:00:00Z", "from"),
        ("from=2008-04-20T12:00:00Z&to=2008-05-25T12:00:00Z", "from"),
        ("from=yesterday", "from"),
        ("until=2008-05-25T12:00:00Z", "until"),
    ];
    for (query, pointer) in cases {
        let problem = served.operator.gets(&format!("{TRACK}?{query}")).problem();
        assert!(problem.to_string().contains(pointer), "{query}: {problem}");
    }
}

/// Without bounds the track is that of the last hour, also of a device whose clock is ahead, and
/// the same for whoever asks again within the minute.
#[test]
fn the_last_hour_is_told_by_full_minutes() {
    let world = World::new();
    world.clock.set("2008-05-25T19:00:20Z");
    world.sends("sf", "cab-1", &[ping(at("2008-05-25T19:01:19Z"))]);
    let opened = event("assigned", "d1", "2008-05-25T18:30:00Z", json!({ "courier_id": "cab-1" }));
    world.is_told(&[opened]);
    let served = Served::new(world);
    let cases = [(TRACK, "19:00:58"), ("/v1/deliveries/d1/track", "19:00:59")];
    for (path, later) in cases {
        served.world.clock.set("2008-05-25T19:00:20Z");
        let (times, _) = told(&served.operator, path);
        assert_eq!(times.last().unwrap(), "2008-05-25T19:01:19Z", "{path}");
        let first = served.operator.gets(path);
        let known = [("if-none-match", first.header("etag"))];
        served.world.clock.set("2008-05-25T19:00:59.999999Z");
        assert_eq!(served.operator.asks("GET", path, &known, "").status, 304, "{path}");
        served.world.sends("sf", "cab-1", &[ping(at(&format!("2008-05-25T{later}Z")))]);
        assert_eq!(served.operator.asks("GET", path, &known, "").status, 200, "{path}");
    }
}

/// RFC 7946 §3.1.9: a way over the antimeridian is cut there, and its lists say where.
#[test]
fn a_track_over_the_antimeridian_is_cut() {
    let world = World::new();
    let start = at("2008-05-25T18:00:00Z");
    let drive = [1_799_997_000, 1_799_999_000, -1_799_999_000].into_iter().zip(0..);
    let drive: Vec<_> = drive
        .map(|(lng_e7, second)| {
            let mut ping = ping(start.plus(second * 1_000_000));
            (ping.position.lat_e7, ping.position.lng_e7) = (-168_000_000, lng_e7);
            ping
        })
        .collect();
    world.sends("sf", "cab-1", &drive);
    let served = Served::new(world);
    let track = served.operator.gets(&between("17:00:00", "19:00:00")).json();
    let line = &track["features"][0];
    let (lat, east, west) = (-16.8, 180.0, -180.0);
    let parts =
        json!([[[179.9997, lat], [179.9999, lat], [east, lat]], [[west, lat], [-179.9999, lat]],]);
    let expected = json!({ "type": "MultiLineString", "coordinates": parts });
    assert_eq!(line["geometry"], expected);
    let times = &line["properties"]["times"];
    let second = |second: u32| format!("2008-05-25T18:00:0{second}Z");
    assert_eq!(times, &json!([second(0), second(1), null, null, second(2)]));
    let speeds = json!([10.0, 10.0, null, null, 10.0]);
    assert_eq!(line["properties"]["speeds_mps"], speeds);
}
