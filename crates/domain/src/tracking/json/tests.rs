//! What is read by hand is what `serde_json` reads, whatever it is.

use super::{Element, by_serde, common, elements, malformed, parse};
use crate::event::Rejection;
use proptest::prelude::*;
use serde_json::value::RawValue;

const COMMON: &str = concat!(
    r#"{"courier_id":"cab-17","lat":37.77493,"lng":-122.41942,"at":"2008-05-19T16:40:02.5Z","#,
    r#""accuracy_m":4.25,"speed_mps":12,"heading_deg":271.50,"battery":null}"#,
);

/// What may stand where, right or wrong.
const NAMES: [&str; 16] = [
    "courier_id",
    "at",
    "lat",
    "lng",
    "accuracy_m",
    "speed_mps",
    "heading_deg",
    "battery",
    "note",
    r"l\u0061t",
    "",
    "Lat",
    "at ",
    "é",
    "b\u{7f}",
    "\u{1}",
];
const VALUES: [&str; 44] = [
    "\"cab-17\"",
    "\"2008-05-19T16:40:02Z\"",
    "\"2008-02-30T16:40:02Z\"",
    "\"\"",
    "\"é\"",
    "\"a\\n\"",
    "\"\u{7f}\"",
    "\"\u{1}\"",
    "\"a",
    "'a'",
    "37.7",
    "-122.4",
    "0",
    "-0",
    "-0.0",
    "00",
    "01",
    "-",
    "1.",
    ".5",
    "+1",
    "1e3",
    "1E-2",
    "1.5e",
    "90",
    "90.0000001",
    "-180",
    "180.1",
    "359.99",
    "360",
    "100.5",
    "123456789012345",
    "1234567890123456",
    "0.1234567890123456",
    "1e999",
    "null",
    "nul",
    "true",
    "false",
    "{}",
    "[1]",
    "NaN",
    "1 2",
    "99999999999999999999999999",
];
const SPACES: [&str; 6] = ["", "", " ", "\n\t\r ", "\u{c}", "\u{a0}"];

fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(texts)
}

fn object() -> impl Strategy<Value = String> {
    let member = (one_of(&NAMES), one_of(&VALUES), one_of(&SPACES[..4]))
        .prop_map(|(name, value, space)| format!("{space}\"{name}\"{space}:{space}{value}{space}"));
    prop::collection::vec(member, 0..9).prop_map(|members| format!("{{{}}}", members.join(",")))
}

/// The common ping with some of its bytes replaced, taken out or said twice.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let damage = (0..COMMON.len(), any::<u8>(), 0_u8..4);
    prop::collection::vec(damage, 0..4).prop_map(|damages| {
        let mut raw = COMMON.as_bytes().to_vec();
        for (place, byte, kind) in damages {
            let place = place % raw.len();
            match kind {
                0 => raw[place] = byte,
                1 => raw[place] = b"\"\\{}[]:,.-0 \ne"[usize::from(byte) % 14],
                2 => drop(raw.remove(place)),
                _ => raw.insert(place, raw[place]),
            }
        }
        raw
    })
}

/// As arrays were taken apart before there was anything faster.
fn elements_by_serde(body: &[u8]) -> Result<Vec<Element<'_>>, Rejection> {
    let raws: Vec<&RawValue> = serde_json::from_slice(body)
        .map_err(|error| malformed("", format!("is not a JSON array: {error}")))?;
    let raws = raws.into_iter().map(|raw| raw.get().as_bytes());
    Ok(raws.map(|raw| Element { raw, read: by_serde(raw) }).collect())
}

fn elements_by_hand(body: &[u8]) -> Result<Vec<Element<'_>>, Rejection> {
    let mut elements = elements(body);
    let read = elements.by_ref().collect();
    elements.finish().map(|()| read)
}

#[test]
fn the_common_shape_is_read_by_hand() {
    assert!(common::read(COMMON.as_bytes()).is_some());
    let array = format!("[{COMMON}, {COMMON}]");
    assert_eq!(elements_by_hand(array.as_bytes()).map(|read| read.len()), Ok(2));
}

#[test]
fn every_value_in_every_field_is_read_alike() {
    for (name, value) in NAMES.iter().flat_map(|name| VALUES.map(|value| (name, value))) {
        let raw = COMMON.replacen('{', &format!("{{\"{name}\":{value},"), 1);
        assert_eq!(parse(raw.as_bytes()), by_serde(raw.as_bytes()), "{raw}");
        let instead = COMMON.replace("37.77493", value).replace("4.25", value);
        assert_eq!(parse(instead.as_bytes()), by_serde(instead.as_bytes()), "{instead}");
    }
}

#[test]
fn an_array_that_goes_wrong_anywhere_is_none() {
    let bodies = [
        "",
        " ",
        "[",
        "[]",
        " [ ] ",
        "[]]",
        "[],",
        "[,]",
        "{}",
        "7",
        "[1",
        "[1,",
        "[1,]",
        "[1 2]",
        "[1]x",
        "[{}]",
        "[{},null,[[]],\"a\"]",
        "[{\"lat\":1}{}]",
        "[\"\u{1}\"]",
        "[1.5.2]",
        "\u{feff}[]",
        "[tru]",
    ];
    for body in bodies {
        let body = body.as_bytes();
        assert_eq!(elements_by_hand(body), elements_by_serde(body));
    }
    let long = format!("[{}]", COMMON.replacen('{', &format!("{{\"note\":\"{:9000}\",", ""), 1));
    assert_eq!(elements_by_hand(long.as_bytes()), elements_by_serde(long.as_bytes()));
}

#[test]
fn half_an_array_read_is_known_to_be_whole_or_not() {
    for (tail, is_whole) in [("]", true), ("", false), ("}", false), ("] 1", false)] {
        let body = format!("[{COMMON},{COMMON}{tail}");
        let mut half = elements(body.as_bytes());
        assert!(half.next().is_some_and(|first| first.read.is_ok()));
        assert_eq!(half.finish().is_ok(), is_whole, "{tail:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_096))]

    /// Members of every kind in every order, some twice.
    #[test]
    fn an_object_is_read_alike(raw in object()) {
        prop_assert_eq!(parse(raw.as_bytes()), by_serde(raw.as_bytes()));
    }

    #[test]
    fn a_damaged_ping_is_read_alike(raw in damaged()) {
        prop_assert_eq!(parse(&raw), by_serde(&raw));
    }

    #[test]
    fn a_number_is_read_alike(digits in "-?(0|[1-9][0-9]{0,9})(\\.[0-9]{1,12})?") {
        let raw = COMMON.replace("37.77493", &digits).replace("4.25", &digits);
        prop_assert_eq!(parse(raw.as_bytes()), by_serde(raw.as_bytes()));
    }

    /// A5: of an array the same elements are read, and the same arrays refused for the same reason.
    #[test]
    fn an_array_is_read_alike(
        pings in prop::collection::vec(
            prop_oneof![damaged(), object().prop_map(String::into_bytes)], 0..5),
        spaces in prop::collection::vec(one_of(&SPACES), 12),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut spaces = spaces.into_iter().map(str::as_bytes);
        let mut body = [spaces.next().unwrap(), b"["].concat();
        for (number, ping) in pings.iter().enumerate() {
            if number > 0 {
                body.push(b',');
            }
            body.extend([spaces.next().unwrap(), ping, spaces.next().unwrap()].concat());
        }
        body.extend([b"]", spaces.next().unwrap()].concat());
        if let Some(cut) = cut {
            body.truncate(cut.index(body.len()));
        }
        prop_assert_eq!(elements_by_hand(&body), elements_by_serde(&body));
    }
}
