//! A GeoJSON feature (RFC 7946) as a street, as cities and OpenStreetMap's exports write them.

use doorstep_domain::id::MarketId;
use doorstep_domain::tracking::Position;
use doorstep_store::street::{HouseNumbers, StreetRow};
use serde::Deserialize;
use serde_json::Value;

/// Most places of one stretch: a long coastal road has hundreds.
const PLACES_MAX: usize = 10_000;

/// Longest name, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// The classes, from the fastest to those without cars. The names are OpenStreetMap's.
const CLASSES: [&str; 10] = [
    "motorway",
    "motorway_link",
    "trunk",
    "primary",
    "secondary",
    "tertiary",
    "residential",
    "service",
    "track",
    "path",
];

/// Why a feature is no street.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub code: &'static str,
    pub pointer: &'static str,
    pub reason: String,
}

#[derive(Deserialize)]
struct Feature {
    id: Option<Value>,
    geometry: Option<Geometry>,
    #[serde(default)]
    properties: Option<Properties>,
}

#[derive(Deserialize)]
struct Geometry {
    r#type: String,
    #[serde(default)]
    coordinates: Value,
}

#[derive(Default, Deserialize)]
struct Properties {
    #[serde(alias = "cnn", alias = "osm_id", alias = "@id")]
    id: Option<Value>,
    name: Option<String>,
    #[serde(alias = "highway")]
    class: Option<Value>,
    #[serde(alias = "lf")]
    left: Option<[i64; 2]>,
    #[serde(alias = "rt")]
    right: Option<[i64; 2]>,
    #[serde(alias = "postcode")]
    zip: Option<String>,
    #[serde(alias = "f")]
    from: Option<i64>,
    #[serde(alias = "t")]
    to: Option<i64>,
}

/// Reads one feature.
pub(super) fn street(raw: &[u8]) -> Result<StreetRow, Wrong> {
    let feature: Feature = serde_json::from_slice(raw).map_err(|error| malformed("", error))?;
    let properties = feature.properties.unwrap_or_default();
    Ok(StreetRow {
        street: identifier(properties.id.or(feature.id))?,
        name: name(properties.name)?,
        class: class(properties.class.as_ref())?.to_owned(),
        left: numbers(properties.left),
        right: numbers(properties.right),
        zip: properties.zip.filter(|zip| !zip.trim().is_empty()),
        from_node: properties.from,
        to_node: properties.to,
        line: line(feature.geometry)?,
    })
}

/// Any valid identifier will do; a number is written as one.
fn identifier(id: Option<Value>) -> Result<String, Wrong> {
    let text = match id {
        Some(Value::String(text)) => text,
        Some(Value::Number(number)) => number.to_string(),
        _ => return Err(malformed("/properties/id", "is missing: a text or a number")),
    };
    // What is valid for a market's name is for a street's: the rule is that of all identifiers.
    text.parse::<MarketId>().map_err(|error| malformed("/properties/id", error))?;
    Ok(text)
}

/// Streets without a name exist: ramps, alleys.
fn name(name: Option<String>) -> Result<String, Wrong> {
    let name = name.unwrap_or_default();
    if name.len() > NAME_BYTES_MAX {
        let reason = format!("is longer than {NAME_BYTES_MAX} bytes");
        return Err(malformed("/properties/name", reason));
    }
    Ok(name.trim().to_owned())
}

/// A class by name; or by number, as the City of San Francisco and others count them.
fn class(class: Option<&Value>) -> Result<&'static str, Wrong> {
    let known = match class {
        None | Some(Value::Null) => Some("residential"),
        Some(Value::Number(number)) => match number.as_i64() {
            Some(0) => Some("service"),
            Some(1) => Some("motorway"),
            Some(2) => Some("trunk"),
            Some(3) => Some("primary"),
            Some(4) => Some("secondary"),
            Some(5) => Some("residential"),
            Some(6) => Some("motorway_link"),
            _ => None,
        },
        Some(Value::String(text)) => named(text),
        Some(_) => None,
    };
    let reason = || {
        let names = CLASSES.join(", ");
        malformed("/properties/class", format!("is none of {names}, and no number from 0 to 6"))
    };
    known.ok_or_else(reason)
}

fn named(text: &str) -> Option<&'static str> {
    let own = CLASSES.iter().find(|class| **class == text);
    own.copied().or(match text {
        "trunk_link" => Some("trunk"),
        "primary_link" => Some("primary"),
        "secondary_link" => Some("secondary"),
        "tertiary_link" => Some("tertiary"),
        "unclassified" | "living_street" | "road" => Some("residential"),
        "footway" | "cycleway" | "pedestrian" | "steps" | "bridleway" => Some("path"),
        _ => None,
    })
}

/// A side without numbers is written as two zeros.
fn numbers(side: Option<[i64; 2]>) -> Option<HouseNumbers> {
    side.filter(|side| *side != [0, 0]).map(|[first, last]| HouseNumbers { first, last })
}

fn line(geometry: Option<Geometry>) -> Result<Vec<Position>, Wrong> {
    let geometry = geometry.ok_or_else(|| malformed("/geometry", "is missing"))?;
    if geometry.r#type != "LineString" {
        let reason = format!("{:?} is no LineString; send each line by itself", geometry.r#type);
        return Err(malformed("/geometry/type", reason));
    }
    let places = geometry.coordinates.as_array().map_or(&[][..], Vec::as_slice);
    if !(2..=PLACES_MAX).contains(&places.len()) {
        let reason = format!("has {} places, not 2 to {PLACES_MAX}", places.len());
        return Err(malformed("/geometry/coordinates", reason));
    }
    let line: Option<Vec<Position>> = places.iter().map(place).collect();
    let reason = "has a place that is not [longitude, latitude] in degrees";
    let pointer = "/geometry/coordinates";
    line.ok_or(Wrong { code: "implausible_position", pointer, reason: reason.to_owned() })
}

/// A third number is a height, which nobody asks for.
fn place(coordinates: &Value) -> Option<Position> {
    let (lng, lat) = (coordinates.get(0)?.as_f64()?, coordinates.get(1)?.as_f64()?);
    Position::from_degrees(lat, lng)
}

fn malformed(pointer: &'static str, reason: impl ToString) -> Wrong {
    Wrong { code: "malformed", pointer, reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn feature(properties: Value, coordinates: Value) -> Vec<u8> {
        let geometry = json!({ "type": "LineString", "coordinates": coordinates });
        json!({ "type": "Feature", "properties": properties, "geometry": geometry })
            .to_string()
            .into_bytes()
    }

    fn two() -> Value {
        json!([[-122.446942, 37.757229], [-122.446641, 37.757205, 12.0]])
    }

    #[test]
    fn a_citys_street_is_read_with_numbers_and_junctions() {
        let properties = json!({
            "cnn": 11305002, "name": "SAINT GERMAIN AVE", "class": 5, "lf": [39, 99],
            "rt": [0, 0], "zip": "94114", "f": 54224000, "t": 26247000, "layer": "STREETS",
        });
        let street = street(&feature(properties, two())).unwrap();
        assert_eq!(street.street, "11305002");
        assert_eq!(
            (street.name.as_str(), street.class.as_str()),
            ("SAINT GERMAIN AVE", "residential")
        );
        assert_eq!(street.left, Some(HouseNumbers { first: 39, last: 99 }));
        assert_eq!((street.right, street.zip.as_deref()), (None, Some("94114")));
        assert_eq!((street.from_node, street.to_node), (Some(54224000), Some(26247000)));
        let first = Position { lat_e7: 377_572_290, lng_e7: -1_224_469_420 };
        assert_eq!((street.line.len(), street.line[0]), (2, first));
    }

    #[test]
    fn classes_are_known_by_name_and_by_number() {
        let cases = [
            (json!(null), Some("residential")),
            (json!(1), Some("motorway")),
            (json!(6), Some("motorway_link")),
            (json!("tertiary_link"), Some("tertiary")),
            (json!("living_street"), Some("residential")),
            (json!("steps"), Some("path")),
            (json!(7), None),
            (json!("moat"), None),
            (json!([]), None),
        ];
        for (given, expected) in cases {
            assert_eq!(class(Some(&given)).ok(), expected, "{given}");
        }
    }

    #[test]
    fn what_is_no_street_is_told_by_its_member() {
        let point = json!({ "properties": { "id": 1 }, "geometry": { "type": "Point" } });
        let bare = json!({ "properties": { "id": 1 } });
        let id = || json!({ "id": "a" });
        let cases: [(&str, Vec<u8>, &str); 9] = [
            ("no JSON", b"{".to_vec(), ""),
            ("no identifier", feature(json!({}), two()), "/properties/id"),
            ("an empty one", feature(json!({ "id": "" }), two()), "/properties/id"),
            ("no geometry", bare.to_string().into_bytes(), "/geometry"),
            ("a point", point.to_string().into_bytes(), "/geometry/type"),
            ("one place", feature(id(), json!([[1, 2]])), "/geometry/coordinates"),
            ("off the globe", feature(id(), json!([[1, 2], [3, 91]])), "/geometry/coordinates"),
            ("not even numbers", feature(id(), json!([[1, 2], ["x"]])), "/geometry/coordinates"),
            (
                "a class nobody knows",
                feature(json!({ "id": 1, "class": "moat" }), two()),
                "/properties/class",
            ),
        ];
        for (what, raw, pointer) in cases {
            assert_eq!(street(&raw).map_err(|wrong| wrong.pointer), Err(pointer), "{what}");
        }
    }
}
