//! Events: what is read, and what is refused at which field.

use doorstep_domain::event::{EventBody, MarketRules, RejectionCode, Step, admit, parse};
use doorstep_domain::time::Micros;
use serde_json::{Value, json};

const NOW: &str = "2008-05-20T00:00:00Z";

/// The example of the guide.
fn example() -> Value {
    json!({
        "specversion": "1.0", "id": "trip-24-d", "source": "/taxis/sf",
        "type": "delivery.delivered", "subject": "trip-24", "time": "2008-05-19T16:40:02Z",
        "market": "sf",
        "data": { "courier_id": "cab-17", "merchant_id": "m8", "order_minor": 2599,
            "tip_minor": 400, "currency": "USD", "distance_m": 3525 },
    })
}

/// Reads and admits, to a market in US dollars.
fn judged(raw: &[u8]) -> Result<(), (RejectionCode, String)> {
    let rules = MarketRules { currency: "USD".parse().expect("a currency") };
    let now: Micros = NOW.parse().expect("a time");
    let known = |market: &str| (market == "sf").then_some(rules);
    let judged = parse(raw).and_then(|event| admit(&event, known(event.market.as_str()), now));
    judged.map_err(|rejection| (rejection.code, rejection.pointer))
}

fn with(pointer: &str, value: Value) -> Value {
    let mut event = example();
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
    let parent = event.pointer_mut(parent).expect("a parent");
    match value {
        Value::Null => drop(parent.as_object_mut().expect("an object").remove(field)),
        value => parent[field] = value,
    }
    event
}

/// A5, B7: each fault is found, at its field.
#[test]
fn faults_are_named_by_field() {
    use RejectionCode::{
        ForeignCurrency, ImplausibleAmount, ImplausibleTime, Malformed, NewerSchema, UnknownMarket,
        UnknownType,
    };
    let missing = Value::Null;
    let cases = [
        ("/specversion", json!("0.3"), Malformed),
        ("/specversion", missing.clone(), Malformed),
        ("/source", missing.clone(), Malformed),
        ("/type", missing.clone(), Malformed),
        ("/type", json!("delivery.teleported"), UnknownType),
        ("/subject", missing.clone(), Malformed),
        ("/subject", json!(24), Malformed),
        ("/subject", json!("x".repeat(129)), Malformed),
        ("/time", missing.clone(), Malformed),
        ("/time", json!("yesterday"), Malformed),
        ("/time", json!("1999-12-31T23:59:59Z"), ImplausibleTime),
        ("/time", json!("2008-05-20T00:05:01Z"), ImplausibleTime),
        ("/market", json!("atlantis"), UnknownMarket),
        ("/market", missing.clone(), Malformed),
        ("/schemaversion", json!(3), NewerSchema),
        ("/schemaversion", json!("first"), Malformed),
        ("/data", json!("delivered"), Malformed),
        ("/data/courier_id", missing.clone(), Malformed),
        ("/data/merchant_id", json!(""), Malformed),
        ("/data/order_minor", missing.clone(), Malformed),
        ("/data/order_minor", json!(25.99), Malformed),
        ("/data/order_minor", json!("2599"), Malformed),
        ("/data/order_minor", json!(-1), ImplausibleAmount),
        ("/data/order_minor", json!(1_000_000_000_001_i64), ImplausibleAmount),
        ("/data/tip_minor", json!(-1), ImplausibleAmount),
        ("/data/distance_m", json!(40_000_000), ImplausibleAmount),
        ("/data/revision", json!(-1), ImplausibleAmount),
        ("/data/currency", json!("EUR"), ForeignCurrency),
        ("/data/currency", missing, Malformed),
    ];
    for (pointer, value, code) in cases {
        let event = with(pointer, value);
        let judged = judged(event.to_string().as_bytes());
        assert_eq!(judged, Err((code, pointer.to_owned())), "{event}");
    }
}

#[test]
fn what_is_no_json_object_is_malformed_as_a_whole() {
    let halved = example().to_string();
    let cases = ["", "{", "[1]", "null", "\u{feff}{}", &halved[..80]];
    for raw in cases {
        let whole = Err((RejectionCode::Malformed, String::new()));
        assert_eq!(judged(raw.as_bytes()), whole, "{raw:?}");
    }
    assert_eq!(judged(b"\xff\xfe").map_err(|(code, _)| code), Err(RejectionCode::Malformed));
    let large = with("/data/note", json!("x".repeat(70_000))).to_string();
    assert_eq!(judged(large.as_bytes()), Err((RejectionCode::TooLarge, String::new())));
}

/// B18: version 1 with and without its number, and fields nobody knows yet.
#[test]
fn older_and_richer_events_are_read() {
    let cases = [
        example(),
        with("/schemaversion", json!(1)),
        with("/schemaversion", json!("1")),
        with("/traceparent", json!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")),
        with("/data/weather", json!({ "rain": true })),
        with("/data/tip_minor", Value::Null),
        with("/data/revision", json!(3)),
        with("/time", json!("2008-05-19T09:40:02-07:00")),
        with("/time", json!("2008-05-20T00:05:00Z")),
    ];
    for event in cases {
        assert_eq!(judged(event.to_string().as_bytes()), Ok(()), "{event}");
    }
}

/// E9, B18: a provider has delivered, or takes it back; one of the two is named, never both.
#[test]
fn a_provider_may_have_delivered() {
    use RejectionCode::{ImplausibleAmount, Malformed};
    let mut brought = with("/data/courier_id", Value::Null);
    brought["schemaversion"] = json!(2);
    brought["data"]["provider"] = json!("uber");
    let changed = |pointer: &str, value: Value| {
        let mut event = brought.clone();
        let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
        event.pointer_mut(parent).expect("a parent")[field] = value;
        event
    };
    let at = |code, pointer: &str| Err((code, pointer.to_owned()));
    let cases = [
        (brought.clone(), Ok(())),
        (changed("/data/cost_minor", json!(650)), Ok(())),
        (changed("/data/cost_minor", Value::Null), Ok(())),
        (changed("/data/telling", json!(4711)), Ok(())),
        (changed("/type", json!("delivery.withdrawn")), Ok(())),
        (changed("/data/cost_minor", json!(-1)), at(ImplausibleAmount, "/data/cost_minor")),
        (changed("/data/cost_minor", json!("6.50")), at(Malformed, "/data/cost_minor")),
        (changed("/data/telling", json!(-1)), at(ImplausibleAmount, "/data/telling")),
        (changed("/data/telling", json!("first")), at(Malformed, "/data/telling")),
        (changed("/data/provider", json!("")), at(Malformed, "/data/provider")),
        (changed("/data/provider", json!(7)), at(Malformed, "/data/provider")),
        (changed("/data/courier_id", json!("cab-17")), at(Malformed, "/data/provider")),
    ];
    for (event, expected) in cases {
        assert_eq!(judged(event.to_string().as_bytes()), expected, "{event}");
    }
    let unnamed = with("/type", json!("delivery.withdrawn"));
    let judged = judged(unnamed.to_string().as_bytes());
    assert_eq!(judged, at(Malformed, "/data/provider"));
}

/// B5: an event without a name is named by its content, however that is written.
#[test]
fn an_event_without_an_id_is_named_by_its_content() {
    let nameless = with("/id", Value::Null);
    let pretty = serde_json::to_string_pretty(&nameless).expect("JSON");
    let key = |raw: &str| parse(raw.as_bytes()).expect("an event").key;
    assert_eq!(key(&nameless.to_string()), key(&pretty));
    assert_eq!(key(&with("/id", json!("")).to_string()).id.len(), key(&pretty).id.len());
    let mut other = nameless;
    other["data"]["order_minor"] = json!(2600);
    assert_ne!(key(&other.to_string()), key(&pretty));
}

#[test]
fn every_type_becomes_its_step() {
    let cases = [
        ("requested", json!({}), true),
        ("assigned", json!({ "courier_id": "c" }), true),
        ("assigned", json!({}), false),
        ("unassigned", json!({}), true),
        ("picked_up", json!({}), false),
        ("failed", json!({ "courier_id": "c" }), true),
        ("returned", json!({}), true),
        ("cancelled", json!({}), true),
    ];
    for (kind, data, read) in cases {
        let mut event = with("/type", json!(format!("delivery.{kind}")));
        event["data"] = data;
        assert_eq!(parse(event.to_string().as_bytes()).is_ok(), read, "{event}");
    }
    let online = with("/type", json!("courier.online")).to_string();
    let body = parse(online.as_bytes()).expect("an event").body;
    assert!(matches!(body, EventBody::Presence { online: true, .. }));
    let done = parse(example().to_string().as_bytes()).expect("an event").body;
    assert!(matches!(done, EventBody::Delivery { step: Step::Delivered(_), .. }));
}
