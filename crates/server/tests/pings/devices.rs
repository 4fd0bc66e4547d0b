//! Phones with OwnTracks or Traccar Client, in the apps' own words.

use super::{letters, logged, ping, sends, world};
use crate::served::{Answer, Served};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep_domain::tracking::Position;
use doorstep_server::keys::{self, NewKey, Role, Secret};
use serde_json::json;

/// The key of a courier.
fn key(served: &Served, courier: &str) -> String {
    let courier_id = Some(courier.parse().unwrap());
    let new =
        NewKey { role: Role::Courier, courier_id, merchant_id: None, label: "phone".to_owned() };
    keys::create(&served.world.app, &new, &Secret::random().unwrap(), "test").unwrap().secret
}

fn owntracks(served: &Served, path: &str, user: &str, key: &str, body: &str) -> Answer {
    let basic = format!("Basic {}", STANDARD.encode(format!("{user}:{key}")));
    let headers = [
        ("authorization", basic.as_str()),
        ("content-type", "application/json"),
        ("x-limit-u", user),
        ("x-limit-d", "phone"),
    ];
    served.stranger.asks("POST", path, &headers, body)
}

/// As the iOS app sends it, noon of the stories' day.
const LOCATION: &str = r#"{"_type":"location","acc":35,"alt":12,"batt":87,"bs":1,"cog":271,
    "conn":"w","created_at":1211742001,"lat":37.7749,"lon":-122.4194,"m":1,"t":"t","tid":"AN",
    "topic":"owntracks/anna/phone","tst":1211742000,"vac":3,"vel":54,"SSID":"cafe"}"#;

/// F4: OwnTracks works unchanged, under both paths, and its units are converted.
#[test]
fn owntracks_is_a_courier_s_device() {
    let served = Served::new(world());
    let key = key(&served, "anna");
    for path in ["/owntracks", "/pub", "/owntracks?u=anna&d=phone"] {
        let answer = owntracks(&served, path, "anna", &key, LOCATION);
        assert_eq!((answer.status, answer.json()), (200, json!([])), "{path}");
    }
    let logged = logged(&served.world);
    let (market, ping) = &logged["anna"][0];
    assert_eq!((logged["anna"].len(), market.as_str()), (3, "sf"));
    assert_eq!(ping.at.to_string(), "2008-05-25T19:00:00Z");
    assert_eq!(ping.position, Position { lat_e7: 377_749_000, lng_e7: -1_224_194_000 });
    let measures = (ping.accuracy_dm, ping.speed_cm_s, ping.heading_cdeg, ping.battery_percent);
    assert_eq!(measures, (Some(350), Some(1_500), Some(27_100), Some(87)));
}

/// What is no location is passed over; a wrong one is kept and answered like a right one, or the
/// phone would send it for ever.
#[test]
fn owntracks_is_never_stuck_with_a_message() {
    let served = Served::new(world());
    let key = key(&served, "anna");
    let null_island = LOCATION.replace("37.7749", "0").replace("-122.4194", "0");
    let bodies = [
        ("", 0),
        (r#"{"_type":"lwt","tst":1211742000}"#, 0),
        (r#"{"_type":"transition","event":"enter","tst":1211742000}"#, 0),
        (r#"{"_type":"encrypted","data":"x"}"#, 0),
        ("no json", 1),
        (&null_island, 2),
    ];
    for (body, kept) in bodies {
        let answer = owntracks(&served, "/pub", "anna", &key, body);
        assert_eq!((answer.status, answer.json()), (200, json!([])), "{body}");
        assert_eq!(letters(&served).len(), kept, "{body}");
    }
    assert_eq!(letters(&served)[1], ("implausible_position".to_owned(), null_island));
    assert!(logged(&served.world).is_empty());
}

#[test]
fn owntracks_shows_the_right_key() {
    let served = Served::new(world());
    let (anna, unregistered) = (key(&served, "anna"), key(&served, "gus"));
    let cases = [
        ("anna", "dsk_wrong", 401),
        ("bea", anna.as_str(), 403),
        ("", anna.as_str(), 401),
        ("gus", unregistered.as_str(), 404),
    ];
    for (user, key, status) in cases {
        assert_eq!(owntracks(&served, "/pub", user, key, LOCATION).status, status, "{user}");
    }
    assert_eq!(served.stranger.asks("POST", "/pub", &[], LOCATION).status, 401);
    assert!(letters(&served).is_empty(), "whoever is a stranger fills nothing");
}

/// The current Traccar Client's report.
fn report(id: &str) -> String {
    json!({
        "device_id": id,
        "location": {
            "timestamp": "2008-05-25T19:00:00.000Z",
            "coords": {
                "latitude": 37.7749, "longitude": -122.4194, "accuracy": 12.5, "speed": 15.0,
                "heading": 271.0, "altitude": 12.0,
            },
            "is_moving": true, "odometer": 1234.5, "event": "motionchange",
            "battery": { "level": 0.87, "is_charging": false },
            "activity": { "type": "on_bicycle" }, "extras": {}, "mock": false,
        },
    })
    .to_string()
}

/// F4: Traccar Client and OsmAnd work unchanged in each of their forms, with the courier's key as
/// the device's identifier.
#[test]
fn traccar_client_is_a_courier_s_device() {
    let served = Served::new(world());
    let id = key(&served, "anna");
    let pairs = format!(
        "id={id}&timestamp=1211742000&lat=37.7749&lon=-122.4194&speed=29.157667\
         &bearing=271.0&altitude=12.0&accuracy=12.5&batt=87.0&charge=true"
    );
    let json = [("content-type", "application/json; charset=utf-8")];
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let milliseconds = pairs.replace("1211742000", "1211742000000");
    let answers = [
        served.stranger.gets(&format!("/osmand?{pairs}")),
        served.stranger.gets(&format!("/osmand?{milliseconds}")),
        served.stranger.asks("POST", &format!("/osmand?{pairs}"), &[], ""),
        served.stranger.asks("POST", "/osmand", &form, &pairs),
        served.stranger.asks("POST", "/osmand", &json, report(&id)),
    ];
    for answer in &answers {
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let logged = logged(&served.world);
    assert_eq!(logged["anna"].len(), answers.len());
    let first = &logged["anna"][0].1;
    for (_, ping) in &logged["anna"] {
        assert_eq!(ping, first, "every form says the same");
    }
    let measures = (first.accuracy_dm, first.speed_cm_s, first.battery_percent);
    assert_eq!(measures, (Some(125), Some(1_500), Some(87)));
}

/// Unknown devices are told as the protocol has it, and fill nothing; a known one's wrong report
/// is kept, without the key.
#[test]
fn traccar_client_is_told_in_its_protocol() {
    let served = Served::new(world());
    let (id, gus) = (key(&served, "anna"), key(&served, "gus"));
    let json = [("content-type", "application/json")];
    let place = "timestamp=1211742000&lat=37.7&lon=-122.4";
    for unknown in ["nobody", gus.as_str()] {
        let query = served.stranger.gets(&format!("/osmand?id={unknown}&{place}"));
        assert_eq!((query.status, query.problem()["status"].as_u64()), (400, Some(400)));
        assert_eq!(served.stranger.asks("POST", "/osmand", &json, report(unknown)).status, 404);
    }
    assert_eq!(served.stranger.gets(&format!("/osmand?{place}")).status, 400);
    assert!(letters(&served).is_empty());

    let wrong = served.stranger.gets(&format!("/osmand?id={id}&timestamp=1211742000&lat=91&lon=0"));
    assert_eq!(wrong.status, 200);
    let report = report(&id).replace("37.7749", "91.5");
    assert_eq!(served.stranger.asks("POST", "/osmand", &json, report).status, 200);
    let kept = letters(&served);
    assert_eq!(kept.len(), 2);
    assert!(kept[0].1.contains("lat=91") && kept[1].1.contains("91.5"), "{kept:?}");
    assert!(kept.iter().all(|(_, raw)| !raw.contains(&id)), "a key in a dead letter");
}

/// A letter's place among those of pings.
fn listed(served: &Served, place: usize) -> serde_json::Value {
    served.operator.gets("/v1/dead-letters?topic=pings").json()["data"][place].clone()
}

/// A5: letters of two phones that say the same are two; each says whose it is and how it came, and
/// is read again as what it was.
#[test]
fn a_phone_s_letter_is_read_again_as_that_courier_s() {
    let served = Served::new(world());
    let (anna, carl) = (key(&served, "anna"), key(&served, "carl"));
    let json = [("content-type", "application/json")];
    let early = "lat=37.7749&lon=-122.4194&timestamp=1211742100";
    let report = |id: &str| report(id).replace("19:00:00.000Z", "19:01:40.000Z");
    let location = LOCATION.replace("\"tst\":1211742000", "\"tst\":1211742100");
    for (courier, id) in [("anna", &anna), ("carl", &carl)] {
        assert_eq!(served.stranger.gets(&format!("/osmand?id={id}&{early}")).status, 200);
        assert_eq!(served.stranger.asks("POST", "/osmand", &json, report(id)).status, 200);
        assert_eq!(owntracks(&served, "/pub", courier, id, &location).status, 200);
    }
    let expected = [("anna", "sf"), ("carl", "ny")].into_iter().flat_map(|(courier, market)| {
        [("osmand", early.to_owned()), ("osmand_json", report("")), ("owntracks", location.clone())]
            .map(|(form, raw)| (courier, market, form, raw))
    });
    for (place, (courier, market, form, raw)) in expected.enumerate() {
        let letter = listed(&served, place);
        let told = ["courier", "market", "form", "topic"].map(|field| letter[field].as_str());
        assert_eq!(told, [Some(courier), Some(market), Some(form), Some("pings")]);
        assert_eq!(letters(&served)[place], ("implausible_time".to_owned(), raw));
    }
    served.world.clock.set("2008-05-25T19:02:00Z");
    let all = r#"{"code":"implausible_time","topic":"pings"}"#;
    let replayed = served.operator.posts("/v1/dead-letters/replay", "all", all).json();
    assert_eq!((replayed["replayed"].as_u64(), &replayed["still_refused"]), (Some(6), &json!({})));
    let logged = logged(&served.world);
    for (courier, market) in [("anna", "sf"), ("carl", "ny")] {
        let kept: Vec<_> = logged[courier].iter().map(|(of, ping)| (&**of, ping.at.0)).collect();
        assert_eq!(kept, [(market, 1_211_742_100_000_000); 3]);
    }
}

/// A letter of a phone is repaired in the phone's words or in ours.
#[test]
fn a_phone_s_letter_is_repaired_in_either_form() {
    let served = Served::new(world());
    let key = key(&served, "anna");
    let replays = |place: usize, once: &str, body: &str| {
        let letter = listed(&served, place)["letter_id"].as_str().unwrap().to_owned();
        served.operator.posts(&format!("/v1/dead-letters/{letter}/replay"), once, body)
    };
    for lat in [91, 92] {
        let path = format!("/osmand?id={key}&timestamp=1211742000&lat={lat}&lon=0");
        assert_eq!(served.stranger.gets(&path).status, 200);
    }
    let none = replays(0, "1", "").problem();
    assert_eq!(none["code"], "implausible_position");
    let theirs = replays(0, "2", "timestamp=1211742000&lat=37.7749&lon=-122.4194");
    let ours = replays(0, "3", &ping("anna", 0).to_string());
    assert_eq!((theirs.status, ours.status), (200, 200), "{ours:?}");
    assert_eq!(logged(&served.world)["anna"], vec![("sf".to_owned(), super::same(0)); 2]);
}

/// A report that cannot be read is kept where its device is known: answered with anything but
/// success, the phone would send it for ever before anything newer.
#[test]
fn an_unreadable_report_blocks_no_phone() {
    let served = Served::new(world());
    let key = key(&served, "anna");
    let (json, form) = ("application/json", "application/x-www-form-urlencoded");
    let broken = format!(r#"{{"device_id":"{key}","location":{{"coo"#);
    let (query, note) = (format!("/osmand?id={key}"), format!("id={key}&note=%ff&lat=1&lon=1"));
    let cases = [
        ("/osmand", json, broken.as_str(), r#"{"device_id":"","location":{"coo"#),
        (&query, json, "{", "{"),
        ("/osmand", form, &note, "note=%ff&lat=1&lon=1"),
        (&query, form, "\u{1} no pairs", "\u{1} no pairs"),
    ];
    let reports = |path: &str, form: &str, body: &str| {
        served.stranger.asks("POST", path, &[("content-type", form)], body).status
    };
    for (number, (path, form, body, kept)) in cases.into_iter().enumerate() {
        assert_eq!(reports(path, form, body), 200, "{kept}");
        assert_eq!(letters(&served)[number], ("malformed".to_owned(), kept.to_owned()));
    }
    assert_eq!(reports("/osmand", json, &broken.replace(&key, "dsk_nobody")), 404);
    assert_eq!(reports("/osmand", json, "{"), 404);
    assert_eq!(letters(&served).len(), 4);
}

/// F4: a report without a time is of when it arrives, as the protocol has it.
#[test]
fn a_report_without_a_time_is_of_now() {
    let served = Served::new(world());
    let key = key(&served, "anna");
    let path = format!("/osmand?id={key}&lat=37.7749&lon=-122.4194");
    assert_eq!(served.stranger.gets(&path).status, 200);
    assert_eq!(logged(&served.world)["anna"], [("sf".to_owned(), super::same(0))]);
}

/// A10: what comes from phones is taken as any ping: the same limits, the same log.
#[test]
fn a_phone_that_sends_too_fast_is_told_so() {
    let served = Served::new(world());
    let key = key(&served, "anna");
    let burst: Vec<_> = (0..300).map(|second| ping("anna", second)).collect();
    sends(&served.operator, "application/json", json!(burst).to_string());
    let answer = owntracks(&served, "/pub", "anna", &key, LOCATION);
    assert_eq!((answer.status, answer.header("retry-after")), (429, "1"));
}
