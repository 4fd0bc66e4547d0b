//! From payloads to events, by a table.

use doorstep_domain::provider::{Adapter, AdapterFile, Event, Meaning, Origin, Reading, Source};
use doorstep_domain::time::Micros;
use serde_json::{Value, json};

const NOW: Micros = Micros(1_780_000_000_000_000);

const TABLE: &str = r#"
name = "swift"
title = "Swift"
verify = "hmac_sha256_hex"
signature_header = "x-signature"
ignore = ["Ping"]
whole = true

[read]
event = ["id"]
name = ["kind"]
status = ["stops[*].status", "status"]
at = ["stops[*].at", "at", "created"]
reference = ["delivery"]
ours = ["ours"]
lat = ["where.lat"]
lng = ["where.lng"]
reason = ["why"]

[[status]]
is = ["Pickup"]
when = { "soon" = "true" }
means = "at_pickup"

[[status]]
is = ["pickup"]
when = { "courier" = "", "kind" = "dai*" }
means = "scheduled"

[[status]]
is = ["pickup"]
means = "en_route_pickup"
opens_attempt_after = ["failed"]

[[status]]
is = ["noise"]
means = "ignored"
"#;

fn adapter(table: &str) -> Adapter {
    let file: AdapterFile = toml::from_str(table).expect("a table");
    Adapter::new(file).expect("an adapter")
}

fn read(payload: &Value) -> Vec<Event> {
    let source = Source { provider: "swift", origin: Origin::Webhook, received_at: NOW };
    match adapter(TABLE).read(source, payload).expect("a payload") {
        Reading::Told(told) => told.into_iter().map(|told| told.event).collect(),
        Reading::Ignored(name) => panic!("{name} is ignored"),
    }
}

/// E8: the first row that fits counts; cases are folded; what no row knows is kept and flagged.
#[test]
fn statuses_mean_what_the_table_says() {
    let cases = [
        (json!({"status": "PICKUP"}), "en_route_pickup"),
        (json!({"status": "pickup", "soon": true}), "at_pickup"),
        (json!({"status": "pickup", "soon": "TRUE"}), "at_pickup"),
        (json!({"status": "pickup", "soon": false}), "en_route_pickup"),
        (json!({"status": "pickup", "kind": "Daily"}), "scheduled"),
        (json!({"status": "pickup", "kind": "Daily", "courier": 7}), "en_route_pickup"),
        (json!({"status": "noise"}), "ignored"),
        (json!({"status": "teleported"}), "unknown"),
        (json!({}), "unknown"),
    ];
    for (mut payload, expected) in cases {
        payload["delivery"] = json!("d1");
        let event = read(&payload).remove(0);
        let meaning = match event.meaning {
            Meaning::State(state) => state.as_str(),
            Meaning::Ignored => "ignored",
            Meaning::Decided { .. } => "decided",
            Meaning::Unknown => "unknown",
        };
        assert_eq!(meaning, expected, "{payload}");
    }
}

/// E8: times are RFC 3339 or seconds or milliseconds; what cannot be believed is when it came.
#[test]
fn times_are_read_in_every_form() {
    let cases = [
        (json!("2026-05-01T10:00:00Z"), 1_777_629_600_000_000),
        (json!("2026-05-01T12:00:00.5+02:00"), 1_777_629_600_500_000),
        (json!(1_777_629_600), 1_777_629_600_000_000),
        (json!("1777629600"), 1_777_629_600_000_000),
        (json!(1_777_629_600_123_i64), 1_777_629_600_123_000),
        (json!(1_777_629_600.25), 1_777_629_600_250_000),
        (json!("yesterday"), NOW.0),
        (json!(12), NOW.0),
        (json!("2099-01-01T00:00:00Z"), NOW.0),
        (json!(null), NOW.0),
    ];
    for (at, expected) in cases {
        let event = read(&json!({"delivery": "d1", "status": "pickup", "at": at})).remove(0);
        assert_eq!(event.at.0, expected, "{at}");
    }
    let second = json!({"delivery": "d1", "at": "soon", "created": "2026-05-01T10:00:00Z"});
    assert_eq!(read(&second)[0].at.0, 1_777_629_600_000_000);
}

/// E4: an event without a name has one made of what it says, whatever the order of its keys.
#[test]
fn names_are_made_of_content() {
    let key = |payload: &str| {
        let payload: Value = serde_json::from_str(payload).expect("JSON");
        read(&payload).remove(0).key
    };
    assert_eq!(&*key(r#"{"delivery":"d1","id":"evt_1"}"#), "evt_1");
    let made = key(r#"{"delivery":"d1","status":"pickup","more":{"a":1,"b":[2,3]}}"#);
    assert!(made.starts_with("sha256:") && made.len() == 71, "{made}");
    assert_eq!(made, key(r#"{ "more": {"b": [2, 3], "a": 1}, "status":"pickup","delivery":"d1"}"#));
    for other in [
        r#"{"delivery":"d2","status":"pickup","more":{"a":1,"b":[2,3]}}"#,
        r#"{"delivery":"d1","status":"pickup","more":{"a":1,"b":[23]}}"#,
        r#"{"delivery":"d1","status":"pickup","more":{"a":1,"b":[2,3]},"at":1777629600}"#,
    ] {
        assert_ne!(made, key(other), "{other}");
    }
    // A name that is too long to be kept is as good as none.
    let long = format!(r#"{{"delivery":"d1","id":"{}"}}"#, "x".repeat(200));
    assert!(key(&long).starts_with("sha256:"));
}

/// E8: every element is an event of its own, and comes again under the same name.
#[test]
fn elements_are_events() {
    let stop = |status: &str, at: i64| json!({"status": status, "at": 1_777_629_600 + at});
    let mut payload = json!({"id": "evt_1", "delivery": "d1", "status": "noise",
        "stops": [stop("noise", 1), stop("pickup", 2)]});
    let first = read(&payload);
    let told: Vec<&str> = first.iter().map(|event| &*event.status).collect();
    assert_eq!(told, ["noise", "pickup", "noise"]);
    assert_eq!(&*first[2].key, "evt_1");
    payload["id"] = json!("evt_2");
    payload["stops"] = json!([stop("noise", 1), stop("pickup", 2), stop("pickup", 3)]);
    let second = read(&payload);
    assert_eq!((&first[0].key, &first[1].key), (&second[0].key, &second[1].key));
    assert_ne!(second[1].key, second[2].key);
    payload["stops"] = json!([]);
    assert_eq!(read(&payload).len(), 1);
}

/// E8: what is ignored is no event, and what names no delivery is refused.
#[test]
fn what_is_no_event_is_told_apart() {
    let source = Source { provider: "swift", origin: Origin::Poll, received_at: NOW };
    let read = |payload: Value| adapter(TABLE).read(source, &payload);
    assert_eq!(read(json!({"kind": "PING"})), Ok(Reading::Ignored("ping".into())));
    let missing = read(json!({"kind": "status"})).expect_err("no delivery").to_string();
    assert_eq!(missing, "delivery is not there: it does not say which delivery it is of");
    let long = read(json!({"delivery": "x".repeat(200)})).expect_err("too long").to_string();
    assert_eq!(long, "its name of the delivery is longer than 128 bytes");
    let told = read(json!({"delivery": 17, "ours": "del_1", "where": {"lat": 1.5, "lng": "-2.25"},
        "why": "x".repeat(3_000)}));
    let Ok(Reading::Told(told)) = told else { panic!("{told:?}") };
    assert_eq!((&*told[0].reference, told[0].ours.as_deref()), ("17", Some("del_1")));
    assert_eq!(told[0].event.position_e7, Some((15_000_000, -22_500_000)));
    assert_eq!(told[0].event.reason.as_ref().map(|reason| reason.len()), Some(1_000));
}

/// E8: a table that cannot be is refused with the field and the reason.
#[test]
fn a_wrong_table_is_refused() {
    let cases = [
        ("name = \"swift\"", "name = \"Swift!\"", "name: \"Swift!\" is not lower-case"),
        ("reference = [\"delivery\"]", "", "read.reference: is missing"),
        ("means = \"at_pickup\"", "means = \"arrived\"", "\"arrived\" is no state"),
        ("[\"failed\"]", "[\"lost\"]", "opens_attempt_after: \"lost\" is no state"),
        ("is = [\"noise\"]", "is = []", "a row without a status"),
        ("\"soon\"", "\"a..b\"", "status \"Pickup\", when: \"a..b\" is no path"),
        ("\"stops[*].at\"", "\"steps[*].at\"", "[*] goes over steps and stops"),
    ];
    for (from, to, expected) in cases {
        let file = toml::from_str::<AdapterFile>(&TABLE.replacen(from, to, 1)).expect(to);
        let refused = Adapter::new(file).expect_err(to).to_string();
        assert!(refused.contains(expected), "{to}: {refused}");
    }
    for wrong in ["verify = \"md5\"", "extra = 1"] {
        let table = TABLE.replacen("verify = \"hmac_sha256_hex\"", wrong, 1);
        assert!(toml::from_str::<AdapterFile>(&table).is_err(), "{wrong}");
    }
}
