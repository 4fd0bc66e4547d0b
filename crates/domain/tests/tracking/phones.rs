//! F4: phones with OwnTracks or Traccar Client are couriers' devices, unchanged.

use super::{AT, bare, position};
use doorstep_domain::event::{Rejection, RejectionCode};
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::{Ping, osmand, owntracks};

fn named(refused: &Rejection) -> (RejectionCode, &str) {
    (refused.code, refused.pointer.as_str())
}

/// What both platforms of OwnTracks send while driving.
const ANDROID: &str = r#"{"_type":"location","BSSID":"c0:ff:ee:c0:ff:ee","SSID":"depot",
    "_id":"5d1c","acc":12,"alt":43,"batt":83,"bs":1,"cog":271,"conn":"m","created_at":1211215210,
    "lat":37.77493,"lon":-122.41942,"m":2,"t":"u","tid":"17","topic":"owntracks/cab-17/pixel",
    "tst":1211215202,"vac":3,"vel":36}"#;
const IOS: &str = r#"{"cog":-1,"batt":83,"lon":-122.41942,"acc":4.64,"bs":1,"p":101.2,"vel":-1,
    "vac":8,"lat":37.77493,"topic":"owntracks/cab-17/5E","t":"t","conn":"w","m":1,
    "tst":1211215202,"alt":11,"_type":"location","tid":"5E"}"#;

/// F4: the apps' own payloads, their kilometres per hour and percents converted.
#[test]
fn owntracks_locations_are_pings() {
    let still = bare(AT, position(37.77493, -122.41942));
    let driving = Ping {
        accuracy_dm: Some(120),
        speed_cm_s: Some(1_000),
        heading_cdeg: Some(27_100),
        battery_percent: Some(83),
        ..still
    };
    let standing = Ping { accuracy_dm: Some(46), battery_percent: Some(83), ..still };
    let least = r#"{"_type":"location","lat":37.77493,"lon":-122.41942,"tst":1211215202}"#;
    let cases = [("Android", ANDROID, driving), ("iOS", IOS, standing), ("least", least, still)];
    for (what, body, expected) in cases {
        assert_eq!(owntracks::parse(body.as_bytes()), Ok(Some(expected)), "{what}");
    }
}

/// F4: whatever else the apps send is passed over, or they would send it for ever.
#[test]
fn owntracks_messages_of_other_types_are_passed_over() {
    let card = format!(r#"{{"_type":"card","face":"{}"}}"#, "x".repeat(20_000));
    let cases = [
        "",
        " \n",
        r#"{"_type":"lwt","tst":1211215202}"#,
        r#"{"_type":"transition","event":"enter","wtst":1,"lat":"?","tst":1211215202}"#,
        r#"{"_type":"status","iOS":{"version":"17.4"}}"#,
        r#"{"_type":"waypoint","desc":"depot","rad":50,"lat":1,"lon":2,"tst":1}"#,
        r#"{"_type":"encrypted","data":"AcKg"}"#,
        r#"{"_type":"cmd","action":"dump"}"#,
        &card,
    ];
    for body in cases {
        assert_eq!(owntracks::parse(body.as_bytes()), Ok(None), "{body:.60}");
    }
}

/// A5: a location that says nothing of use names the field.
#[test]
fn faults_of_owntracks_are_named_by_field() {
    use RejectionCode::{ImplausiblePosition, Malformed};
    let cases = [
        (r#"{"_type":"location","#, (Malformed, "")),
        ("[]", (Malformed, "")),
        (r#"{"lat":1,"lon":2,"tst":3}"#, (Malformed, "/_type")),
        (r#"{"_type":7}"#, (Malformed, "/_type")),
        (r#"{"_type":"location","lon":2,"tst":3}"#, (Malformed, "/lat")),
        (r#"{"_type":"location","lat":1,"lon":"x","tst":3}"#, (Malformed, "/lon")),
        (r#"{"_type":"location","lat":1,"lon":2}"#, (Malformed, "/tst")),
        (r#"{"_type":"location","lat":91,"lon":2,"tst":3}"#, (ImplausiblePosition, "/lat")),
        (r#"{"_type":"location","lat":1,"lon":200,"tst":3}"#, (ImplausiblePosition, "/lon")),
    ];
    for (body, expected) in cases {
        let refused = owntracks::parse(body.as_bytes()).expect_err(body);
        assert_eq!(named(&refused), expected, "{body}");
    }
}

/// When reports arrive in these stories.
const ARRIVED: Micros = Micros(AT.0 + 90_000_000);

fn pairs(query: &str) -> Result<Ping, Rejection> {
    osmand::from_pairs(query.as_bytes(), ARRIVED)
}

/// F4: what Traccar Client, OsmAnd and other trackers put into a query: knots and three clocks.
#[test]
fn osmand_pairs_are_pings() {
    let still = bare(AT, position(37.77493, -122.41942));
    let driving = Ping {
        accuracy_dm: Some(125),
        speed_cm_s: Some(1_029),
        heading_cdeg: Some(27_150),
        battery_percent: Some(83),
        ..still
    };
    let cases = [
        (
            "Traccar Client",
            "id=c17&timestamp=1211215202&lat=37.77493&lon=-122.41942&speed=20.0&bearing=271.5\
             &altitude=11.0&accuracy=12.5&batt=83.0",
            driving,
        ),
        (
            "with charge and heading",
            "deviceid=c17&timestamp=1211215202&lat=37.77493&lon=-122.41942&speed=20&heading=271.5\
             &accuracy=12.5&batt=83&charge=true&valid=true&driverUniqueId=9",
            driving,
        ),
        (
            "OsmAnd in milliseconds",
            "id=c17&lat=37.77493&lon=-122.41942&timestamp=1211215202000&hdop=2&altitude=11",
            still,
        ),
        ("RFC 3339", "id=c17&location=37.77493,-122.41942&timestamp=2008-05-19T16:40:02Z", still),
        ("a date", "id=c17&location=37.77493, -122.41942&timestamp=2008-05-19 16:40:02", still),
        (
            "escaped",
            "location=37.77493%2c-122.41942&timestamp=2008-05-19+16%3A40%3A02&name=100%",
            still,
        ),
        ("no time: of now", "id=c17&lat=37.77493&lon=-122.41942", Ping { at: ARRIVED, ..still }),
        ("an empty one", "lat=37.77493&lon=-122.41942&timestamp=", Ping { at: ARRIVED, ..still }),
        ("unknown", "id=c17&lat=37.77493&lon=-122.41942&timestamp=1211215202&bearing=-1", still),
    ];
    for (what, query, expected) in cases {
        assert_eq!(pairs(query), Ok(expected), "{what}");
    }
}

/// A5: and what they get wrong, without telling the secret that names the device.
#[test]
fn faults_of_osmand_pairs_are_named_by_field() {
    use RejectionCode::{ImplausiblePosition, Malformed};
    let cases = [
        ("lat=1&lon=2&note=%ff", (Malformed, "")),
        ("id=secret&timestamp=noon&lat=1&lon=2", (Malformed, "/timestamp")),
        ("id=secret&timestamp=1&lon=2", (Malformed, "/lat")),
        ("id=secret&timestamp=1&lat=north&lon=2", (Malformed, "/lat")),
        ("id=secret&timestamp=1&location=1", (Malformed, "/location")),
        ("id=secret&timestamp=1&lat=1&lon=2&speed=fast", (Malformed, "/speed")),
        ("id=secret&timestamp=1&lat=NaN&lon=2", (ImplausiblePosition, "/lat")),
        ("id=secret&timestamp=1&lat=1&lon=181", (ImplausiblePosition, "/lon")),
        ("id=secret&timestamp=1&lat=1&lon=2&valid=false", (ImplausiblePosition, "/valid")),
    ];
    for (query, expected) in cases {
        let refused = pairs(query).expect_err(query);
        assert_eq!(named(&refused), expected, "{query}");
        assert!(!refused.to_string().contains("secret"), "{refused}");
    }
}

/// The current app, driving.
const CURRENT: &str = r#"{"location":{"event":"motionchange","is_moving":true,
    "uuid":"0e2b0d9a-6d30-4b7e-9a55-0f6f1fd0a8f1","timestamp":"2008-05-19T16:40:02.000Z",
    "odometer":1203.4,"coords":{"latitude":37.77493,"longitude":-122.41942,"accuracy":12.5,
    "speed":10.29,"speed_accuracy":0.5,"heading":271.5,"heading_accuracy":4,"altitude":11,
    "ellipsoidal_altitude":11},"activity":{"type":"in_vehicle","confidence":100},
    "battery":{"level":0.83,"is_charging":false},"extras":{}},"device_id":"c17"}"#;

/// F4: the JSON of the current Traccar Client; −1 is unknown.
#[test]
fn osmand_json_is_a_ping() {
    let still = bare(AT, position(37.77493, -122.41942));
    let driving = Ping {
        accuracy_dm: Some(125),
        speed_cm_s: Some(1_029),
        heading_cdeg: Some(27_150),
        battery_percent: Some(83),
        ..still
    };
    let standing = CURRENT
        .replace(r#""accuracy":12.5"#, r#""accuracy":-1"#)
        .replace(r#""speed":10.29"#, r#""speed":-1"#)
        .replace(r#""heading":271.5"#, r#""heading":-1"#)
        .replace(r#""level":0.83"#, r#""level":-1"#);
    for (body, expected) in [(CURRENT, driving), (standing.as_str(), still)] {
        assert_eq!(osmand::from_json(body.as_bytes()), Ok(expected));
    }
}

/// A5: each fault is found, at its field.
#[test]
fn faults_of_osmand_json_are_named_by_field() {
    use RejectionCode::{ImplausiblePosition, Malformed};
    let changed = |from: &str, to: &str| CURRENT.replace(from, to);
    let cases = [
        ("[]".to_owned(), (Malformed, "")),
        (changed(r#""location":{"#, r#""location":7,"y":{"#), (Malformed, "/location")),
        (changed(r#""coords""#, r#""x""#), (Malformed, "/location/coords")),
        (changed("2008-05-19T16:40:02.000Z", "noon"), (Malformed, "/location/timestamp")),
        (changed("37.77493", "\"x\""), (Malformed, "/location/coords/latitude")),
        (changed("37.77493", "91"), (ImplausiblePosition, "/location/coords/latitude")),
        (changed("-122.41942", "null"), (Malformed, "/location/coords/longitude")),
        (changed("0.83", "\"full\""), (Malformed, "/location/battery/level")),
    ];
    for (body, expected) in cases {
        let refused = osmand::from_json(body.as_bytes()).expect_err(&body);
        assert_eq!(named(&refused), expected, "{body}");
    }
}

/// A5: a report is kept as it came but for the secret that names its device, which is found in an
/// unreadable one too.
#[test]
fn the_device_is_taken_out_of_a_report() {
    let pairs = [
        ("id=s3cret&lat=91&note=a%20b", Some("s3cret"), "lat=91&note=a%20b"),
        ("lat=1&deviceid=x&&device%5Fid=s%33cret+\n", Some("s3cret"), "lat=1"),
        ("lat=1&id=", None, "lat=1"),
        ("", None, ""),
    ];
    for (raw, device, rest) in pairs {
        let (found, kept) = osmand::without_device_of_pairs(raw.as_bytes());
        assert_eq!((found.as_deref(), kept.as_slice()), (device, rest.as_bytes()), "{raw}");
    }
    let json = [
        (
            r#"{"b": 1.50, "device_id" : "s3cret" }"#,
            Some("s3cret"),
            r#"{"b": 1.50, "device_id" : "" }"#,
        ),
        (r#"{"device_id":"s\u0033cret","loc"#, Some("s3cret"), r#"{"device_id":"","loc"#),
        (r#"{"device_id":"a\"b","x":"y"}"#, Some("a\"b"), r#"{"device_id":"","x":"y"}"#),
        (r#"{"lat":1,"device_id":"s3cr"#, None, r#"{"lat":1,"device_id":"""#),
        (r#"{"device_id":17,"device_id":"x"}"#, Some("x"), r#"{"device_id":17,"device_id":""}"#),
        (r#"{"device_id"#, None, r#"{"device_id"#),
    ];
    for (raw, device, rest) in json {
        let (found, kept) = osmand::without_device_of_json(raw.as_bytes());
        assert_eq!((found.as_deref(), kept.as_slice()), (device, rest.as_bytes()), "{raw}");
    }
}
