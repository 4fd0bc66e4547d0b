//! Our own JSON: what is read, in which units, and what is refused at which field.

use super::{AT, position};
use doorstep_domain::event::RejectionCode;
use doorstep_domain::tracking::{Ping, json};
use serde_json::{Value, json};
use std::borrow::Cow;

fn example() -> Value {
    json!({
        "courier_id": "cab-17", "lat": 37.77493, "lng": -122.41942, "at": "2008-05-19T16:40:02Z",
        "accuracy_m": 4.25, "speed_mps": 12.345, "heading_deg": 271.5, "battery": 83,
    })
}

fn with(field: &str, value: Value) -> Value {
    let mut ping = example();
    match value {
        Value::Null => drop(ping.as_object_mut().expect("an object").remove(field)),
        value => ping[field] = value,
    }
    ping
}

#[test]
fn a_ping_is_read_in_its_units() {
    let raw = example().to_string();
    let named = json::parse(raw.as_bytes()).expect("a ping");
    let expected = Ping {
        at: AT,
        position: position(37.77493, -122.41942),
        accuracy_dm: Some(43),
        speed_cm_s: Some(1_235),
        heading_cdeg: Some(27_150),
        battery_percent: Some(83),
    };
    assert_eq!(named.ping, expected);
    assert!(matches!(named.courier, Cow::Borrowed("cab-17")), "nothing is copied");
    let escaped = raw.replace("cab-17", r"cab\u002d17");
    assert_eq!(json::parse(escaped.as_bytes()).expect("a ping").courier, "cab-17");
}

#[test]
fn what_a_device_does_not_know_is_unknown() {
    let read = |value: &Value| {
        let raw = value.to_string();
        let ping = json::parse(raw.as_bytes()).expect("a ping").ping;
        (ping.accuracy_dm, ping.speed_cm_s, ping.heading_cdeg, ping.battery_percent)
    };
    let cases = [
        ("accuracy_m", Value::Null, (None, Some(1_235), Some(27_150), Some(83))),
        ("accuracy_m", json!(1e9), (Some(65_534), Some(1_235), Some(27_150), Some(83))),
        ("speed_mps", json!(-1), (Some(43), None, Some(27_150), Some(83))),
        ("heading_deg", json!(-1), (Some(43), Some(1_235), None, Some(83))),
        ("heading_deg", json!(360), (Some(43), Some(1_235), Some(0), Some(83))),
        ("heading_deg", json!(359.999), (Some(43), Some(1_235), Some(0), Some(83))),
        ("battery", json!(-1), (Some(43), Some(1_235), Some(27_150), None)),
        ("weather", json!({ "rain": true }), (Some(43), Some(1_235), Some(27_150), Some(83))),
    ];
    for (field, value, expected) in cases {
        let ping = with(field, value);
        assert_eq!(read(&ping), expected, "{ping}");
    }
}

/// A5: each fault is found, at its field.
#[test]
fn faults_are_named_by_field() {
    use RejectionCode::{ImplausiblePosition, Malformed};
    let missing = Value::Null;
    let cases = [
        ("courier_id", missing.clone(), Malformed),
        ("courier_id", json!(""), Malformed),
        ("courier_id", json!("a\nb"), Malformed),
        ("courier_id", json!("x".repeat(129)), Malformed),
        ("courier_id", json!(17), Malformed),
        ("at", missing.clone(), Malformed),
        ("at", json!("noon"), Malformed),
        ("at", json!(1_211_215_202), Malformed),
        ("lat", missing.clone(), Malformed),
        ("lat", json!("37.7"), Malformed),
        ("lat", json!(90.1), ImplausiblePosition),
        ("lng", missing, Malformed),
        ("lng", json!(-180.1), ImplausiblePosition),
        ("accuracy_m", json!("good"), Malformed),
        ("speed_mps", json!({}), Malformed),
        ("heading_deg", json!(361), Malformed),
        ("battery", json!(101), Malformed),
    ];
    for (field, value, code) in cases {
        let ping = with(field, value).to_string();
        let refused = json::parse(ping.as_bytes()).expect_err(&ping);
        assert_eq!((refused.code, refused.pointer), (code, format!("/{field}")), "{ping}");
    }
}

#[test]
fn what_is_no_json_object_is_malformed_as_a_whole() {
    let halved = example().to_string();
    for raw in ["", "{", "[1]", "null", "7", &halved[..40], "{}{}"] {
        let refused = json::parse(raw.as_bytes()).expect_err(raw);
        let expected = if raw == "{}" { "/courier_id" } else { "" };
        assert_eq!((refused.code, refused.pointer.as_str()), (RejectionCode::Malformed, expected));
    }
    let large = with("note", json!("x".repeat(9_000))).to_string();
    let refused = json::parse(large.as_bytes()).expect_err("too large");
    assert_eq!(refused.code, RejectionCode::TooLarge);
}
